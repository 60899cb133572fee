#ifndef __INET_DHCP_H__
#define __INET_DHCP_H__

/// \file
/// Addresses from a DHCP server: RFC 2131.

#include "netif.h"

/// Whether interfaces ask for addresses, and the name that servers are told, if any.
void dhcp_set(bool enabled, const char *name);
/// There is a link now: gets an address, or checks that the one we have is still good here. Until a server
/// says otherwise it is kept.
void dhcp_link_up(struct netif *netif);
/// Gives the address back, and stops.
void dhcp_stop(struct netif *netif);
/// Frees what there is, without a word.
void dhcp_forget(struct netif *netif);
/// An ARP packet from `sender` that is about `target` was seen: is it about the address that we were offered?
void dhcp_heard_arp(struct netif *netif, uint32_t sender, uint32_t target);

#endif
