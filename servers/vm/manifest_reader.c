#include "manifest_reader.h"

#include <string.h>

#include "names.h"

static const struct manifest_header *header;
static const struct manifest_server *servers;
static const struct manifest_grant *grants;
static const struct manifest_service *services;

static bool is_valid_name(const char *name) {
    return name[0] != '\0' && name[MANIFEST_NAME_LEN - 1] == '\0';
}

static bool is_valid_server(const struct manifest_header *h, const struct manifest_server *server) {
    return is_valid_name(server->name) && server->priority <= TASK_PRIORITY_MAX
           && server->restart <= RESTART_ALWAYS
           && server->first_grant + server->num_grants <= h->num_grants
           && server->first_service + server->num_services <= h->num_services;
}

static bool is_valid_grant(const struct manifest_grant *grant) {
    return grant->kind >= GRANT_IRQ && grant->kind <= GRANT_MMIO && grant->len > 0
           && grant->base + (grant->len - 1) >= grant->base;
}

static const char *check_header(const struct manifest_header *h, size_t len) {
    if (len < sizeof(*h) || h->magic != MANIFEST_MAGIC) {
        return "not a manifest";
    }
    if (h->version != MANIFEST_VERSION) {
        return "a manifest of another version";
    }
    if (h->num_servers < 1 || h->num_servers > NUM_SERVERS_MAX) {
        return "no servers, or too many";
    }
    if (h->default_server != MANIFEST_NONE
        && (h->default_server == MANIFEST_VM || h->default_server >= h->num_servers)) {
        return "no such default server";
    }

    size_t needed = sizeof(*h) + h->num_servers * sizeof(struct manifest_server)
                    + h->num_grants * sizeof(struct manifest_grant)
                    + h->num_services * sizeof(struct manifest_service);
    return (len < needed) ? "the manifest is cut off" : NULL;
}

static const char *check_tables(void) {
    for (unsigned i = 0; i < header->num_servers; i++) {
        if (!is_valid_server(header, &servers[i])) {
            return "an invalid server";
        }
        // Server numbers are vm's only way to tell vm from the others.
        if (i != MANIFEST_VM && (servers[i].task_flags & ~(TASK_RIGHTS & ~TASK_RIGHT_PHYS))) {
            return "a server with rights that it can't have";
        }
    }
    for (unsigned i = 0; i < header->num_grants; i++) {
        if (!is_valid_grant(&grants[i])) {
            return "an invalid device range";
        }
    }
    for (unsigned i = 0; i < header->num_services; i++) {
        if (!is_valid_name(services[i].name)) {
            return "an invalid service name";
        }
    }
    return NULL;
}

const char *manifest_init(const void *image, size_t len) {
    const char *problem = check_header(image, len);
    if (problem) {
        return problem;
    }

    header = image;
    servers = (const struct manifest_server *) (header + 1);
    grants = (const struct manifest_grant *) (servers + header->num_servers);
    services = (const struct manifest_service *) (grants + header->num_grants);
    return check_tables();
}

size_t manifest_num_servers(void) {
    return header->num_servers;
}

const struct manifest_server *manifest_server(unsigned number) {
    return &servers[number];
}

unsigned manifest_find_server(const char *program) {
    const struct manifest_server *end = &servers[header->num_servers];
    for (const struct manifest_server *server = servers; server < end; server++) {
        if (is_same_name(server->name, program)) {
            return (server == &servers[MANIFEST_VM]) ? MANIFEST_NONE
                                                     : (unsigned) (server - servers);
        }
    }
    return header->default_server;
}

const struct manifest_grant *manifest_grants(const struct manifest_server *server) {
    return &grants[server->first_grant];
}

size_t manifest_num_services(void) {
    return header->num_services;
}

int manifest_find_service(const char *name) {
    for (unsigned i = 0; i < header->num_services; i++) {
        if (is_same_name(services[i].name, name)) {
            return (int) i;
        }
    }
    return ERR_NOT_FOUND;
}

const char *manifest_service_name(unsigned service) {
    return services[service].name;
}

bool manifest_provides(unsigned server, unsigned service) {
    const struct manifest_server *entry = &servers[server];
    for (unsigned i = 0; i < entry->num_services; i++) {
        if (is_same_name(services[entry->first_service + i].name, services[service].name)) {
            return true;
        }
    }
    return false;
}

bool manifest_may_call(unsigned from, unsigned to) {
    return to == MANIFEST_VM || (servers[from].may_call[to / 32] & (1u << (to % 32)));
}
