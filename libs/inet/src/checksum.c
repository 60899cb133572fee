// RFC 1071. Sums are kept in the order of the CPU's bytes until they are folded (2, "Byte Order Independence").

#include "checksum.h"

#include <inet/bytes.h>

#include "addr.h"

/// A sum of at most 32 bits that folds to the same.
static uint32_t fold64(uint64_t sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    return (uint32_t) sum;
}

static ALWAYS_INLINE uint64_t load(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

static ALWAYS_INLINE uint64_t add(uint64_t sum, uint64_t word, uint64_t *carries) {
    sum += word;
    *carries += sum < word;
    return sum;
}

#if defined(ARCH_HAS_ADD_WITH_CARRY) && __has_builtin(__builtin_addcll)
/// Adds a block of 64 bytes: a single instruction for each word but the last.
static ALWAYS_INLINE uint64_t add64(uint64_t sum, const uint8_t *bytes, uint64_t *carries) {
    unsigned long long total = sum, carry = 0;
    total = __builtin_addcll(total, load(bytes), 0, &carry);
    total = __builtin_addcll(total, load(bytes + 8), carry, &carry);
    total = __builtin_addcll(total, load(bytes + 16), carry, &carry);
    total = __builtin_addcll(total, load(bytes + 24), carry, &carry);
    total = __builtin_addcll(total, load(bytes + 32), carry, &carry);
    total = __builtin_addcll(total, load(bytes + 40), carry, &carry);
    total = __builtin_addcll(total, load(bytes + 48), carry, &carry);
    total = __builtin_addcll(total, load(bytes + 56), carry, &carry);
    *carries += carry;
    return total;
}

static ALWAYS_INLINE uint64_t add32(uint64_t sum, const uint8_t *bytes, uint64_t *carries) {
    unsigned long long total = sum, carry = 0;
    total = __builtin_addcll(total, load(bytes), 0, &carry);
    total = __builtin_addcll(total, load(bytes + 8), carry, &carry);
    total = __builtin_addcll(total, load(bytes + 16), carry, &carry);
    total = __builtin_addcll(total, load(bytes + 24), carry, &carry);
    *carries += carry;
    return total;
}
#else
static ALWAYS_INLINE uint64_t add32(uint64_t sum, const uint8_t *bytes, uint64_t *carries) {
    sum = add(sum, load(bytes), carries);
    sum = add(sum, load(bytes + 8), carries);
    sum = add(sum, load(bytes + 16), carries);
    return add(sum, load(bytes + 24), carries);
}

static ALWAYS_INLINE uint64_t add64(uint64_t sum, const uint8_t *bytes, uint64_t *carries) {
    return add32(add32(sum, bytes, carries), bytes + 32, carries);
}
#endif

/// The sum of less than eight bytes, as if zeroes followed.
static ALWAYS_INLINE uint64_t sum_rest(const uint8_t *bytes, size_t len) {
    uint64_t sum = 0;
    if (len & 4) {
        uint32_t word;
        memcpy(&word, bytes, sizeof(word));
        sum += word;
        bytes += sizeof(word);
    }
    if (len & 2) {
        uint16_t word;
        memcpy(&word, bytes, sizeof(word));
        sum += word;
        bytes += sizeof(word);
    }
    if (len & 1) {
        const uint8_t pair[2] = {*bytes, 0};
        uint16_t word;
        memcpy(&word, pair, sizeof(word));
        sum += word;
    }
    return sum;
}

uint32_t ip_sum(uint32_t sum, const void *data, size_t len) {
    const uint8_t *bytes = data;
    uint64_t total = sum, carries = 0;
    for (; len >= 128; len -= 128, bytes += 128) {
        total = add64(total, bytes, &carries);
        total = add64(total, bytes + 64, &carries);
    }
    if (len >= 64) {
        total = add64(total, bytes, &carries);
        len -= 64;
        bytes += 64;
    }
    if (len >= 32) {
        total = add32(total, bytes, &carries);
        len -= 32;
        bytes += 32;
    }
    // Three at most: not worth what compilers make of loops.
    for (unsigned words = (unsigned) len / 8; words > 0; words--, bytes += 8) {
        total = add(total, load(bytes), &carries);
    }
    len %= 8;
    if (len > 0) {
        total = add(total, sum_rest(bytes, len), &carries);
    }
    return fold64((uint64_t) fold64(total) + carries);
}

static uint16_t fold16(uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) sum;
}

uint16_t ip_sum_fold(uint32_t sum) {
    return ntoh16((uint16_t) ~fold16(sum));
}

uint32_t ip_sum_add_piece(uint32_t sum, size_t offset, const void *data, size_t len) {
    if (offset % 2 == 0) {
        return ip_sum(sum, data, len);
    }
    // Each byte counts as the other one of its pair.
    return fold64((uint64_t) sum + swap16(fold16(ip_sum(0, data, len))));
}

uint32_t ip_sum_packet(uint32_t sum, const struct buf *packet) {
    size_t offset = 0;
    for (const struct buf *buf = packet; buf != NULL; buf = buf->next) {
        sum = ip_sum_add_piece(sum, offset, buf_data(buf), buf->len);
        offset += buf->len;
    }
    return sum;
}

/// Without the last carries.
static ALWAYS_INLINE uint64_t sum_pseudo(const struct ip_addr *src, const struct ip_addr *dst,
                                         uint8_t protocol, uint32_t len) {
    uint64_t sum = hton16((uint16_t) len);
    sum += hton16((uint16_t) (len >> 16));
    sum += hton16(protocol);
    if (LIKELY(ip_addr_is_v4(src))) {
        sum += hton32(ip_addr_v4(src));
        return sum + hton32(ip_addr_v4(dst));
    }
    uint32_t folded = ip_sum(fold64(sum), src->bytes, IP_ADDR_LEN);
    return ip_sum(folded, dst->bytes, IP_ADDR_LEN);
}

uint32_t ip_sum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, uint8_t protocol,
                       uint32_t len) {
    return fold64(sum_pseudo(src, dst, protocol, len));
}

/// What TCP's header takes, and an acknowledgement is: added without the loops of ip_sum.
#define SHORT_LEN 20

static ALWAYS_INLINE uint64_t sum_short(const uint8_t *bytes) {
    uint32_t words[SHORT_LEN / 4];
    memcpy(words, bytes, sizeof(words));
    return (uint64_t) words[0] + words[1] + words[2] + words[3] + words[4];
}

bool ip_checksum_ok(const struct ip_info *info, const struct buf *packet) {
    if (packet->flags & (NET_DESC_RX_CHECKED | NET_DESC_RX_TRUSTED)) {
        return true;
    }
    uint64_t pseudo = sum_pseudo(&info->src, &info->dst, info->protocol, packet->total);
    uint32_t sum;
    if (packet->next != NULL) {
        sum = ip_sum_packet(fold64(pseudo), packet);
    } else if (packet->len == SHORT_LEN) {
        sum = fold64(pseudo + sum_short(buf_data(packet)));
    } else {
        sum = ip_sum(fold64(pseudo), buf_data(packet), packet->len);
    }
    return fold16(sum) == 0xffff;
}
