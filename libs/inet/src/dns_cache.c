#include "dns_cache.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <resea/malloc.h>

struct entry {
    uint64_t until;
    unsigned num_addrs;
    struct ip_addr addrs[DNS_ADDRS_MAX];
    char name[];
};

static struct entry *entries[DNS_CACHE_MAX];

static void forget(unsigned slot) {
    free(entries[slot]);
    entries[slot] = NULL;
}

bool dns_cache_find(const char *name, struct ip_addr *addrs, unsigned *num_addrs) {
    uint64_t now = inet_now();
    for (unsigned i = 0; i < DNS_CACHE_MAX; i++) {
        if (entries[i] != NULL && entries[i]->until <= now) {
            forget(i);
        }
        if (entries[i] != NULL && strcmp(entries[i]->name, name) == 0) {
            *num_addrs = entries[i]->num_addrs;
            memcpy(addrs, entries[i]->addrs, *num_addrs * sizeof(*addrs));
            return true;
        }
    }
    return false;
}

/// The same name's, a free one, or the one whose time is up first.
static unsigned choose(const char *name) {
    unsigned chosen = 0;
    uint64_t first = UINT64_MAX;
    for (unsigned i = 0; i < DNS_CACHE_MAX; i++) {
        if (entries[i] != NULL && strcmp(entries[i]->name, name) == 0) {
            return i;
        }
        uint64_t until = (entries[i] == NULL) ? 0 : entries[i]->until;
        if (until < first) {
            chosen = i;
            first = until;
        }
    }
    return chosen;
}

void dns_cache_add(const char *name, const struct ip_addr *addrs, unsigned num_addrs,
                   uint32_t ttl) {
    if (ttl == 0) {
        return;
    }
    unsigned slot = choose(name);
    forget(slot);
    size_t name_len = strlen(name) + 1;
    struct entry *entry = malloc(sizeof(*entry) + name_len);
    if (entry == NULL) {
        return;
    }
    entry->until = inet_now() + (uint64_t) MIN(ttl, DNS_TTL_MAX) * 1000;
    entry->num_addrs = num_addrs;
    memcpy(entry->addrs, addrs, num_addrs * sizeof(*addrs));
    memcpy(entry->name, name, name_len);
    entries[slot] = entry;
}

void dns_cache_clear(void) {
    for (unsigned i = 0; i < DNS_CACHE_MAX; i++) {
        forget(i);
    }
}
