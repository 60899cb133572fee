#ifndef __INET_ROUTE_H__
#define __INET_ROUTE_H__

/// \file
/// The table of routes, and what is known of paths' MTUs.

#include <inet/info.h>
#include <inet/ip.h>

/// Lengths of prefixes are of 128 bits.
#define ROUTES_MAX 32
/// Nothing that a router says makes packets smaller than that; if a path wants it still smaller, packets go
/// without DF (IPv4), or with IPv6's minimum.
#define IPV4_MTU_MIN 576
#define IPV6_MTU_MIN 1280

struct route_entry {
    struct netif *netif;
    struct ip_addr prefix;
    struct ip_addr gateway;  ///< All zeroes: none.
    uint8_t prefix_len;
    enum inet_origin origin;
    uint64_t valid_until;  ///< UINT64_MAX: for ever.
    /// The gateway didn't answer: until then, another route with as long a prefix is the better one (RFC 1122,
    /// 3.3.1.4; RFC 4861, 6.3.6).
    uint64_t silent_until;
};

/// Adds a route, or renews the same one. ERR_NO_MEMORY: there are too many.
error_t __mustuse route_add(struct netif *netif, const struct ip_addr *prefix, unsigned prefix_len,
                            const struct ip_addr *gateway, enum inet_origin origin,
                            uint64_t valid_until);
/// Removes the routes through an interface that have this origin and a gateway (`gateway`), or none.
void route_remove(struct netif *netif, enum inet_origin origin, bool gateway);
/// The one to a network that is on the link.
void route_remove_prefix(struct netif *netif, const struct ip_addr *prefix, unsigned prefix_len);
/// Route number `index`, or NULL.
const struct route_entry *route_numbered(unsigned index);
/// Something has changed that routes are made of.
void route_changed(void);
/// A neighbour was asked for in vain, or has answered again: is it a gateway?
void route_neighbour_silent(const struct netif *netif, const struct ip_addr *addr);
void route_neighbour_answers(const struct netif *netif, const struct ip_addr *addr);
/// Removes the routes through an interface whose time is up.
void route_expire(struct netif *netif);
void routes_init(void);

/// A route on an interface, without the table: to a neighbour, a group, or everybody, from any address or none.
void route_on_link(struct netif *netif, const struct ip_addr *src, const struct ip_addr *dst,
                   struct ip_route *route);

#endif
