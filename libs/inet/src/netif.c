#include "netif.h"

#include <inet/bytes.h>
#include <inet/ip.h>
#include <inet/tcp.h>
#include <resea/malloc.h>
#include <resea/printf.h>

#include "addr.h"
#include "dhcp.h"
#include "nd.h"
#include "neighbour.h"
#include "route.h"
#include "udp.h"

static struct netif *netifs[NETIF_MAX];
static unsigned num_netifs;

struct netif *netif_numbered(unsigned index) {
    return (index < num_netifs) ? netifs[index] : NULL;
}

unsigned netif_count(void) {
    return num_netifs;
}

struct netif *netif_loopback(void) {
    return netifs[0];
}

struct netif_addr *netif_find_addr(struct netif *netif, const struct ip_addr *addr) {
    for (unsigned i = 0; i < netif->num_addrs; i++) {
        if (ip_addr_equals(&netif->addrs[i].addr, addr)) {
            return &netif->addrs[i];
        }
    }
    return NULL;
}

struct netif *netif_with_addr(const struct ip_addr *addr, struct netif_addr **entry) {
    for (unsigned i = 0; i < num_netifs; i++) {
        struct netif_addr *found = netif_find_addr(netifs[i], addr);
        if (found != NULL) {
            if (entry != NULL) {
                *entry = found;
            }
            return netifs[i];
        }
    }
    return NULL;
}

bool netif_has_v4(uint32_t addr) {
    for (unsigned i = 0; i < num_netifs; i++) {
        if (netifs[i]->v4 == addr) {
            return true;
        }
    }
    return false;
}

void netifs_forget(void) {
    while (num_netifs > 0) {
        num_netifs--;
        dhcp_forget(netifs[num_netifs]);
        nd_forget(netifs[num_netifs]);
        free(netifs[num_netifs]);
    }
}

/// What the fast path needs of the addresses.
static void addrs_changed(struct netif *netif) {
    netif->v4 = netif->v4_mask = 0;
    for (unsigned i = 0; i < netif->num_addrs; i++) {
        const struct netif_addr *entry = &netif->addrs[i];
        if (ip_addr_is_v4(&entry->addr)) {
            unsigned bits = entry->prefix_len - V4_PREFIX_BITS;
            netif->v4 = ip_addr_v4(&entry->addr);
            netif->v4_mask = (bits == 0) ? 0 : UINT32_MAX << (32 - bits);
            break;
        }
    }
    route_changed();
}

struct netif_addr *netif_add_addr(struct netif *netif, const struct ip_addr *addr,
                                  unsigned prefix_len, enum inet_origin origin) {
    struct netif_addr *entry = netif_find_addr(netif, addr);
    if (entry != NULL) {
        return entry;
    }
    static const struct ip_addr no_gateway;
    if (netif->num_addrs == NETIF_ADDRS_MAX
        || route_add(netif, addr, prefix_len, &no_gateway, origin, UINT64_MAX) != OK) {
        return NULL;
    }
    entry = &netif->addrs[netif->num_addrs++];
    *entry = (struct netif_addr){.addr = *addr,
                                 .prefix_len = (uint8_t) prefix_len,
                                 .origin = origin,
                                 .preferred_until = UINT64_MAX,
                                 .valid_until = UINT64_MAX};
    addrs_changed(netif);
    return entry;
}

void netif_remove_addr(struct netif *netif, const struct ip_addr *addr) {
    struct netif_addr *entry = netif_find_addr(netif, addr);
    if (entry == NULL) {
        return;
    }
    route_remove_prefix(netif, addr, entry->prefix_len);
    *entry = netif->addrs[--netif->num_addrs];
    addrs_changed(netif);
}

void netif_remove_addrs(struct netif *netif, enum inet_origin origin) {
    for (unsigned i = netif->num_addrs; i-- > 0;) {
        if (netif->addrs[i].origin == origin) {
            struct ip_addr addr = netif->addrs[i].addr;
            netif_remove_addr(netif, &addr);
        }
    }
}

static struct netif *find_detached(const char *kind, const uint8_t mac[6]) {
    for (unsigned i = 0; i < num_netifs; i++) {
        struct netif *netif = netifs[i];
        if (netif->ops == NULL && strncmp(netif->kind, kind, sizeof(netif->kind)) == 0
            && memcmp(netif->mac, mac, MAC_LEN) == 0) {
            return netif;
        }
    }
    return NULL;
}

/// "e1000-0": the kind, cut so that a number fits, and the first number that is free. Interfaces never go, so
/// that is how many there are of the kind.
static void make_name(struct netif *netif) {
    unsigned number = 0;
    for (unsigned i = 0; i < num_netifs; i++) {
        number += strncmp(netifs[i]->kind, netif->kind, sizeof(netif->kind)) == 0;
    }
    strncpy2(netif->name, netif->kind, INET_NAME_LEN - 2);
    size_t len = strlen(netif->name);
    netif->name[len] = '-';
    netif->name[len + 1] = (char) ('0' + number);
    netif->name[len + 2] = '\0';
}

static struct netif *create(const char *kind, const uint8_t mac[6]) {
    STATIC_ASSERT(NETIF_MAX <= 10, "one digit tells interfaces of one kind apart");
    struct netif *netif = (num_netifs < NETIF_MAX) ? malloc(sizeof(*netif)) : NULL;
    if (netif == NULL) {
        return NULL;
    }
    memset(netif, 0, sizeof(*netif));
    netif->index = num_netifs;
    memcpy(netif->mac, mac, MAC_LEN);
    strncpy2(netif->kind, kind, INET_NAME_LEN - 2);
    make_name(netif);
    netifs[num_netifs++] = netif;
    return netif;
}

struct netif *netif_add(const char *name, const uint8_t mac[6], uint32_t mtu, unsigned features,
                        unsigned max_pieces, const struct netif_ops *ops, void *device) {
    char kind[INET_NAME_LEN];
    strncpy2(kind, name, INET_NAME_LEN - 2);
    struct netif *netif = find_detached(kind, mac);
    if (netif != NULL) {
        netif->restarts++;
    } else {
        netif = create(kind, mac);
    }
    if (netif == NULL) {
        return NULL;
    }
    netif->mtu = MAX(MIN(mtu, NETIF_MTU_MAX), IPV6_MTU_MIN);
    netif->features = features;
    netif->max_pieces = MAX(MIN(max_pieces, NET_PIECES_MAX), 2);
    netif->ops = ops;
    netif->device = device;
    route_changed();
    return netif;
}

void netif_detach(struct netif *netif) {
    netif->ops = NULL;
    netif->device = NULL;
    netif->up = netif->link = false;
    route_changed();
}

void netif_set_link(struct netif *netif, bool link, uint32_t mbit_per_s) {
    bool was_up = netif->up;
    netif->mbit_per_s = mbit_per_s;
    netif->link = link;
    netif->up = link && netif->ops != NULL;
    if (netif->up == was_up) {
        return;
    }
    route_changed();
    if (netif->up) {
        // Whoever waits for its driver goes on.
        netif_writable(netif);
        dhcp_link_up(netif);
        nd_link_up(netif);
    }
}

void netif_writable(struct netif *netif) {
    if (netif->blocked) {
        netif->blocked = false;
        tcp_resume();
        udp_resume();
    }
}

error_t netif_transmit(struct netif *netif, const struct netif_frame *frame) {
    error_t err = ERR_WOULD_BLOCK;
    if (LIKELY(netif->up)) {
        err = netif->ops->send(netif->device, frame);
    }
    if (UNLIKELY(IS_ERROR(err))) {
        netif->blocked = true;
        return ERR_WOULD_BLOCK;
    }
    netif->traffic.tx_packets++;
    for (unsigned i = 0; i < frame->num_pieces; i++) {
        netif->traffic.tx_bytes += frame->descs[i].len;
    }
    return OK;
}

error_t netif_configure(struct netif *netif, const struct ip_addr *addr, unsigned prefix_len,
                        const struct ip_addr *gateway) {
    bool v4 = ip_addr_is_v4(addr);
    unsigned bits = v4 ? V4_PREFIX_BITS : 0;
    if (netif->loopback || ip_addr_is_any(addr) || ip_addr_is_multicast(addr)
        || prefix_len > 128 - bits || (v4 && v4_is_no_host(ip_addr_v4(addr)))) {
        return ERR_INVALID_ARG;
    }
    bool gateway_given = gateway != NULL && !ip_addr_is_any(gateway);
    if (gateway_given && ip_addr_is_v4(gateway) != v4) {
        return ERR_INVALID_ARG;
    }

    netif->by_hand = true;
    dhcp_stop(netif);
    netif_remove_addrs(netif, INET_STATIC);
    route_remove(netif, INET_STATIC, true);
    if (netif_add_addr(netif, addr, prefix_len + bits, INET_STATIC) == NULL) {
        return ERR_NO_MEMORY;
    }
    static const struct ip_addr any;
    struct ip_addr default_prefix = v4 ? ip_addr_from_v4(0) : any;
    return gateway_given ? route_add(netif, &default_prefix, bits, gateway, INET_STATIC, UINT64_MAX)
                         : OK;
}
