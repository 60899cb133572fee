#include "network.h"

#include <endian.h>
#include <inet/env.h>
#include <net/ring.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../../inet/src/checksum.h"
#include "../../inet/src/hash.h"
#include "../src/tcp_impl.h"

uint64_t network_now;
uint64_t network_wanted;
unsigned network_features;
unsigned network_max_pieces;
uint32_t network_mtu;
error_t network_error;
bool network_unreachable;
unsigned network_sends;
unsigned network_batches;

static uint8_t pool[NETWORK_BUFFERS * NET_BUFFER_LEN];
static uint32_t random_state;
static struct network_segment *sent_head, **sent_tail = &sent_head;
static const struct network_link *link;
static struct network_segment *travelling;
static uint64_t busy_until[2];  ///< In bytes of the link's time.
static uint32_t link_random;

// The environment.

uint64_t inet_now(void) {
    return network_now;
}

uint32_t inet_random(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return random_state ^ (random_state >> 15);
}

void inet_call_at(uint64_t when) {
    network_wanted = MIN(network_wanted, when);
}

// IP.

struct ip_addr network_addr(unsigned host) {
    return ip_addr_from_v4(0x0a000000 + host);
}

static unsigned generation = 1;

unsigned ip_generation(void) {
    return generation;
}

error_t ip_route(const struct ip_addr *dst, const struct ip_addr *src, struct ip_route *route) {
    if (network_unreachable) {
        return ERR_UNREACHABLE;
    }
    memset(route, 0, sizeof(*route));
    route->generation = generation;
    route->src = *src;
    if (ip_addr_is_any(src)) {
        struct ip_addr one = network_addr(1);
        route->src = ip_addr_equals(dst, &one) ? network_addr(2) : one;
    }
    route->next_hop = *dst;
    route->mtu = network_mtu;
    route->features = network_features;
    route->max_pieces = network_max_pieces;
    return OK;
}

void ip_confirm(struct ip_route *route __unused) {}

void ip_learn_mtu(struct ip_route *route, const struct ip_addr *dst __unused, uint32_t mtu) {
    network_mtu = MIN(mtu, network_mtu);
    generation++;
    route->mtu = network_mtu;
}

void network_set_checksum(struct network_segment *segment) {
    memset(segment->bytes + TCP_CHECKSUM_AT, 0, 2);
    uint32_t sum = ip_sum_pseudo(&segment->src, &segment->dst, IP_PROTO_TCP, segment->len);
    uint16_t value = hton16(ip_sum_fold(ip_sum(sum, segment->bytes, segment->len)));
    memcpy(segment->bytes + TCP_CHECKSUM_AT, &value, 2);
}

static unsigned chance(void) {
    link_random = link_random * 1664525u + 1013904223u;
    return (link_random >> 8) % 10000;
}

static void insert_travelling(struct network_segment *segment) {
    struct network_segment **at = &travelling;
    while (*at != NULL && (*at)->arrives <= segment->arrives) {
        at = &(*at)->next;
    }
    segment->next = *at;
    *at = segment;
}

/// When a link of limited speed is through with a segment. 0: it has too much to do.
static uint64_t transmitted(const struct network_segment *segment) {
    if (link->bytes_per_ms == 0) {
        return network_now;
    }
    uint64_t *busy = &busy_until[segment->src.bytes[15] & 1];
    uint64_t now = network_now * link->bytes_per_ms;
    *busy = MAX(*busy, now);
    if (*busy - now > link->queue) {
        return 0;
    }
    *busy += segment->len + 40;
    return *busy / link->bytes_per_ms;
}

static void travel(struct network_segment *segment) {
    uint64_t arrives = transmitted(segment);
    if (chance() < link->loss || arrives == 0) {
        free(segment);
        return;
    }
    if (chance() < link->duplication) {
        struct network_segment *copy = malloc(sizeof(*copy));
        *copy = *segment;
        copy->arrives = arrives + link->delay + chance() % (link->delay + 1);
        insert_travelling(copy);
    }
    if (chance() < link->corruption) {
        segment->bytes[chance() % segment->len] ^= (uint8_t) (1u << (chance() % 8));
    }
    segment->arrives = arrives + link->delay;
    if (chance() < link->reordering) {
        segment->arrives += chance() % (link->delay + 1);
    }
    insert_travelling(segment);
}

static void emit(struct network_segment *segment) {
    if (link != NULL) {
        travel(segment);
        return;
    }
    segment->next = NULL;
    *sent_tail = segment;
    sent_tail = &segment->next;
}

/// All bytes of a packet in one.
static uint8_t *flatten(const struct ip_packet *packet, uint32_t *len) {
    *len = packet->header->len;
    for (unsigned i = 0; i < packet->num_slices; i++) {
        *len += packet->slices[i].len;
    }
    uint8_t *bytes = malloc(*len);
    memcpy(bytes, buf_data(packet->header), packet->header->len);
    uint32_t at = packet->header->len;
    for (unsigned i = 0; i < packet->num_slices; i++) {
        const struct ip_slice *slice = &packet->slices[i];
        TEST_EXPECT(slice->len > 0 && slice->offset + slice->len <= NET_BUFFER_LEN);
        memcpy(bytes + at, slice->buf->base + slice->offset, slice->len);
        at += slice->len;
    }
    return bytes;
}

/// Makes one segment, as the device does of a part of a batch.
static void cut(const struct ip_packet *packet, const uint8_t *bytes, uint32_t header_len,
                uint32_t from, uint32_t len, bool last) {
    struct network_segment *segment = malloc(sizeof(*segment));
    segment->src = packet->route->src;
    segment->dst = packet->dst;
    segment->len = header_len + len;
    TEST_EXPECT_LE(segment->len + 20, packet->route->mtu);
    memcpy(segment->bytes, bytes, header_len);
    memcpy(segment->bytes + header_len, bytes + header_len + from, len);
    uint32_t seq;
    memcpy(&seq, segment->bytes + 4, sizeof(seq));
    seq = hton32(ntoh32(seq) + from);
    memcpy(segment->bytes + 4, &seq, sizeof(seq));
    if (!last) {
        segment->bytes[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    }
    network_set_checksum(segment);
    emit(segment);
}

error_t ip_send(const struct ip_packet *packet) {
    error_t err = network_error;
    network_error = OK;
    if (err == OK) {
        network_sends++;
        network_batches += packet->mss != 0 ? 1 : 0;
        TEST_EXPECT_LT(packet->num_slices, packet->route->max_pieces);
        TEST_EXPECT_GE(packet->header->start, BUF_HEADROOM);
        uint32_t len;
        uint8_t *bytes = flatten(packet, &len);
        uint32_t header_len = (bytes[12] >> 4) * 4u;
        uint32_t payload = len - header_len;
        uint32_t mss = (packet->mss != 0) ? packet->mss : MAX(payload, 1u);
        for (uint32_t from = 0; from == 0 || from < payload; from += mss) {
            uint32_t part = MIN(payload - from, mss);
            cut(packet, bytes, header_len, from, part, from + part == payload);
        }
        free(bytes);
    }
    buf_unref(packet->header);
    return err;
}

// The test's side.

static struct buf *make_packet(const uint8_t *bytes, size_t len, size_t piece) {
    struct buf *first = buf_alloc(true), *last = first;
    if (first == NULL) {
        return NULL;
    }
    first->start = BUF_HEADROOM;
    first->total = (uint32_t) len;
    while (len > piece) {
        memcpy(buf_data(last), bytes, piece);
        last->len = (uint16_t) piece;
        bytes += piece;
        len -= piece;
        last->next = buf_alloc(true);
        if (last->next == NULL) {
            buf_free(first);
            return NULL;
        }
        last = last->next;
        last->start = BUF_HEADROOM;
    }
    memcpy(buf_data(last), bytes, len);
    last->len = (uint16_t) len;
    return first;
}

void network_deliver(const struct network_segment *segment, size_t piece) {
    struct ip_info info = {
        .src = segment->src,
        .dst = segment->dst,
        .protocol = IP_PROTO_TCP,
        .ttl = 64,
    };
    struct buf *packet = make_packet(segment->bytes, segment->len, piece);
    if (packet != NULL) {
        tcp_input(&info, packet);
    }
}

struct network_segment *network_take(void) {
    struct network_segment *segment = sent_head;
    if (segment != NULL) {
        sent_head = segment->next;
        sent_tail = (sent_head == NULL) ? &sent_head : sent_tail;
    }
    return segment;
}

static void discard_all(void) {
    struct network_segment *segment;
    while ((segment = network_take()) != NULL) {
        free(segment);
    }
    while (travelling != NULL) {
        segment = travelling;
        travelling = segment->next;
        free(segment);
    }
}

void network_begin(void) {
    static bool begun;
    network_now = 1000000;
    network_wanted = UINT64_MAX;
    network_features = 0;
    network_max_pieces = NET_PIECES_MAX;
    network_mtu = 1500;
    network_error = OK;
    network_unreachable = false;
    network_sends = network_batches = 0;
    random_state = 1;
    network_connect(NULL);
    discard_all();
    TEST_EXPECT_EQ(buf_init(pool, sizeof(pool)), OK);
    if (!begun) {
        inet_hash_init();
        TEST_EXPECT_EQ(tcp_init(), OK);
        begun = true;
    }
    // Timers of the last test.
    tcp_tick();
}

void network_pass(uint64_t ms) {
    uint64_t end = network_now + ms;
    tcp_flush();
    while (network_wanted <= end) {
        network_now = MAX(network_wanted, network_now);
        network_wanted = UINT64_MAX;
        tcp_tick();
    }
    network_now = end;
}

void network_end(void) {
    network_connect(NULL);
    discard_all();
    // TIME-WAIT, half-open connections and orphans end by themselves, the latter when their time is up.
    network_pass(3600000);
    discard_all();
    TEST_EXPECT(list_is_empty(&tcp_all));
    TEST_EXPECT(list_is_empty(&tcp_listeners));
    TEST_EXPECT(list_is_empty(&tcp_dirty));
    TEST_EXPECT(list_is_empty(&tcp_half_opens));
    TEST_EXPECT(list_is_empty(&tcp_time_waits));
    TEST_EXPECT_EQ(tcp_num_orphans, 0);
    TEST_EXPECT_EQ(buf_num_free(), buf_count());
}

void network_connect(const struct network_link *new_link) {
    link = new_link;
    busy_until[0] = busy_until[1] = 0;
    link_random = (link != NULL) ? link->seed : 0;
}

bool network_step(void) {
    tcp_flush();
    uint64_t next = (travelling != NULL) ? travelling->arrives : UINT64_MAX;
    next = MIN(next, network_wanted);
    if (next == UINT64_MAX) {
        return false;
    }
    network_now = MAX(next, network_now);
    if (network_wanted <= network_now) {
        network_wanted = UINT64_MAX;
        tcp_tick();
    }
    while (travelling != NULL && travelling->arrives <= network_now) {
        struct network_segment *segment = travelling;
        travelling = segment->next;
        network_deliver(segment, NETWORK_SEGMENT_MAX);
        free(segment);
    }
    tcp_flush();
    return true;
}
