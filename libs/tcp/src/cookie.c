// SYN cookies (RFC 4987, 3.6): when half-open connections are too many to remember, all that must be known of one
// is in the sequence number of the SYN-ACK and, if there are timestamps, in the low bits of its timestamp.

#include <inet/env.h>

#include "tcp_impl.h"

/// Milliseconds that a cookie's time counts in. One is good for its own unit and the next.
#define COOKIE_UNIT 64000u
#define COOKIE_AGES 2u
/// The low bits of a cookie: which of these the peer's MSS is at least.
#define COOKIE_MSS_BITS 3u
#define COOKIE_MSS_MASK ((1u << COOKIE_MSS_BITS) - 1)
static const uint16_t cookie_mss[1u << COOKIE_MSS_BITS] = {64,   536,  1220, 1360,
                                                           1400, 1440, 1460, 8940};

/// The low bits of a timestamp: the peer's shift (15: no scaling), and whether it takes SACK.
#define SHIFT_MASK     0x0fu
#define SHIFT_NONE     15u
#define SACK_BIT       0x10u
#define TERMS_MASK     0x1fu
#define COOKIE_PURPOSE 2u

static uint32_t secret(const struct tcp_segment *seg, uint32_t irs, uint32_t unit, unsigned mss) {
    struct __packed {
        struct ip_addr local;
        struct ip_addr remote;
        uint16_t local_port;
        uint16_t remote_port;
        uint32_t purpose;
        uint32_t irs;
        uint32_t unit;
        uint32_t mss;
    } input = {
        seg->info->dst,
        seg->info->src,
        seg->local_port,
        seg->remote_port,
        COOKIE_PURPOSE,
        irs,
        unit,
        mss,
    };
    return (uint32_t) inet_hash(&input, sizeof(input)) & ~COOKIE_MSS_MASK;
}

static uint32_t unit_now(void) {
    return (uint32_t) (tcp_now / COOKIE_UNIT);
}

uint32_t tcp_cookie_make(const struct tcp_segment *seg, uint16_t mss) {
    unsigned index = COOKIE_MSS_MASK;
    while (index > 0 && cookie_mss[index] > mss) {
        index--;
    }
    return secret(seg, seg->seq, unit_now(), index) | index;
}

uint16_t tcp_cookie_check(const struct tcp_segment *seg, uint32_t cookie) {
    unsigned index = cookie & COOKIE_MSS_MASK;
    for (unsigned age = 0; age < COOKIE_AGES; age++) {
        if ((secret(seg, seg->seq - 1, unit_now() - age, index) | index) == cookie) {
            return cookie_mss[index];
        }
    }
    return 0;
}

uint32_t tcp_cookie_timestamp(const struct tcp_terms *terms, uint32_t timestamp) {
    uint32_t bits = terms->scaling ? terms->shift : SHIFT_NONE;
    bits |= terms->sack ? SACK_BIT : 0;
    uint32_t made = (timestamp & ~TERMS_MASK) | bits;
    // Not in the future: what follows must not be older.
    return seq_lt(timestamp, made) ? made - (TERMS_MASK + 1) : made;
}

void tcp_cookie_terms(uint32_t timestamp, struct tcp_terms *terms) {
    unsigned shift = timestamp & SHIFT_MASK;
    terms->scaling = shift != SHIFT_NONE;
    terms->shift = terms->scaling ? (uint8_t) shift : 0;
    terms->sack = (timestamp & SACK_BIT) != 0;
}
