#include <endian.h>
#include <inet/bytes.h>

#include "tcp_impl.h"

/// Options (RFC 9293, 3.2; RFC 7323; RFC 2018).
#define OPTION_END            0u
#define OPTION_NOP            1u
#define OPTION_MSS            2u
#define OPTION_WINDOW_SCALE   3u
#define OPTION_SACK_PERMITTED 4u
#define OPTION_SACK           5u
#define OPTION_TIMESTAMPS     8u

/// NOP, NOP, timestamps, 10 bytes: what nearly all segments have, and nothing else.
#define ONLY_TIMESTAMPS 0x0101080au

const struct tcp_terms tcp_offer = {.timestamps = true, .sack = true, .scaling = true};

static uint16_t get16(const uint8_t *p) {
    uint16_t value;
    memcpy(&value, p, sizeof(value));
    return ntoh16(value);
}

static uint32_t get32(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return ntoh32(value);
}

static void put16(uint8_t *p, uint16_t value) {
    value = hton16(value);
    memcpy(p, &value, sizeof(value));
}

static void put32(uint8_t *p, uint32_t value) {
    value = hton32(value);
    memcpy(p, &value, sizeof(value));
}

static void parse_sacks(struct tcp_segment *seg, const uint8_t *p, size_t len) {
    if (len % 8 != 0) {
        return;
    }
    for (size_t i = 0; i < len / 8 && seg->num_sacks < 4; i++) {
        seg->sacks[seg->num_sacks].start = get32(p + 8 * i);
        seg->sacks[seg->num_sacks].end = get32(p + 8 * i + 4);
        seg->num_sacks++;
    }
}

/// An option whose length is right counts; with another length it is skipped.
static void parse_option(struct tcp_segment *seg, uint8_t kind, const uint8_t *p, size_t len) {
    switch (kind) {
    case OPTION_MSS:
        seg->mss = (len == 2) ? get16(p) : seg->mss;
        break;
    case OPTION_WINDOW_SCALE:
        // RFC 7323, 2.3: a larger one counts as 14.
        seg->shift = (len == 1) ? MIN(p[0], TCP_WINDOW_SHIFT_MAX) : seg->shift;
        break;
    case OPTION_SACK_PERMITTED:
        seg->sack_permitted = (len == 0) || seg->sack_permitted;
        break;
    case OPTION_SACK:
        parse_sacks(seg, p, len);
        break;
    case OPTION_TIMESTAMPS:
        if (len == 8) {
            seg->has_timestamps = true;
            seg->timestamp = get32(p);
            seg->echo = get32(p + 4);
        }
        break;
    default:
        break;
    }
}

/// False: an option goes beyond the header.
static bool parse_options(struct tcp_segment *seg, const uint8_t *p, size_t len) {
    size_t i = 0;
    while (i < len && p[i] != OPTION_END) {
        if (p[i] == OPTION_NOP) {
            i++;
            continue;
        }
        if (len - i < 2 || p[i + 1] < 2 || p[i + 1] > len - i) {
            return false;
        }
        parse_option(seg, p[i], p + i + 2, p[i + 1] - 2u);
        i += p[i + 1];
    }
    return true;
}

/// What is behind the fixed part: looked at in a copy, as it could change between check and use.
static __noinline bool parse_tail(struct tcp_segment *seg, size_t header_len) {
    size_t len = header_len - TCP_HEADER_LEN;
    if (!buf_pull_up(seg->packet, header_len)) {
        return false;
    }
    const uint8_t *p = buf_data(seg->packet) + TCP_HEADER_LEN;
    if (len == TCP_TIMESTAMPS_LEN && get32(p) == ONLY_TIMESTAMPS) {
        seg->has_timestamps = true;
        seg->timestamp = get32(p + 4);
        seg->echo = get32(p + 8);
        return true;
    }
    uint8_t options[TCP_HEADER_MAX - TCP_HEADER_LEN];
    memcpy(options, p, len);
    return parse_options(seg, options, len);
}

bool tcp_parse(struct tcp_segment *seg) {
    struct buf *packet = seg->packet;
    if (!buf_pull_up(packet, TCP_HEADER_LEN)) {
        return false;
    }
    const uint8_t *p = buf_data(packet);
    seg->remote_port = get16(p);
    seg->local_port = get16(p + 2);
    seg->seq = get32(p + 4);
    seg->ack = get32(p + 8);
    size_t header_len = (size_t) (p[12] >> 4) * 4;
    seg->flags = p[13] & 0x3f;
    seg->window = get16(p + 14);
    seg->has_timestamps = false;
    seg->sack_permitted = false;
    seg->shift = TCP_NO_SHIFT;
    seg->num_sacks = 0;
    seg->mss = 0;
    if (header_len < TCP_HEADER_LEN || header_len > packet->total) {
        return false;
    }
    if (header_len > TCP_HEADER_LEN && !parse_tail(seg, header_len)) {
        return false;
    }
    buf_trim_front(packet, header_len);
    seg->len = packet->total;
    return true;
}

size_t tcp_write_timestamps(uint8_t *p, uint32_t timestamp, uint32_t echo) {
    put32(p, ONLY_TIMESTAMPS);
    put32(p + 4, timestamp);
    put32(p + 8, echo);
    return TCP_TIMESTAMPS_LEN;
}

size_t tcp_write_sacks(uint8_t *p, const struct tcp_range *blocks, unsigned count) {
    p[0] = OPTION_NOP;
    p[1] = OPTION_NOP;
    p[2] = OPTION_SACK;
    p[3] = (uint8_t) (2 + 8 * count);
    for (unsigned i = 0; i < count; i++) {
        put32(p + 4 + 8 * i, blocks[i].start);
        put32(p + 8 + 8 * i, blocks[i].end);
    }
    return 4 + 8 * count;
}

size_t tcp_write_syn_options(uint8_t *p, const struct tcp_terms *terms, uint16_t mss,
                             uint32_t timestamp, uint32_t echo) {
    uint8_t *start = p;
    p[0] = OPTION_MSS;
    p[1] = 4;
    put16(p + 2, mss);
    p += 4;
    if (terms->sack) {
        p[0] = OPTION_NOP;
        p[1] = OPTION_NOP;
        p[2] = OPTION_SACK_PERMITTED;
        p[3] = 2;
        p += 4;
    }
    if (terms->timestamps) {
        p += tcp_write_timestamps(p, timestamp, echo);
    }
    if (terms->scaling) {
        p[0] = OPTION_NOP;
        p[1] = OPTION_WINDOW_SCALE;
        p[2] = 3;
        p[3] = TCP_WINDOW_SHIFT;
        p += 4;
    }
    return (size_t) (p - start);
}

void tcp_write_header(uint8_t *p, const struct tcp_fields *fields, size_t options_len) {
    put16(p, fields->local_port);
    put16(p + 2, fields->remote_port);
    put32(p + 4, fields->seq);
    put32(p + 8, fields->ack);
    p[12] = (uint8_t) ((TCP_HEADER_LEN + options_len) / 4 << 4);
    p[13] = fields->flags;
    put16(p + 14, fields->window);
    put32(p + TCP_CHECKSUM_AT, 0);  // And the urgent pointer, which we never use.
}

void tcp_agree(const struct tcp_segment *seg, struct tcp_terms *terms) {
    uint16_t fallback = ip_addr_is_v4(&seg->info->src) ? TCP_MSS_V4 : TCP_MSS_V6;
    terms->mss = MAX((seg->mss != 0) ? seg->mss : fallback, (uint16_t) TCP_MSS_MIN);
    terms->timestamps = seg->has_timestamps;
    terms->sack = seg->sack_permitted;
    terms->scaling = seg->shift != TCP_NO_SHIFT;
    terms->shift = terms->scaling ? seg->shift : 0;
}

uint16_t tcp_mss_of(const struct ip_route *route, const struct ip_addr *remote) {
    uint32_t headers = TCP_HEADER_LEN + (ip_addr_is_v4(remote) ? 20 : 40);
    uint32_t mss = (route->mtu > headers + TCP_MSS_MIN) ? route->mtu - headers : TCP_MSS_MIN;
    return (uint16_t) MIN(mss, 0xffffu - headers);
}
