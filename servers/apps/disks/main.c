#include <idl_client.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#define PREFIX "blk."
#define KIB    1024u
#define MIB    (1024u * KIB)
#define GIB    (1024u * MIB)

struct unit {
    uint64_t num_sectors;
    uint64_t first_sector;
    uint32_t sector_size;
    enum blk_kind kind;
    uint32_t type;
    bool writable;
    char name[BLK_NAME_LEN];
};

static unsigned num_units;

/// In the largest unit of which it has a few: with one digit behind the point, as in 3.5 GiB.
static void format_size(uint64_t bytes, char *text, size_t len) {
    static const struct {
        uint64_t bytes;
        const char *name;
    } sizes[] = {{GIB, "GiB"}, {MIB, "MiB"}, {KIB, "KiB"}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (bytes >= sizes[i].bytes) {
            uint64_t tenths = bytes / (sizes[i].bytes / 16) * 10 / 16;
            snprintf(text, len, "%llu.%llu %s", (unsigned long long) (tenths / 10),
                     (unsigned long long) (tenths % 10), sizes[i].name);
            return;
        }
    }
    snprintf(text, len, "%llu B", (unsigned long long) bytes);
}

static void format_kind(const struct unit *unit, char *text, size_t len) {
    switch (unit->kind) {
    case BLK_KIND_DISK:
        snprintf(text, len, "disk");
        break;
    case BLK_KIND_MBR_PARTITION:
        snprintf(text, len, "MBR %02x", unit->type);
        break;
    case BLK_KIND_GPT_PARTITION:
        snprintf(text, len, "GPT");
        break;
    }
}

static void print_unit(const struct unit *unit, const char *label) {
    char size[24];
    char kind[16];
    format_size(unit->num_sectors * unit->sector_size, size, sizeof(size));
    format_kind(unit, kind, sizeof(kind));
    if (num_units == 0) {
        printf("%-15s %12s  %-7s %-10s %12s  %s\n", "UNIT", "SIZE", "KIND", "ACCESS", "FROM SECTOR",
               "LABEL");
    }
    printf("%-15s %12s  %-7s %-10s %12llu  %s\n", unit->name, size, kind,
           unit->writable ? "read-write" : "read-only", (unsigned long long) unit->first_sector,
           label);
    num_units++;
}

static error_t list_unit(task_t server, unsigned index) {
    struct unit unit;
    error_t err =
        call_blk_unit(server, index, &unit.num_sectors, &unit.first_sector, &unit.sector_size,
                      &unit.kind, &unit.type, &unit.writable, unit.name);
    if (IS_ERROR(err)) {
        return err;
    }
    unit.name[BLK_NAME_LEN - 1] = '\0';
    char *label;
    err = call_blk_label(server, index, &label);
    if (IS_OK(err)) {
        print_unit(&unit, label);
        free(label);
    }
    return err;
}

/// Returns false if the driver doesn't answer.
static bool list_units(const char *service, task_t server) {
    unsigned index = 0;
    error_t err = OK;
    while (IS_OK(err)) {
        err = list_unit(server, index);
        index++;
    }
    if (err != ERR_END) {
        printf("disks: %s: %s\n", service, error_name(err));
    }
    return err == ERR_END;
}

/// The server of a service that is there, or about to be; 0: nobody.
static task_t find_server(unsigned index, char name[SERVICES_NAME_LEN]) {
    task_t server;
    bool expected;
    if (IS_ERROR(call_services_service(INIT_TASK, index, &server, &expected, name))) {
        return ERR_END;
    }
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0) {
        return 0;
    }
    if (server == 0 && expected && IS_ERROR(call_discovery_lookup(INIT_TASK, name, &server))) {
        return 0;
    }
    return server;
}

void main(void) {
    bool good = true;
    char name[SERVICES_NAME_LEN];
    task_t server = 0;
    for (unsigned index = 0; server != ERR_END; index++) {
        server = find_server(index, name);
        if (server > 0) {
            good = list_units(name, server) && good;
        }
    }
    if (num_units == 0) {
        printf("There is no disk.\n");
    }
    task_exit_with(good ? 0 : 1);
}
