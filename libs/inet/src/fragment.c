// Packets that are longer than the MTU: RFC 791, 3.2, and RFC 8200, 4.5. And packets that were copied.

#include <inet/bytes.h>
#include <inet/env.h>

#include "addr.h"
#include "counters.h"
#include "ip.h"

/// Next numbers of fragmented packets, for so many groups of destinations (RFC 7739, 5.3; the same for IPv4).
#define IDS 64

#define FRAGMENT_HEADER_LEN 8
#define IP_PROTO_FRAGMENT   44
#define FRAGMENT_MORE       1

static uint32_t ids[IDS];

static uint32_t next_id(const struct ip_packet *packet) {
    struct {
        struct ip_addr src, dst;
    } ends = {packet->route->src, packet->dst};
    uint64_t hash = inet_hash(&ends, sizeof(ends));
    uint32_t step = 1 + (inet_random() & 7);
    ids[hash % IDS] += step;
    return (uint32_t) (hash >> 32) + ids[hash % IDS];
}

uint16_t ipv4_next_id(const struct ip_packet *packet) {
    return (uint16_t) next_id(packet);
}

/// Where in a packet's parts a fragment begins.
struct place {
    unsigned part;  ///< 0: the header's buffer, then the slices.
    size_t offset;
};

static struct ip_slice part_of(const struct ip_packet *packet, unsigned part) {
    struct buf *header = packet->header;
    return (part == 0) ? (struct ip_slice){header, header->start, header->len}
                       : packet->slices[part - 1];
}

/// Collects the parts that have the next `len` bytes. Returns how many; 0: they are too many.
static unsigned next_slices(const struct ip_packet *packet, struct place *place, size_t len,
                            struct ip_slice *slices) {
    unsigned count = 0;
    while (len > 0) {
        struct ip_slice part = part_of(packet, place->part);
        size_t piece = MIN(len, part.len - place->offset);
        if (piece > 0) {
            if (count + 1 >= packet->route->max_pieces) {
                return 0;
            }
            slices[count++] = (struct ip_slice){part.buf, (uint16_t) (part.offset + place->offset),
                                                (uint16_t) piece};
        }
        len -= piece;
        place->offset += piece;
        if (place->offset == part.len) {
            place->part++;
            place->offset = 0;
        }
    }
    return count;
}

/// A frame of a header and slices, each of which gets a reference.
static error_t send_pieces(struct ip_route *route, struct buf *header,
                           const struct ip_slice *slices, unsigned count) {
    struct netif_frame frame = {.num_pieces = count + 1};
    frame.bufs[0] = header;
    frame.descs[0].place = buf_number(header) * NET_BUFFER_LEN + header->start;
    frame.descs[0].len = header->len;
    for (unsigned i = 0; i < count; i++) {
        frame.bufs[i + 1] = slices[i].buf;
        frame.descs[i + 1].place = buf_number(slices[i].buf) * NET_BUFFER_LEN + slices[i].offset;
        frame.descs[i + 1].len = slices[i].len;
        buf_ref(slices[i].buf);
    }
    inet_count(IP_FRAGMENTS_SENT);
    return ip_transmit(route, &frame);
}

typedef void (*write_fragment_t)(uint8_t *header, const struct ip_packet *packet, size_t len,
                                 uint32_t id, size_t offset, bool more);

static void write_ipv4(uint8_t *header, const struct ip_packet *packet, size_t len, uint32_t id,
                       size_t offset, bool more) {
    uint16_t fragment = (uint16_t) (offset / 8 | (more ? IPV4_MORE_FRAGMENTS : 0));
    ipv4_write_header(header, packet, (uint32_t) (IPV4_HEADER_LEN + len), (uint16_t) id, fragment);
}

static void write_ipv6(uint8_t *header, const struct ip_packet *packet, size_t len, uint32_t id,
                       size_t offset, bool more) {
    ipv6_write_header(header, packet, (uint32_t) (FRAGMENT_HEADER_LEN + len));
    uint8_t *fragment = header + IPV6_HEADER_LEN;
    fragment[0] = header[6];
    fragment[1] = 0;
    header[6] = IP_PROTO_FRAGMENT;
    put16(fragment + 2, (uint16_t) (offset | (more ? FRAGMENT_MORE : 0)));
    put32(fragment + 4, id);
}

static error_t send_all(const struct ip_packet *packet, size_t len, size_t header_len,
                        write_fragment_t write) {
    struct ip_slice slices[NET_PIECES_MAX];
    struct place place = {0, 0};
    uint32_t id = next_id(packet);
    size_t most = ALIGN_DOWN(packet->route->mtu - header_len, 8);
    for (size_t offset = 0; offset < len;) {
        size_t piece = MIN(most, len - offset);
        unsigned num = next_slices(packet, &place, piece, slices);
        struct buf *header = (num == 0) ? NULL : buf_alloc(false);
        if (header == NULL) {
            return (num == 0) ? ERR_TOO_LARGE : ERR_NO_MEMORY;
        }
        header->start = BUF_HEADROOM;
        header->len = (uint16_t) header_len;
        write(buf_data(header), packet, piece, id, offset, offset + piece < len);
        error_t err = send_pieces(packet->route, header, slices, num);
        if (IS_ERROR(err)) {
            return err;
        }
        offset += piece;
    }
    return OK;
}

error_t ipv4_send_fragments(const struct ip_packet *packet, size_t len) {
    return send_all(packet, len, IPV4_HEADER_LEN, write_ipv4);
}

error_t ipv6_send_fragments(const struct ip_packet *packet, size_t len) {
    return send_all(packet, len, IPV6_HEADER_LEN + FRAGMENT_HEADER_LEN, write_ipv6);
}

struct buf *ip_copy(const void *data, size_t len, size_t headroom, bool urgent) {
    const uint8_t *bytes = data;
    struct buf *first = NULL, **end = &first;
    size_t left = len;
    do {
        struct buf *buf = buf_alloc(urgent);
        if (buf == NULL) {
            buf_free(first);
            return NULL;
        }
        buf->start = (uint16_t) ((first == NULL) ? headroom : 0);
        size_t piece = MIN(left, NET_BUFFER_LEN - (size_t) buf->start);
        memcpy(buf_data(buf), bytes, piece);
        buf->len = (uint16_t) piece;
        bytes += piece;
        left -= piece;
        *end = buf;
        end = &buf->next;
    } while (left > 0);
    first->total = (uint32_t) len;
    return first;
}

error_t ip_send_chain(struct ip_route *route, const struct ip_addr *dst, uint8_t protocol,
                      uint8_t ttl, uint16_t checksum_at, struct buf *packet) {
    struct ip_slice slices[NET_PIECES_MAX];
    unsigned count = 0;
    for (struct buf *buf = packet->next; buf != NULL; buf = buf->next) {
        if (count == NET_PIECES_MAX - 1) {
            buf_free(packet);
            return ERR_TOO_LARGE;
        }
        slices[count++] = (struct ip_slice){buf, buf->start, buf->len};
    }
    if (packet->total + IPV6_HEADER_LEN <= route->mtu && count >= route->max_pieces) {
        buf_free(packet);
        return ERR_TOO_LARGE;
    }
    struct buf *rest = packet->next;
    packet->next = NULL;
    struct ip_packet sent = {.route = route,
                             .dst = *dst,
                             .protocol = protocol,
                             .ttl = ttl,
                             .checksum_at = checksum_at,
                             .header = packet,
                             .slices = slices,
                             .num_slices = count};
    error_t err = ip_send(&sent);
    buf_free(rest);
    return err;
}
