// RFC 791 and RFC 1122, 3: what comes in.

#include <inet/bytes.h>
#include <inet/tcp.h>

#include "addr.h"
#include "checksum.h"
#include "counters.h"
#include "ip.h"
#include "reassembly.h"
#include "udp.h"

// Options: RFC 791, 3.1.
#define OPTION_END          0
#define OPTION_NOP          1
#define OPTION_LOOSE_SOURCE 131
#define OPTION_STRICT       137

#define ALL_HOSTS 0xe0000001u

struct header {
    uint32_t src, dst;
    uint16_t len, id, fragment;
    uint8_t header_len, ttl, protocol;
};

static void drop(struct netif *netif, struct buf *packet, enum counter why) {
    inet_count(why);
    netif->traffic.rx_dropped++;
    buf_free(packet);
}

/// Whether options are well-formed, and none says which way the packet should go on (RFC 7126, 4.3 and 4.4).
static bool check_options(const uint8_t *options, size_t len) {
    for (size_t i = 0; i < len && options[i] != OPTION_END;) {
        if (options[i] == OPTION_NOP) {
            i++;
            continue;
        }
        if (i + 1 >= len || options[i + 1] < 2 || options[i + 1] > len - i
            || options[i] == OPTION_LOOSE_SOURCE || options[i] == OPTION_STRICT) {
            return false;
        }
        i += options[i + 1];
    }
    return true;
}

/// Reads the header, once, and cuts off what is behind the packet. False: it is no good, and counted.
static bool parse(struct buf *packet, struct header *header, enum counter *why) {
    uint8_t bytes[60];
    *why = IP_BAD_HEADER;
    if (!buf_pull_up(packet, IPV4_HEADER_LEN)) {
        return false;
    }
    memcpy(bytes, buf_data(packet), IPV4_HEADER_LEN);
    header->header_len = (bytes[0] & 15) * 4;
    header->len = get16(bytes + 2);
    if (bytes[0] >> 4 != 4 || header->header_len < IPV4_HEADER_LEN
        || header->len < header->header_len || header->len > packet->total) {
        return false;
    }
    if (UNLIKELY(header->header_len > IPV4_HEADER_LEN)) {
        if (!buf_pull_up(packet, header->header_len)) {
            return false;
        }
        memcpy(bytes + IPV4_HEADER_LEN, buf_data(packet) + IPV4_HEADER_LEN,
               header->header_len - IPV4_HEADER_LEN);
    }
    if (!(packet->flags & (NET_DESC_RX_CHECKED | NET_DESC_RX_TRUSTED))
        && ip_sum_fold(ip_sum(0, bytes, header->header_len)) != 0) {
        *why = IP_BAD_CHECKSUM;
        return false;
    }
    header->id = get16(bytes + 4);
    header->fragment = get16(bytes + 6);
    header->ttl = bytes[8];
    header->protocol = bytes[9];
    header->src = get32(bytes + 12);
    header->dst = get32(bytes + 16);
    *why = IP_SOURCE_ROUTED;
    return header->header_len == IPV4_HEADER_LEN
           || check_options(bytes + IPV4_HEADER_LEN, header->header_len - IPV4_HEADER_LEN);
}

/// For everybody on the link, or in a group that every host is in.
static bool is_for_all(const struct netif *netif, uint32_t dst) {
    return dst == V4_BROADCAST || dst == ALL_HOSTS
           || (netif->v4 != 0 && netif->v4_mask < 0xfffffffe
               && dst == (netif->v4 | ~netif->v4_mask));
}

/// An address that nobody can have sent from: RFC 1122, 3.2.1.3; our own.
static bool is_bad_src(struct netif *netif, uint32_t src) {
    if (netif->loopback) {
        return false;
    }
    return v4_is_no_host(src) || v4_is_loopback(src) || is_for_all(netif, src) || netif_has_v4(src);
}

/// The last sender whose address was all right: most packets come from the same one as the one before.
static struct {
    const struct netif *netif;
    uint32_t src;
    unsigned generation;  ///< What is right changes with our own addresses.
} last_good;

static ALWAYS_INLINE bool is_last_good(const struct netif *netif, uint32_t src) {
    return last_good.src == src && last_good.netif == netif
           && last_good.generation == ip_generation();
}

/// Another of the interface's addresses. Packets for this machine that come in elsewhere are not taken (the
/// strong model of RFC 1122, 3.3.4.2); loopback takes them all, for it is ip_route that sends them there.
static bool is_for_us(struct netif *netif, uint32_t dst) {
    struct ip_addr addr = ip_addr_from_v4(dst);
    return netif->loopback || netif_find_addr(netif, &addr) != NULL;
}

void ip_deliver(const struct ip_info *info, struct buf *packet) {
    if (LIKELY(info->protocol == IP_PROTO_TCP)) {
        if (info->broadcast) {
            drop(info->netif, packet, IP_BAD_ADDRESS);
        } else {
            tcp_input(info, packet);
        }
    } else if (info->protocol == IP_PROTO_UDP) {
        udp_input(info, packet);
    } else if (info->protocol == IP_PROTO_ICMP && ip_addr_is_v4(&info->dst)) {
        icmp_input(info, packet);
    } else if (info->protocol == IP_PROTO_ICMPV6 && !ip_addr_is_v4(&info->dst)) {
        icmpv6_input(info, packet);
    } else {
        ip_refuse(info, packet, IP_REFUSE_PROTOCOL);
        drop(info->netif, packet, IP_UNKNOWN_PROTOCOL);
    }
}

static void deliver(struct netif *netif, struct buf *packet, const struct header *header,
                    bool broadcast) {
    struct ip_info info = {.netif = netif,
                           .src = ip_addr_from_v4(header->src),
                           .dst = ip_addr_from_v4(header->dst),
                           .protocol = header->protocol,
                           .ttl = header->ttl,
                           .header_len = header->header_len,
                           .broadcast = broadcast};
    if (UNLIKELY((header->fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) != 0)) {
        size_t offset = (size_t) (header->fragment & IPV4_OFFSET_MASK) * 8;
        bool more = header->fragment & IPV4_MORE_FRAGMENTS;
        packet = reassemble(&info, header->id, offset, more, packet);
        if (packet == NULL) {
            return;
        }
    }
    ip_deliver(&info, packet);
}

static __noinline void input_any(struct netif *netif, struct buf *packet, bool group) {
    struct header header;
    enum counter why;
    if (!parse(packet, &header, &why)) {
        drop(netif, packet, why);
        return;
    }
    bool broadcast = false;
    if (header.dst != netif->v4 || netif->v4 == 0) {
        broadcast = is_for_all(netif, header.dst);
        if (!broadcast && !is_for_us(netif, header.dst)) {
            drop(netif, packet, IP_NOT_OURS);
            return;
        }
    }
    // What comes to all on the link is for all, or isn't right: RFC 1122, 3.3.6.
    if ((group && !broadcast) || is_bad_src(netif, header.src)) {
        drop(netif, packet, IP_BAD_ADDRESS);
        return;
    }
    last_good.netif = netif;
    last_good.src = header.src;
    last_good.generation = ip_generation();
    if (packet->total > header.len) {
        buf_trim_back(packet, packet->total - header.len);
    }
    packet->start = (uint16_t) (packet->start + header.header_len);
    packet->len = (uint16_t) (packet->len - header.header_len);
    packet->total -= header.header_len;
    deliver(netif, packet, &header, broadcast);
}

/// What nearly all packets are: whole, without options, for the interface's address, from whoever has sent the last one.
/// False: it is another one, or isn't right.
static ALWAYS_INLINE bool input_usual(struct netif *netif, struct buf *packet) {
    uint8_t header[IPV4_HEADER_LEN];
    if (packet->len < IPV4_HEADER_LEN) {
        return false;
    }
    memcpy(header, buf_data(packet), sizeof(header));
    uint32_t src = get32(header + 12), dst = get32(header + 16);
    uint32_t len = get16(header + 2);
    bool checked = packet->flags & (NET_DESC_RX_CHECKED | NET_DESC_RX_TRUSTED);
    if (header[0] != 0x45 || len < IPV4_HEADER_LEN || len > packet->total
        || (get16(header + 6) & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) != 0 || dst == 0
        || dst != netif->v4 || !is_last_good(netif, src)
        || (!checked && ipv4_header_checksum(header) != 0)) {
        return false;
    }
    buf_trim_back(packet, packet->total - len);
    packet->start = (uint16_t) (packet->start + IPV4_HEADER_LEN);
    packet->len = (uint16_t) (packet->len - IPV4_HEADER_LEN);
    packet->total -= IPV4_HEADER_LEN;
    struct ip_info info = {.netif = netif,
                           .src = ip_addr_from_v4(src),
                           .dst = ip_addr_from_v4(dst),
                           .protocol = header[9],
                           .ttl = header[8],
                           .header_len = IPV4_HEADER_LEN};
    ip_deliver(&info, packet);
    return true;
}

void ipv4_input(struct netif *netif, struct buf *packet, bool group) {
    if (UNLIKELY(group || !input_usual(netif, packet))) {
        input_any(netif, packet, group);
    }
}
