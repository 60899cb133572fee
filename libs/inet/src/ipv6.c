// RFC 8200: headers in and out.

#include "addr.h"

#include "counters.h"
#include "ip.h"
#include <inet/bytes.h>

#define VERSION_WORD 0x60000000u

void ipv6_write_header(uint8_t *header, const struct ip_packet *packet, uint32_t len) {
    put32(header, VERSION_WORD);
    put16(header + 4, (uint16_t) ((len > UINT16_MAX) ? 0 : len));
    header[6] = packet->protocol;
    header[7] = (packet->ttl != 0) ? packet->ttl : IP_TTL;
    memcpy(header + 8, packet->route->src.bytes, IP_ADDR_LEN);
    memcpy(header + 24, packet->dst.bytes, IP_ADDR_LEN);
}

static void drop(struct netif *netif, struct buf *packet, enum counter why) {
    inet_count(why);
    netif->traffic.rx_dropped++;
    buf_free(packet);
}

/// Reads the header, once, and cuts off what is behind the packet.
static bool parse(struct buf *packet, struct ip_info *info) {
    uint8_t bytes[IPV6_HEADER_LEN];
    if (!buf_pull_up(packet, IPV6_HEADER_LEN)) {
        return false;
    }
    memcpy(bytes, buf_data(packet), sizeof(bytes));
    size_t len = get16(bytes + 4);
    if (bytes[0] >> 4 != 6 || len > packet->total - IPV6_HEADER_LEN) {
        return false;
    }
    info->protocol = bytes[6];
    info->ttl = bytes[7];
    info->header_len = IPV6_HEADER_LEN;
    memcpy(info->src.bytes, bytes + 8, IP_ADDR_LEN);
    memcpy(info->dst.bytes, bytes + 24, IP_ADDR_LEN);
    buf_trim_back(packet, packet->total - IPV6_HEADER_LEN - len);
    packet->start += IPV6_HEADER_LEN;
    packet->len = (uint16_t) (packet->len - IPV6_HEADER_LEN);
    packet->total -= IPV6_HEADER_LEN;
    return true;
}

/// An address that nobody can have sent from: a group's, an IPv4 address in disguise, our own.
static bool is_bad_src(struct netif *netif, const struct ip_addr *src) {
    return ip_addr_is_multicast(src) || ip_addr_is_v4(src)
           || (!netif->loopback && netif_with_addr(src, NULL) != NULL);
}

void ipv6_input(struct netif *netif, struct buf *packet, bool group) {
    struct ip_info info = {.netif = netif};
    if (!parse(packet, &info)) {
        drop(netif, packet, IP_BAD_HEADER);
        return;
    }
    if (is_bad_src(netif, &info.src) || ip_addr_is_v4(&info.dst)) {
        drop(netif, packet, IP_BAD_ADDRESS);
        return;
    }
    struct netif_addr *entry = netif_find_addr(netif, &info.dst);
    if (group || ip_addr_is_any(&info.src)
        || (!netif->loopback && (entry == NULL || entry->tentative))) {
        drop(netif, packet, IP_NOT_OURS);
        return;
    }
    ip_deliver(&info, packet);
}
