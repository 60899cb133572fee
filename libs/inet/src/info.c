#include <inet/bytes.h>
#include <inet/info.h>

#include <inet/env.h>

#include "addr.h"
#include "neighbour.h"
#include "netif.h"
#include "route.h"

/// Prefixes as people write them.
static unsigned shown_len(const struct ip_addr *addr, unsigned prefix_len) {
    return ip_addr_is_v4(addr) ? prefix_len - V4_PREFIX_BITS : prefix_len;
}

struct netif *inet_interface(unsigned index) {
    return netif_numbered(index);
}

bool inet_interface_info(unsigned index, struct inet_interface_info *info) {
    const struct netif *netif = netif_numbered(index);
    if (netif == NULL) {
        return false;
    }
    *info = (struct inet_interface_info){.link = netif->link,
                                         .features = netif->loopback ? 0 : netif->features,
                                         .mtu = netif->mtu,
                                         .mbit_per_s = netif->mbit_per_s,
                                         .restarts = netif->restarts,
                                         .traffic = netif->traffic};
    memcpy(info->name, netif->name, sizeof(info->name));
    memcpy(info->mac, netif->mac, sizeof(info->mac));
    return true;
}

bool inet_address_info(unsigned index, struct inet_address_info *info) {
    for (unsigned i = 0; i < netif_count(); i++) {
        const struct netif *netif = netif_numbered(i);
        if (index >= netif->num_addrs) {
            index -= netif->num_addrs;
            continue;
        }
        const struct netif_addr *entry = &netif->addrs[index];
        uint64_t left = MIN((entry->valid_until - inet_now()) / 1000, UINT32_MAX);
        *info = (struct inet_address_info){
            .interface = i,
            .addr = entry->addr,
            .prefix_len = shown_len(&entry->addr, entry->prefix_len),
            .origin = entry->origin,
            .valid_s = (entry->valid_until == UINT64_MAX) ? UINT32_MAX : (uint32_t) left};
        return true;
    }
    return false;
}

bool inet_route_info(unsigned index, struct inet_route_info *info) {
    const struct route_entry *entry = route_numbered(index);
    if (entry == NULL) {
        return false;
    }
    *info = (struct inet_route_info){.interface = entry->netif->index,
                                     .addr = entry->prefix,
                                     .prefix_len = shown_len(&entry->prefix, entry->prefix_len),
                                     .gateway = entry->gateway};
    return true;
}

bool inet_neighbour_info(unsigned index, struct inet_neighbour_info *info) {
    const struct neighbour *entry;
    for (unsigned i = 0; (entry = neighbour_numbered(i)) != NULL; i++) {
        if (entry->netif == NULL || index-- > 0) {
            continue;
        }
        *info = (struct inet_neighbour_info){
            .interface = entry->netif->index,
            .addr = entry->addr,
            .reachable = entry->state == NEIGHBOUR_REACHABLE,
            .age_s = (uint32_t) ((inet_now() - entry->confirmed) / 1000)};
        memcpy(info->mac, neighbour_mac(entry), sizeof(info->mac));
        return true;
    }
    return false;
}
