#ifndef __INET_ARP_H__
#define __INET_ARP_H__

/// \file
/// RFC 826, RFC 5227.

#include "netif.h"

/// An ARP packet behind its Ethernet header. Takes it over.
void arp_input(struct netif *netif, struct buf *packet);
/// Asks who has an address; `mac`: only this one, or NULL. Sent from `src`; 0: a probe, whether somebody has it.
void arp_ask(struct netif *netif, uint32_t src, uint32_t addr, const uint8_t *mac);
/// Tells everybody that we have an address.
void arp_announce(struct netif *netif, uint32_t addr);

#endif
