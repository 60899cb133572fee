#ifndef __INET_ADDR_H__
#define __INET_ADDR_H__

/// \file
/// IP addresses: IPv6's, among which IPv4's have the prefix ::ffff:0:0/96 (RFC 4291, 2.5.5.2).

#include <types.h>

#define IP_ADDR_LEN 16
/// Bytes of the longest address as text (with NUL), as RFC 5952 writes it.
#define IP_ADDR_TEXT_LEN 46

struct ip_addr {
    uint8_t bytes[IP_ADDR_LEN];
};

/// An IPv4 address, in the CPU's order: 0x0a00020f is 10.0.2.15.
struct ip_addr ip_addr_from_v4(uint32_t addr);
bool ip_addr_is_v4(const struct ip_addr *addr);
/// Only of an IPv4 address.
uint32_t ip_addr_v4(const struct ip_addr *addr);
/// All zeroes, or 0.0.0.0.
bool ip_addr_is_any(const struct ip_addr *addr);
bool ip_addr_equals(const struct ip_addr *a, const struct ip_addr *b);
/// Either notation. ERR_INVALID_ARG: it is no address.
error_t __mustuse ip_addr_parse(const char *text, struct ip_addr *addr);
void ip_addr_format(const struct ip_addr *addr, char text[IP_ADDR_TEXT_LEN]);

#endif
