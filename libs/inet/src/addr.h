#ifndef __INET_SRC_ADDR_H__
#define __INET_SRC_ADDR_H__

/// \file
/// Addresses as the protocols look at them, and numbers in packets, which are big endian and anywhere.

#include <endian.h>
#include <inet/addr.h>
#include <inet/bytes.h>

/// Where the IPv4 address is in a struct ip_addr; 8 times that is what its prefixes are longer by.
#define V4_OFFSET      12
#define V4_PREFIX_BITS 96
#define V4_BROADCAST   0xffffffffu

static inline uint16_t get16(const uint8_t *p) {
    uint16_t value;
    memcpy(&value, p, sizeof(value));
    return ntoh16(value);
}

static inline uint32_t get32(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return ntoh32(value);
}

static inline void put16(uint8_t *p, uint16_t value) {
    value = hton16(value);
    memcpy(p, &value, sizeof(value));
}

static inline void put32(uint8_t *p, uint32_t value) {
    value = hton32(value);
    memcpy(p, &value, sizeof(value));
}

static inline bool v4_is_multicast(uint32_t addr) {
    return addr >> 28 == 0xe;
}

static inline bool v4_is_loopback(uint32_t addr) {
    return addr >> 24 == 127;
}

/// No host has such an address: 0/8, multicast, reserved (RFC 1122, 3.2.1.3; RFC 6890).
static inline bool v4_is_no_host(uint32_t addr) {
    return addr >> 24 == 0 || addr >> 28 >= 0xe;
}

/// Whether an address begins with the first `len` (0 to 128) bits of another.
bool ip_addr_in_prefix(const struct ip_addr *addr, const struct ip_addr *prefix, unsigned len);
/// The first `len` bits, and zeroes behind them.
struct ip_addr ip_addr_network(const struct ip_addr *addr, unsigned len);
bool ip_addr_is_multicast(const struct ip_addr *addr);
/// 169.254/16 or fe80::/10.
bool ip_addr_is_link_local(const struct ip_addr *addr);

#endif
