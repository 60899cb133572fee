#include "servers.h"

#include <string.h>

static bool has(const struct server_list *list, const struct ip_addr *addr) {
    for (unsigned i = 0; i < list->count; i++) {
        if (ip_addr_equals(&list->entries[i].addr, addr)) {
            return true;
        }
    }
    return false;
}

void servers_set(struct server_list *list, const void *origin, const struct ip_addr *addrs,
                 unsigned num_addrs) {
    unsigned kept = 0;
    for (unsigned i = 0; i < list->count; i++) {
        if (list->entries[i].origin != origin) {
            list->entries[kept++] = list->entries[i];
        }
    }
    list->count = kept;
    unsigned place = (origin == NULL) ? 0 : kept;
    for (unsigned i = 0; i < num_addrs && list->count < list->max; i++) {
        if (has(list, &addrs[i])) {
            continue;
        }
        memmove(&list->entries[place + 1], &list->entries[place],
                (list->count - place) * sizeof(list->entries[0]));
        list->entries[place].origin = origin;
        list->entries[place].addr = addrs[i];
        list->count++;
        place++;
    }
}
