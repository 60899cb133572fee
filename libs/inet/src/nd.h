#ifndef __INET_ND_H__
#define __INET_ND_H__

/// \file
/// Neighbour discovery (RFC 4861), and addresses that IPv6 makes up by itself (RFC 4862).

#include <inet/ip.h>

#include "netif.h"

// ICMPv6 types: RFC 4861, 4.
#define ND_ROUTER_SOLICITATION     133
#define ND_ROUTER_ADVERTISEMENT    134
#define ND_NEIGHBOUR_SOLICITATION  135
#define ND_NEIGHBOUR_ADVERTISEMENT 136

/// Whether interfaces have IPv6 at all.
void nd_set(bool enabled);
/// There is a link now: makes up an address, or tries the ones there are again, and looks for routers.
void nd_link_up(struct netif *netif);
void nd_forget(struct netif *netif);
/// The group in which whoever has this address is asked for: RFC 4291, 2.7.1.
struct ip_addr nd_solicited_group(const struct ip_addr *addr);
/// Asks who has an address; `mac`: only this one, or NULL.
void nd_ask(struct netif *netif, const struct ip_addr *addr, const uint8_t *mac);
/// One of the four types above, its checksum checked. The packet stays the caller's.
void nd_input(const struct ip_info *info, struct buf *packet);

#endif
