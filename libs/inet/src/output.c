// IP packets on their way out: the header, the checksum, the neighbour.

#include <inet/bytes.h>
#include <inet/env.h>

#include "addr.h"
#include "checksum.h"
#include "ethernet.h"
#include "ip.h"
#include "neighbour.h"
#include "route.h"

/// Longer ones don't wait for a neighbour.
#define PENDING_LEN_MAX 4096

void ipv4_write_header(uint8_t *header, const struct ip_packet *packet, uint32_t len, uint16_t id,
                       uint16_t fragment) {
    header[0] = 0x45;
    header[1] = 0;
    put16(header + 2, (uint16_t) ((len > UINT16_MAX) ? 0 : len));
    put16(header + 4, id);
    put16(header + 6, fragment);
    header[8] = (packet->ttl != 0) ? packet->ttl : IP_TTL;
    header[9] = packet->protocol;
    memset(header + 10, 0, 2);
    memcpy(header + 12, packet->route->src.bytes + V4_OFFSET, 4);
    memcpy(header + 16, packet->dst.bytes + V4_OFFSET, 4);
    uint16_t checksum = ipv4_header_checksum(header);
    memcpy(header + 10, &checksum, sizeof(checksum));
}

/// The sum of the pseudo header. ICMP for IPv4 has none.
static uint32_t pseudo_sum(const struct ip_packet *packet, size_t len) {
    return (packet->protocol == IP_PROTO_ICMP)
               ? 0
               : ip_sum_pseudo(&packet->route->src, &packet->dst, packet->protocol, (uint32_t) len);
}

void ip_fill_checksum(const struct ip_packet *packet, size_t len) {
    struct buf *header = packet->header;
    uint8_t *field = buf_data(header) + packet->checksum_at;
    memset(field, 0, 2);
    uint32_t sum = ip_sum(pseudo_sum(packet, len), buf_data(header), header->len);
    size_t offset = header->len;
    for (unsigned i = 0; i < packet->num_slices; i++) {
        const struct ip_slice *slice = &packet->slices[i];
        sum = ip_sum_add_piece(sum, offset, slice->buf->base + slice->offset, slice->len);
        offset += slice->len;
    }
    uint16_t checksum = ip_sum_fold(sum);
    // UDP's 0 says that there is none: RFC 768.
    put16(field, (checksum == 0 && packet->protocol == IP_PROTO_UDP) ? 0xffff : checksum);
}

/// Has the device do it: RFC 1624's sum so far, for what it adds the rest to.
static void ask_for_checksum(const struct ip_packet *packet, size_t len, size_t ip_len,
                             struct net_desc *desc) {
    uint16_t sum = (uint16_t) ~ip_sum_fold(pseudo_sum(packet, len));
    put16(buf_data(packet->header) + packet->checksum_at, sum);
    desc->flags = NET_DESC_TX_CHECKSUM;
    desc->csum_start = (uint16_t) ip_len;
    desc->csum_offset = packet->checksum_at;
    if (packet->mss != 0) {
        desc->flags |= NET_DESC_TX_SEGMENT;
        desc->mss = packet->mss;
        desc->header_len = (uint16_t) (ip_len + packet->header->len);
    }
}

/// Makes a chain of a frame's parts, for which it would have to wait: with a checksum that it has itself.
/// NULL: no memory.
static struct buf *copy_frame(const struct netif_frame *frame, size_t total) {
    uint8_t bytes[PENDING_LEN_MAX];
    size_t len = 0;
    for (unsigned i = 0; i < frame->num_pieces; i++) {
        const struct net_desc *desc = &frame->descs[i];
        memcpy(bytes + len, frame->bufs[i]->base + desc->place % NET_BUFFER_LEN, desc->len);
        len += desc->len;
    }
    const struct net_desc *first = &frame->descs[0];
    if (first->flags & NET_DESC_TX_CHECKSUM) {
        uint32_t sum = ip_sum(0, bytes + first->csum_start, total - first->csum_start);
        uint16_t checksum = ip_sum_fold(sum);
        put16(bytes + first->csum_start + first->csum_offset, (checksum == 0) ? 0xffff : checksum);
    }
    return ip_copy(bytes, total, BUF_HEADROOM, false);
}

static error_t wait_for(struct neighbour *neighbour, struct netif_frame *frame) {
    size_t total = 0;
    for (unsigned i = 0; i < frame->num_pieces; i++) {
        total += frame->descs[i].len;
    }
    if (total > PENDING_LEN_MAX || (frame->descs[0].flags & NET_DESC_TX_SEGMENT)) {
        neighbour->netif->blocked = true;
        return ERR_WOULD_BLOCK;
    }
    struct buf *packet = copy_frame(frame, total);
    if (packet == NULL) {
        return ERR_NO_MEMORY;
    }
    error_t err = neighbour_queue(neighbour, packet);
    neighbour->netif->blocked |= IS_ERROR(err);
    for (unsigned i = 0; IS_OK(err) && i < frame->num_pieces; i++) {
        buf_unref(frame->bufs[i]);
    }
    return err;
}

/// Puts Ethernet's header in front of a frame's first part.
static void prepend(struct netif_frame *frame, const uint8_t *ethernet) {
    struct net_desc *first = &frame->descs[0];
    first->place -= ETHERNET_LEN;
    first->len = (uint16_t) (first->len + ETHERNET_LEN);
    memcpy(frame->bufs[0]->base + first->place % NET_BUFFER_LEN, ethernet, ETHERNET_LEN);
    if (first->flags != 0) {
        first->csum_start = (uint16_t) (first->csum_start + ETHERNET_LEN);
        first->header_len = (uint16_t) (first->header_len + ETHERNET_LEN);
    }
}

static bool is_group(const struct netif *netif, const struct ip_addr *addr) {
    if (!ip_addr_is_v4(addr)) {
        return addr->bytes[0] == 0xff;
    }
    uint32_t v4 = ip_addr_v4(addr);
    return v4_is_multicast(v4) || v4 == V4_BROADCAST
           || (netif->v4 != 0 && netif->v4_mask < 0xfffffffe
               && v4 == (netif->v4 | ~netif->v4_mask));
}

static error_t transmit_to_group(struct ip_route *route, struct netif_frame *frame) {
    uint8_t mac[MAC_LEN], ethernet[ETHERNET_LEN];
    ethernet_group_mac(&route->next_hop, mac);
    ethernet_header(ethernet, mac, route->netif->mac,
                    ip_addr_is_v4(&route->next_hop) ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
    prepend(frame, ethernet);
    return netif_transmit(route->netif, frame);
}

/// The entry of a route's next hop, which may have become another's since it was looked up.
static ALWAYS_INLINE struct neighbour *neighbour_of(struct ip_route *route) {
    struct neighbour *neighbour = route->neighbour;
    if (UNLIKELY(neighbour == NULL || neighbour->netif != route->netif
                 || !ip_addr_equals(&neighbour->addr, &route->next_hop))) {
        neighbour = neighbour_get(route->netif, &route->next_hop);
        route->neighbour = neighbour;
    }
    return neighbour;
}

static error_t transmit(struct ip_route *route, struct netif_frame *frame) {
    struct netif *netif = route->netif;
    if (netif->loopback) {
        return netif_transmit(netif, frame);
    }
    if (UNLIKELY(route->neighbour == NULL && is_group(netif, &route->next_hop))) {
        return transmit_to_group(route, frame);
    }
    struct neighbour *neighbour = neighbour_of(route);
    if (UNLIKELY(neighbour == NULL)) {
        return ERR_NO_MEMORY;
    }
    if (UNLIKELY(neighbour->state != NEIGHBOUR_REACHABLE && !neighbour_use(neighbour))) {
        return wait_for(neighbour, frame);
    }
    prepend(frame, neighbour->header + 2);
    return netif_transmit(netif, frame);
}

error_t ip_transmit(struct ip_route *route, struct netif_frame *frame) {
    error_t err = transmit(route, frame);
    if (UNLIKELY(IS_ERROR(err))) {
        for (unsigned i = 0; i < frame->num_pieces; i++) {
            buf_unref(frame->bufs[i]);
        }
    }
    return err;
}

/// The whole packet's length, from the transport header on.
static size_t packet_len(const struct ip_packet *packet) {
    size_t len = packet->header->len;
    for (unsigned i = 0; i < packet->num_slices; i++) {
        len += packet->slices[i].len;
    }
    return len;
}

static error_t refresh(const struct ip_packet *packet) {
    struct ip_route route;
    error_t err = ip_route(&packet->dst, &packet->route->src, &route);
    if (IS_ERROR(err)) {
        return err;
    }
    *packet->route = route;
    unsigned needed = ip_addr_is_v4(&packet->dst) ? NET_TX_SEGMENT4 : NET_TX_SEGMENT6;
    bool fits =
        (packet->mss == 0 || (route.features & needed)) && packet->num_slices < route.max_pieces;
    return fits ? OK : ERR_TRY_AGAIN;
}

static void fill_frame(struct netif_frame *frame, const struct ip_packet *packet) {
    struct buf *header = packet->header;
    frame->num_pieces = packet->num_slices + 1;
    frame->bufs[0] = header;
    frame->descs[0].place = buf_number(header) * NET_BUFFER_LEN + header->start;
    frame->descs[0].len = header->len;
    for (unsigned i = 0; i < packet->num_slices; i++) {
        const struct ip_slice *slice = &packet->slices[i];
        struct net_desc *desc = &frame->descs[i + 1];
        desc->place = buf_number(slice->buf) * NET_BUFFER_LEN + slice->offset;
        desc->len = slice->len;
        desc->flags = 0;
        frame->bufs[i + 1] = slice->buf;
        buf_ref(slice->buf);
    }
}

static void write_header(const struct ip_packet *packet, size_t len, bool v4) {
    struct buf *header = packet->header;
    size_t ip_len = v4 ? IPV4_HEADER_LEN : IPV6_HEADER_LEN;
    header->start = (uint16_t) (header->start - ip_len);
    header->len = (uint16_t) (header->len + ip_len);
    if (!v4) {
        ipv6_write_header(buf_data(header), packet, (uint32_t) len);
        return;
    }
    // Where the path is narrower than what is believed of it, routers may cut: route.h. RFC 6864, 4.1: what can't
    // be cut needs no number.
    bool whole = packet->dont_fragment && packet->route->mtu > IPV4_MTU_MIN;
    uint16_t id = whole ? 0 : ipv4_next_id(packet);
    ipv4_write_header(buf_data(header), packet, (uint32_t) (len + ip_len), id,
                      whole ? IPV4_DONT_FRAGMENT : 0);
}

static error_t send_whole(const struct ip_packet *packet, size_t len, bool v4) {
    struct ip_route *route = packet->route;
    struct netif_frame frame;
    struct net_desc *first = &frame.descs[0];
    *first = (struct net_desc){.flags = 0};
    if (packet->checksum_at != IP_NO_CHECKSUM) {
        if (LIKELY((route->features & NET_TX_CHECKSUM) && packet->protocol != IP_PROTO_ICMP
                   && packet->protocol != IP_PROTO_ICMPV6)) {
            ask_for_checksum(packet, len, v4 ? IPV4_HEADER_LEN : IPV6_HEADER_LEN, first);
        } else {
            ip_fill_checksum(packet, len);
        }
    }
    write_header(packet, len, v4);
    fill_frame(&frame, packet);
    return ip_transmit(route, &frame);
}

static error_t send_fragments(const struct ip_packet *packet, size_t len, bool v4) {
    error_t err = ERR_TOO_LARGE;
    if (!packet->dont_fragment && len <= UINT16_MAX) {
        if (packet->checksum_at != IP_NO_CHECKSUM) {
            ip_fill_checksum(packet, len);
        }
        err = (v4 ? ipv4_send_fragments : ipv6_send_fragments)(packet, len);
    }
    buf_unref(packet->header);
    return err;
}

error_t ip_send(const struct ip_packet *packet) {
    struct ip_route *route = packet->route;
    error_t err = (LIKELY(route->generation == ip_generation())) ? OK : refresh(packet);
    if (UNLIKELY(IS_ERROR(err) || packet->header->start < BUF_HEADROOM_MIN)) {
        buf_unref(packet->header);
        return IS_ERROR(err) ? err : ERR_INVALID_ARG;
    }
    bool v4 = ip_addr_is_v4(&packet->dst);
    size_t len = packet_len(packet);
    size_t ip_len = v4 ? IPV4_HEADER_LEN : IPV6_HEADER_LEN;
    if (UNLIKELY(packet->mss == 0 && len + ip_len > route->mtu)) {
        return send_fragments(packet, len, v4);
    }
    return send_whole(packet, len, v4);
}
