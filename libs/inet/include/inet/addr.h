#ifndef __INET_ADDR_H__
#define __INET_ADDR_H__

/// \file
/// IP addresses: IPv6's, among which IPv4's have the prefix ::ffff:0:0/96 (RFC 4291, 2.5.5.2).

#include <endian.h>
#include <inet/bytes.h>
#include <types.h>

#define IP_ADDR_LEN 16
/// Bytes of the longest address as text (with NUL), as RFC 5952 writes it.
#define IP_ADDR_TEXT_LEN 46

struct ip_addr {
    uint8_t bytes[IP_ADDR_LEN];
};

/// An IPv4 address, in the CPU's order: 0x0a00020f is 10.0.2.15.
static inline struct ip_addr ip_addr_from_v4(uint32_t addr) {
    struct ip_addr result;
    uint32_t words[2] = {hton32(0xffff), hton32(addr)};
    memset(result.bytes, 0, 8);
    memcpy(result.bytes + 8, words, sizeof(words));
    return result;
}

static inline bool ip_addr_is_v4(const struct ip_addr *addr) {
    uint64_t upper;
    uint32_t prefix;
    memcpy(&upper, addr->bytes, sizeof(upper));
    memcpy(&prefix, addr->bytes + 8, sizeof(prefix));
    return upper == 0 && prefix == hton32(0xffff);
}

/// Only of an IPv4 address.
static inline uint32_t ip_addr_v4(const struct ip_addr *addr) {
    uint32_t value;
    memcpy(&value, addr->bytes + 12, sizeof(value));
    return ntoh32(value);
}

/// All zeroes, or 0.0.0.0.
bool ip_addr_is_any(const struct ip_addr *addr);
static inline bool ip_addr_equals(const struct ip_addr *a, const struct ip_addr *b) {
    uint64_t left[2], right[2];
    memcpy(left, a->bytes, sizeof(left));
    memcpy(right, b->bytes, sizeof(right));
    return left[0] == right[0] && left[1] == right[1];
}

/// Either notation. ERR_INVALID_ARG: it is no address.
error_t __mustuse ip_addr_parse(const char *text, struct ip_addr *addr);
void ip_addr_format(const struct ip_addr *addr, char text[IP_ADDR_TEXT_LEN]);

#endif
