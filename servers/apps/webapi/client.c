#include "client.h"

#include <resea/malloc.h>
#include <string.h>

/// Those that came last are in front.
static list_t clients = {&clients, &clients};

static bool is_link_local(const struct ip_addr *addr) {
    return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

/// On the link, all have the same 64 bits in front.
static void make_key(const struct ip_addr *addr, uint64_t key[2]) {
    memcpy(key, addr->bytes, sizeof(addr->bytes));
    if (!ip_addr_is_v4(addr) && !is_link_local(addr)) {
        key[1] = 0;
    }
}

static struct client *find(const uint64_t key[2]) {
    LIST_FOR_EACH (client, &clients, struct client, next) {
        if (client->key[0] == key[0] && client->key[1] == key[1]) {
            return client;
        }
    }
    return NULL;
}

struct client *client_enter(const struct ip_addr *addr) {
    uint64_t key[2];
    make_key(addr, key);
    struct client *client = find(key);
    if (client == NULL) {
        client = malloc(sizeof(*client));
        if (client == NULL) {
            return NULL;
        }
        *client = (struct client){.key = {key[0], key[1]}};
        list_push_front(&clients, &client->next);
    }
    client->connections++;
    return client;
}

void client_leave(struct client *client) {
    client->connections--;
    if (client->connections == 0) {
        list_remove(&client->next);
        free(client);
    }
}

unsigned client_most(void) {
    unsigned most = 0;
    LIST_FOR_EACH (client, &clients, struct client, next) {
        most = MAX(most, client->connections);
    }
    return most;
}
