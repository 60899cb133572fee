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

/// The rest of less than eight bytes, as if zeroes followed.
static uint64_t last_bytes(const uint8_t *bytes, size_t len) {
    uint64_t word = 0;
    memcpy(&word, bytes, len);
    return word;
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

uint32_t ip_sum(uint32_t sum, const void *data, size_t len) {
    const uint8_t *bytes = data;
    uint64_t total = sum, carries = 0;
    for (; len >= 32; len -= 32, bytes += 32) {
        total = add(total, load(bytes), &carries);
        total = add(total, load(bytes + 8), &carries);
        total = add(total, load(bytes + 16), &carries);
        total = add(total, load(bytes + 24), &carries);
    }
    for (; len >= 8; len -= 8, bytes += 8) {
        total = add(total, load(bytes), &carries);
    }
    if (len > 0) {
        total = add(total, last_bytes(bytes, len), &carries);
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

uint32_t ip_sum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, uint8_t protocol,
                       uint32_t len) {
    uint64_t sum = hton16((uint16_t) len);
    sum += hton16((uint16_t) (len >> 16));
    sum += hton16(protocol);
    if (LIKELY(ip_addr_is_v4(src))) {
        sum += hton32(ip_addr_v4(src));
        sum += hton32(ip_addr_v4(dst));
        return fold64(sum);
    }
    uint32_t folded = ip_sum(fold64(sum), src->bytes, IP_ADDR_LEN);
    return ip_sum(folded, dst->bytes, IP_ADDR_LEN);
}

bool ip_checksum_ok(const struct ip_info *info, const struct buf *packet) {
    if (packet->flags & (NET_DESC_RX_CHECKED | NET_DESC_RX_TRUSTED)) {
        return true;
    }
    uint32_t sum = ip_sum_pseudo(&info->src, &info->dst, info->protocol, packet->total);
    return ip_sum_fold(ip_sum_packet(sum, packet)) == 0;
}
