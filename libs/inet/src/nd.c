#include "nd.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <inet/timer.h>
#include <resea/malloc.h>
#include <resea/printf.h>

#include "addr.h"
#include "checksum.h"
#include "counters.h"
#include "ethernet.h"
#include "ip.h"
#include "nd_state.h"
#include "neighbour.h"

// Messages: RFC 4861, 4.3 and 4.4.
#define TARGET_OFFSET     8
#define NEIGHBOUR_LEN     24
#define FLAG_SOLICITED    0x40
#define FLAG_OVERRIDE     0x20
#define OPTION_SOURCE_MAC 1
#define OPTION_TARGET_MAC 2
#define MAC_OPTION_LEN    8
/// Nothing that came through a router has it: RFC 4861, 11.2.
#define HOP_LIMIT 255

static bool enabled;

void nd_set(bool on) {
    enabled = on;
}

bool nd_is_enabled(void) {
    return enabled;
}

struct ip_addr nd_solicited_group(const struct ip_addr *addr) {
    struct ip_addr group = {{0xff, 2, [11] = 1, 0xff}};
    memcpy(group.bytes + 13, addr->bytes + 13, 3);
    return group;
}

void nd_transmit(const struct ip_packet *sent, const uint8_t *mac) {
    struct buf *packet = sent->header;
    struct netif *netif = sent->route->netif;
    uint32_t len = packet->total;
    packet->start -= IPV6_HEADER_LEN;
    packet->len = (uint16_t) (packet->len + IPV6_HEADER_LEN);
    packet->total += IPV6_HEADER_LEN;
    ipv6_write_header(buf_data(packet), sent, len);

    uint8_t group_mac[MAC_LEN], header[ETHERNET_LEN];
    ethernet_group_mac(&sent->dst, group_mac);
    ethernet_header(header, (mac != NULL) ? mac : group_mac, netif->mac, ETHERTYPE_IPV6);
    (void) !ethernet_send(netif, header, packet);  // If it is lost, it is sent again, or asked for.
}

bool nd_make(struct ip_packet *sent, const uint8_t *message, size_t len) {
    sent->header = ip_copy(message, len, BUF_HEADROOM, true);
    if (sent->header == NULL) {
        return false;
    }
    sent->protocol = IP_PROTO_ICMPV6;
    sent->checksum_at = 2;
    ip_fill_checksum(sent, len);
    return true;
}

void nd_send(struct netif *netif, const struct ip_addr *src, const struct ip_addr *dst,
             const uint8_t *mac, const uint8_t *message, size_t len) {
    struct ip_route route = {.netif = netif, .src = *src};
    struct ip_packet sent = {.route = &route, .dst = *dst, .ttl = HOP_LIMIT};
    if (nd_make(&sent, message, len)) {
        nd_transmit(&sent, mac);
    }
}

void nd_put_mac(uint8_t *option, uint8_t type, const uint8_t *mac) {
    option[0] = type;
    option[1] = MAC_OPTION_LEN / 8;
    memcpy(option + 2, mac, MAC_LEN);
}

const struct ip_addr *nd_link_local_of(const struct netif *netif) {
    for (unsigned i = 0; i < netif->num_addrs; i++) {
        const struct netif_addr *entry = &netif->addrs[i];
        if (!ip_addr_is_v4(&entry->addr) && ip_addr_is_link_local(&entry->addr)
            && !entry->tentative) {
            return &entry->addr;
        }
    }
    return NULL;
}

static void solicit(struct netif *netif, const struct ip_addr *src, const struct ip_addr *target,
                    const uint8_t *mac) {
    uint8_t message[NEIGHBOUR_LEN + MAC_OPTION_LEN] = {ND_NEIGHBOUR_SOLICITATION};
    struct ip_addr dst = (mac != NULL) ? *target : nd_solicited_group(target);
    memcpy(message + TARGET_OFFSET, target->bytes, IP_ADDR_LEN);
    nd_put_mac(message + NEIGHBOUR_LEN, OPTION_SOURCE_MAC, netif->mac);
    bool probe = ip_addr_is_any(src);
    nd_send(netif, src, &dst, mac, message, probe ? NEIGHBOUR_LEN : sizeof(message));
}

void nd_ask(struct netif *netif, const struct ip_addr *addr, const uint8_t *mac) {
    const struct ip_addr *src = nd_link_local_of(netif);
    if (src != NULL) {
        solicit(netif, src, addr, mac);
    }
}

void nd_probe(struct netif *netif, const struct ip_addr *addr) {
    static const struct ip_addr any;
    solicit(netif, &any, addr, NULL);
}

/// Tells who asked, or everybody if nobody in particular did.
static void advertise(struct netif *netif, const struct ip_addr *target, const struct ip_addr *to,
                      const uint8_t *mac) {
    static const struct ip_addr all_nodes = {{0xff, 2, [15] = 1}};
    uint8_t message[NEIGHBOUR_LEN + MAC_OPTION_LEN] = {ND_NEIGHBOUR_ADVERTISEMENT};
    bool solicited = mac != NULL;
    message[4] = FLAG_OVERRIDE | (solicited ? FLAG_SOLICITED : 0);
    memcpy(message + TARGET_OFFSET, target->bytes, IP_ADDR_LEN);
    nd_put_mac(message + NEIGHBOUR_LEN, OPTION_TARGET_MAC, netif->mac);
    nd_send(netif, target, solicited ? to : &all_nodes, mac, message, sizeof(message));
}

/// The MAC address in an option of a message. NULL: there is none. The options were checked (nd_input).
static const uint8_t *find_mac(const uint8_t *message, size_t len, uint8_t type) {
    for (size_t i = NEIGHBOUR_LEN; i < len; i += (size_t) message[i + 1] * 8) {
        if (message[i] == type && message[i + 1] == 1) {
            return message + i + 2;
        }
    }
    return NULL;
}

static void solicited(const struct ip_info *info, const uint8_t *message, size_t len) {
    struct ip_addr target;
    memcpy(target.bytes, message + TARGET_OFFSET, IP_ADDR_LEN);
    struct netif_addr *entry = netif_find_addr(info->netif, &target);
    const uint8_t *mac = find_mac(message, len, OPTION_SOURCE_MAC);
    bool probe = ip_addr_is_any(&info->src);
    if (entry == NULL) {
        return;
    }
    if (entry->tentative) {
        // Somebody tries the same address at the same time: RFC 4862, 5.4.3.
        if (probe) {
            nd_conflict(info->netif, entry);
        }
        return;
    }
    if (probe || (mac != NULL && !mac_is_group(mac))) {
        advertise(info->netif, &target, &info->src, probe ? NULL : mac);
    }
}

/// As with ARP, nothing is learned of who wasn't asked for.
static void advertised(const struct ip_info *info, const uint8_t *message, size_t len) {
    struct ip_addr target;
    memcpy(target.bytes, message + TARGET_OFFSET, IP_ADDR_LEN);
    struct netif_addr *entry = netif_find_addr(info->netif, &target);
    if (entry != NULL) {
        nd_conflict(info->netif, entry);
        return;
    }
    struct neighbour *neighbour = neighbour_find(info->netif, &target);
    const uint8_t *mac = find_mac(message, len, OPTION_TARGET_MAC);
    bool asked = (message[4] & FLAG_SOLICITED) && !info->broadcast;
    if (neighbour != NULL && mac == NULL && asked) {
        mac = neighbour_mac(neighbour);  // An answer to who knew it: RFC 4861, 4.4.
        if (neighbour->state == NEIGHBOUR_INCOMPLETE) {
            return;
        }
    }
    if (neighbour != NULL && mac != NULL) {
        neighbour_heard(neighbour, mac, asked);
    }
}

/// Whether all options have a length, and the message ends with one: RFC 4861, 6.1 and 7.1.
static bool check_options(const uint8_t *message, size_t len, size_t first) {
    for (size_t i = first; i < len;) {
        if (len - i < 8 || message[i + 1] == 0 || message[i + 1] > (len - i) / 8) {
            return false;
        }
        i += (size_t) message[i + 1] * 8;
    }
    return len >= first;
}

void nd_input(const struct ip_info *info, struct buf *packet) {
    uint8_t message[ND_MESSAGE_MAX];
    size_t len = packet->total;
    if (info->ttl != HOP_LIMIT || len > sizeof(message) || info->netif->nd == NULL) {
        inet_count(ND_BAD);
        return;
    }
    buf_copy_out(packet, 0, message, len);
    bool router = message[0] == ND_ROUTER_ADVERTISEMENT;
    size_t first = router ? ND_ROUTER_LEN : NEIGHBOUR_LEN;
    if (message[0] == ND_ROUTER_SOLICITATION) {
        return;  // We are none.
    }
    if (message[1] != 0 || !check_options(message, len, first)) {
        inet_count(ND_BAD);
    } else if (router) {
        nd_router_heard(info, message, len);
    } else if (message[0] == ND_NEIGHBOUR_SOLICITATION) {
        solicited(info, message, len);
    } else {
        advertised(info, message, len);
    }
}
