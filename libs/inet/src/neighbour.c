#include "neighbour.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <resea/malloc.h>

#include "addr.h"
#include "arp.h"
#include "counters.h"
#include "ethernet.h"
#include "ip.h"
#include "nd.h"
#include "route.h"

// RFC 4861, 10.
#define REACHABLE_MS 30000
#define RETRANS_MS   1000
#define DELAY_MS     5000
#define ASK_TRIES    3
#define BUCKETS      32
/// Behind so many packets the table of pending ones is full, for all neighbours together.
#define PENDING_MAX 32

static struct neighbour *table;
static list_t buckets[BUCKETS];
static unsigned num_pending;

static void run(struct inet_timer *timer);

error_t neighbours_init(void) {
    if (table == NULL) {
        table = malloc(NEIGHBOURS_MAX * sizeof(*table));
    }
    if (table == NULL) {
        return ERR_NO_MEMORY;
    }
    memset(table, 0, NEIGHBOURS_MAX * sizeof(*table));
    for (unsigned i = 0; i < BUCKETS; i++) {
        list_init(&buckets[i]);
    }
    num_pending = 0;
    return OK;
}

/// Neighbours have addresses of one prefix mostly.
static list_t *bucket_of(const struct ip_addr *addr) {
    return &buckets[(addr->bytes[15] ^ addr->bytes[14] ^ addr->bytes[13]) % BUCKETS];
}

struct neighbour *neighbour_find(struct netif *netif, const struct ip_addr *addr) {
    list_t *bucket = bucket_of(addr);
    LIST_FOR_EACH (neighbour, bucket, struct neighbour, bucket) {
        if (neighbour->netif == netif && ip_addr_equals(&neighbour->addr, addr)) {
            return neighbour;
        }
    }
    return NULL;
}

const struct neighbour *neighbour_numbered(unsigned index) {
    return (index < NEIGHBOURS_MAX) ? &table[index] : NULL;
}

/// Tells the protocol of a packet that waited in vain.
static void report(struct buf *packet) {
    struct ip_error error = {.failure = IP_NO_ROUTE};
    uint8_t *header = buf_data(packet);
    bool v4 = header[0] >> 4 == 4;
    size_t len = v4 ? IPV4_HEADER_LEN : IPV6_HEADER_LEN;
    error.quoted = header + len;
    error.quoted_len = packet->len - len;
    if (v4) {
        error.src = ip_addr_from_v4(get32(header + 12));
        error.dst = ip_addr_from_v4(get32(header + 16));
    } else {
        memcpy(error.src.bytes, header + 8, IP_ADDR_LEN);
        memcpy(error.dst.bytes, header + 24, IP_ADDR_LEN);
    }
    ip_deliver_error(header[v4 ? 9 : 6], &error);
}

/// Takes the packets that wait out of an entry, which may be another's when the first one is dealt with.
static unsigned take_pending(struct neighbour *neighbour,
                             struct buf *packets[NEIGHBOUR_PENDING_MAX]) {
    unsigned count = neighbour->num_pending;
    memcpy(packets, neighbour->pending, sizeof(neighbour->pending));
    neighbour->num_pending = 0;
    num_pending -= count;
    return count;
}

static void forget(struct neighbour *neighbour) {
    struct buf *packets[NEIGHBOUR_PENDING_MAX];
    unsigned num = take_pending(neighbour, packets);
    inet_timer_stop(&neighbour->timer);
    list_remove(&neighbour->bucket);
    neighbour->netif = NULL;
    for (unsigned i = 0; i < num; i++) {
        report(packets[i]);
        buf_free(packets[i]);
    }
}

/// A free entry, or the one that was not used for the longest time.
static struct neighbour *choose(void) {
    struct neighbour *oldest = &table[0];
    for (unsigned i = 0; i < NEIGHBOURS_MAX; i++) {
        struct neighbour *entry = &table[i];
        if (entry->netif == NULL) {
            return entry;
        }
        if (MAX(entry->used, entry->confirmed) < MAX(oldest->used, oldest->confirmed)) {
            oldest = entry;
        }
    }
    forget(oldest);
    return (oldest->netif == NULL) ? oldest : NULL;
}

/// Asks for a neighbour; one whose MAC address is known, directly.
static void ask(struct neighbour *neighbour) {
    struct netif *netif = neighbour->netif;
    bool known = neighbour->state != NEIGHBOUR_INCOMPLETE;
    const uint8_t *mac = known ? neighbour_mac(neighbour) : NULL;
    neighbour->tries++;
    inet_timer_start(&neighbour->timer, inet_now() + RETRANS_MS);
    if (ip_addr_is_v4(&neighbour->addr)) {
        arp_ask(netif, netif->v4, ip_addr_v4(&neighbour->addr), mac);
    } else {
        nd_ask(netif, &neighbour->addr, mac);
    }
}

struct neighbour *neighbour_get(struct netif *netif, const struct ip_addr *addr) {
    struct neighbour *neighbour = neighbour_find(netif, addr);
    if (neighbour == NULL) {
        neighbour = choose();
        if (neighbour == NULL) {
            return NULL;
        }
        memset(neighbour, 0, sizeof(*neighbour));
        neighbour->addr = *addr;
        neighbour->netif = netif;
        neighbour->timer.fire = run;
        list_push_back(bucket_of(addr), &neighbour->bucket);
        ask(neighbour);
    }
    neighbour->used = inet_now();
    return neighbour;
}

static void set_reachable(struct neighbour *neighbour) {
    neighbour->state = NEIGHBOUR_REACHABLE;
    neighbour->confirmed = inet_now();
    neighbour->tries = 0;
    inet_timer_start(&neighbour->timer, neighbour->confirmed + REACHABLE_MS);
}

bool neighbour_use(struct neighbour *neighbour) {
    neighbour->used = inet_now();
    if (neighbour->state == NEIGHBOUR_STALE) {
        neighbour->state = NEIGHBOUR_DELAY;
        inet_timer_start(&neighbour->timer, inet_now() + DELAY_MS);
    }
    return neighbour->state != NEIGHBOUR_INCOMPLETE;
}

void neighbour_confirm(struct neighbour *neighbour) {
    if (LIKELY(neighbour->state == NEIGHBOUR_REACHABLE)) {
        neighbour->confirmed = inet_now();
    } else if (neighbour->state != NEIGHBOUR_INCOMPLETE) {
        set_reachable(neighbour);
    }
}

error_t neighbour_queue(struct neighbour *neighbour, struct buf *packet) {
    if (neighbour->num_pending == NEIGHBOUR_PENDING_MAX || num_pending == PENDING_MAX) {
        inet_count(NEIGHBOUR_QUEUE_FULL);
        buf_free(packet);
        return ERR_WOULD_BLOCK;
    }
    neighbour->pending[neighbour->num_pending++] = packet;
    num_pending++;
    return OK;
}

static void set_mac(struct neighbour *neighbour, const uint8_t mac[6]) {
    bool v4 = ip_addr_is_v4(&neighbour->addr);
    ethernet_header(neighbour->header + 2, mac, neighbour->netif->mac,
                    v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
}

/// The answer that was waited for.
static void resolve(struct neighbour *neighbour, const uint8_t mac[6], bool solicited) {
    struct buf *packets[NEIGHBOUR_PENDING_MAX];
    route_neighbour_answers(neighbour->netif, &neighbour->addr);
    set_mac(neighbour, mac);
    if (solicited) {
        set_reachable(neighbour);
    } else {
        neighbour->state = NEIGHBOUR_DELAY;
        neighbour->tries = 0;
        inet_timer_start(&neighbour->timer, inet_now() + DELAY_MS);
    }
    unsigned num = take_pending(neighbour, packets);
    for (unsigned i = 0; i < num; i++) {
        (void) !ethernet_send(neighbour->netif, neighbour->header + 2, packets[i]);
    }
    // What was too much to wait here can go now.
    netif_writable(neighbour->netif);
}

void neighbour_heard(struct neighbour *neighbour, const uint8_t mac[6], bool solicited) {
    if (mac_is_group(mac)) {
        return;
    }
    if (neighbour->state == NEIGHBOUR_INCOMPLETE) {
        resolve(neighbour, mac, solicited);
        return;
    }
    bool same = memcmp(neighbour_mac(neighbour), mac, MAC_LEN) == 0;
    bool asked = neighbour->state == NEIGHBOUR_PROBE;
    if (same && solicited && asked) {
        set_reachable(neighbour);
    } else if (!same && !asked) {
        // It may have moved, or somebody lies: whoever is at the old address is asked.
        neighbour->state = NEIGHBOUR_PROBE;
        neighbour->tries = 0;
        ask(neighbour);
    }
}

/// Asks again; first directly, then everybody, then no more.
static void ask_again(struct neighbour *neighbour) {
    if (neighbour->tries < ASK_TRIES) {
        ask(neighbour);
    } else if (neighbour->state == NEIGHBOUR_PROBE) {
        neighbour->state = NEIGHBOUR_INCOMPLETE;
        neighbour->tries = 0;
        ask(neighbour);
    } else {
        inet_count(NEIGHBOUR_FAILED);
        route_neighbour_silent(neighbour->netif, &neighbour->addr);
        forget(neighbour);
    }
}

static void run(struct inet_timer *timer) {
    struct neighbour *neighbour = INET_TIMER_OWNER(timer, struct neighbour, timer);
    switch (neighbour->state) {
    case NEIGHBOUR_REACHABLE:
        if (inet_now() < neighbour->confirmed + REACHABLE_MS) {
            inet_timer_start(timer, neighbour->confirmed + REACHABLE_MS);
        } else {
            neighbour->state = NEIGHBOUR_STALE;
        }
        break;
    case NEIGHBOUR_DELAY:
        neighbour->state = NEIGHBOUR_PROBE;
        neighbour->tries = 0;
        ask(neighbour);
        break;
    case NEIGHBOUR_INCOMPLETE:
    case NEIGHBOUR_PROBE:
        ask_again(neighbour);
        break;
    case NEIGHBOUR_STALE:
        break;
    }
}
