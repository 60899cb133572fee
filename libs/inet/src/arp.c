#include "arp.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <resea/printf.h>

#include "addr.h"
#include "counters.h"
#include "dhcp.h"
#include "ethernet.h"
#include "ip.h"
#include "neighbour.h"

// Offsets: RFC 826, "Packet format", for Ethernet and IPv4.
#define ARP_LEN        28
#define ARP_OP         6
#define ARP_SENDER_MAC 8
#define ARP_SENDER_IP  14
#define ARP_TARGET_MAC 18
#define ARP_TARGET_IP  24

#define OP_REQUEST 1
#define OP_REPLY   2

/// An address is defended, and its conflict told, so often at most: RFC 5227, 1.1, DEFEND_INTERVAL.
#define DEFEND_MS 10000

/// Hardware and protocol with the lengths of their addresses.
static const uint8_t kind[6] = {0, 1, 0x08, 0x00, MAC_LEN, 4};
static const uint8_t broadcast_mac[MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t no_mac[MAC_LEN];

struct arp {
    uint16_t op;
    uint8_t sender_mac[MAC_LEN];
    uint32_t sender, target;
};

static void send(struct netif *netif, uint16_t op, uint32_t sender, uint32_t target,
                 const uint8_t *target_mac, const uint8_t *to) {
    struct buf *buf = buf_alloc(true);
    if (buf == NULL) {
        return;
    }
    buf->start = BUF_HEADROOM;
    buf->len = ARP_LEN;
    buf->total = ARP_LEN;
    uint8_t *arp = buf_data(buf);
    memcpy(arp, kind, sizeof(kind));
    put16(arp + ARP_OP, op);
    memcpy(arp + ARP_SENDER_MAC, netif->mac, MAC_LEN);
    put32(arp + ARP_SENDER_IP, sender);
    memcpy(arp + ARP_TARGET_MAC, target_mac, MAC_LEN);
    put32(arp + ARP_TARGET_IP, target);

    uint8_t header[ETHERNET_LEN];
    ethernet_header(header, to, netif->mac, ETHERTYPE_ARP);
    (void) !ethernet_send(netif, header, buf);  // If it is lost, it is asked for again.
}

void arp_ask(struct netif *netif, uint32_t src, uint32_t addr, const uint8_t *mac) {
    send(netif, OP_REQUEST, src, addr, no_mac, (mac != NULL) ? mac : broadcast_mac);
}

void arp_announce(struct netif *netif, uint32_t addr) {
    send(netif, OP_REQUEST, addr, addr, no_mac, broadcast_mac);
}

static bool parse(struct buf *packet, struct arp *arp) {
    if (!buf_pull_up(packet, ARP_LEN)) {
        return false;
    }
    uint8_t bytes[ARP_LEN];
    memcpy(bytes, buf_data(packet), sizeof(bytes));
    arp->op = get16(bytes + ARP_OP);
    memcpy(arp->sender_mac, bytes + ARP_SENDER_MAC, MAC_LEN);
    arp->sender = get32(bytes + ARP_SENDER_IP);
    arp->target = get32(bytes + ARP_TARGET_IP);
    return memcmp(bytes, kind, sizeof(kind)) == 0 && (arp->op == OP_REQUEST || arp->op == OP_REPLY)
           && !mac_is_group(arp->sender_mac) && (arp->sender == 0 || !v4_is_no_host(arp->sender))
           && !v4_is_loopback(arp->sender);
}

/// Somebody else uses an address of ours: RFC 5227, 2.4 (b): keep it, and say so once in a while.
static void defend(struct netif *netif, const struct arp *arp) {
    static uint64_t last;
    inet_count(ARP_CONFLICTS);
    if (last != 0 && inet_now() - last < DEFEND_MS) {
        return;
    }
    last = inet_now();
    const uint8_t *mac = arp->sender_mac;
    WARN("%s: %02x:%02x:%02x:%02x:%02x:%02x uses this machine's address, too: %u.%u.%u.%u",
         netif->name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], arp->sender >> 24,
         (arp->sender >> 16) & 255, (arp->sender >> 8) & 255, arp->sender & 255);
    arp_announce(netif, arp->sender);
}

/// Nothing is learned of a neighbour that nobody has asked for, and a known one changes its MAC address only
/// after it didn't answer at the old one: neighbour_heard().
static void learn(struct netif *netif, const struct arp *arp) {
    struct ip_addr addr = ip_addr_from_v4(arp->sender);
    struct neighbour *neighbour = neighbour_find(netif, &addr);
    if (neighbour == NULL) {
        if (arp->op == OP_REPLY) {
            inet_count(ARP_UNASKED);
        }
        return;
    }
    struct ip_addr target = ip_addr_from_v4(arp->target);
    bool to_us = arp->op == OP_REPLY && netif_find_addr(netif, &target) != NULL;
    neighbour_heard(neighbour, arp->sender_mac, to_us);
}

static void handle(struct netif *netif, const struct arp *arp) {
    if (memcmp(arp->sender_mac, netif->mac, MAC_LEN) == 0) {
        return;  // An echo of our own.
    }
    dhcp_heard_arp(netif, arp->sender, arp->target);
    struct ip_addr sender = ip_addr_from_v4(arp->sender), target = ip_addr_from_v4(arp->target);
    if (arp->sender != 0 && netif_find_addr(netif, &sender) != NULL) {
        defend(netif, arp);
        return;
    }
    if (arp->sender != 0) {
        learn(netif, arp);
    }
    if (arp->op == OP_REQUEST && netif_find_addr(netif, &target) != NULL) {
        send(netif, OP_REPLY, arp->target, arp->sender, arp->sender_mac, arp->sender_mac);
    }
}

void arp_input(struct netif *netif, struct buf *packet) {
    struct arp arp;
    bool good = parse(packet, &arp);
    buf_free(packet);
    if (good) {
        handle(netif, &arp);
    } else {
        inet_count(ARP_BAD);
    }
}
