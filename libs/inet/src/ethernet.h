#ifndef __INET_ETHERNET_H__
#define __INET_ETHERNET_H__

/// \file
/// Frames: IEEE 802.3, 3.2, with a type (RFC 894).

#include "netif.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP  0x0806
#define ETHERTYPE_IPV6 0x86dd

/// 14 bytes.
void ethernet_header(uint8_t *header, const uint8_t dst[6], const uint8_t src[6], uint16_t type);
/// The address of a group or of everybody: RFC 1112, 6.4; RFC 2464, 7.
void ethernet_group_mac(const struct ip_addr *addr, uint8_t mac[6]);
/// Sends a chain of buffers whose first has room for the header in front. The chain is freed.
error_t ethernet_send(struct netif *netif, const uint8_t header[ETHERNET_LEN], struct buf *packet);

#endif
