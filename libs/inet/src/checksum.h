#ifndef __INET_CHECKSUM_H__
#define __INET_CHECKSUM_H__

/// \file
/// What the protocols need besides ip_sum and ip_sum_fold (<inet/ip.h>).

#include <inet/bytes.h>
#include <inet/ip.h>

/// Adds bytes that stand `offset` bytes behind the beginning of what is summed: pieces of any length.
uint32_t ip_sum_add_piece(uint32_t sum, size_t offset, const void *data, size_t len);
/// Adds a whole packet.
uint32_t ip_sum_packet(uint32_t sum, const struct buf *packet);
/// The sum of the pseudo header: RFC 9293, 3.1, and RFC 8200, 8.1.
uint32_t ip_sum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, uint8_t protocol,
                       uint32_t len);
/// The checksum of an IPv4 header of 20 bytes, as it stands there: ip_sum without its loops. 0: one that has its checksum is
/// right.
static inline uint16_t ipv4_header_checksum(const uint8_t *header) {
    uint32_t words[5];
    memcpy(words, header, sizeof(words));
    uint64_t sum = (uint64_t) words[0] + words[1] + words[2] + words[3] + words[4];
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~sum;
}

#endif
