#ifndef __INET_SRC_IP_H__
#define __INET_SRC_IP_H__

/// \file
/// Inside of IP.

#include <inet/ip.h>

#include "netif.h"

#define IPV4_HEADER_LEN 20
#define IPV6_HEADER_LEN 40
#define IP_TTL          64
/// The header of options that all on a packet's way look at: RFC 8200, 4.3.
#define IPV6_HOP_BY_HOP 0
/// Room that is needed in front of a transport header. With IPv4 it is less; a received packet may be sent back.
#define BUF_HEADROOM_MIN (ETHERNET_LEN + IPV4_HEADER_LEN)

// Flags and offset of a fragment: RFC 791, 3.1.
#define IPV4_DONT_FRAGMENT  0x4000
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET_MASK    0x1fff

/// A packet behind its link header. `group`: that was addressed to several. Takes it over.
void ipv4_input(struct netif *netif, struct buf *packet, bool group);
void ipv6_input(struct netif *netif, struct buf *packet, bool group);
/// Hands it to its protocol. The packet begins behind the IP header.
void ip_deliver(const struct ip_info *info, struct buf *packet);

/// Writes an IPv4 header, with its checksum. `len`: with the header; `fragment`: flags and offset.
void ipv4_write_header(uint8_t *header, const struct ip_packet *packet, uint32_t len, uint16_t id,
                       uint16_t fragment);
void ipv6_write_header(uint8_t *header, const struct ip_packet *packet, uint32_t len);
/// A packet that is longer than the MTU, in fragments. As ip_send.
error_t ipv4_send_fragments(const struct ip_packet *packet, size_t len);
error_t ipv6_send_fragments(const struct ip_packet *packet, size_t len);
/// Fills in the checksum that ip_send was asked for.
void ip_fill_checksum(const struct ip_packet *packet, size_t len);
/// Sends what has its IP header in front, with `csum_start` and `header_len` counted from there. Each part's
/// reference is taken over, whatever comes of it.
error_t ip_transmit(struct ip_route *route, struct netif_frame *frame);
/// A number for a packet that may be cut into fragments on its way.
uint16_t ipv4_next_id(const struct ip_packet *packet);

/// Bytes that are copied, as a chain with `headroom` in front. NULL: no memory.
struct buf *ip_copy(const void *data, size_t len, size_t headroom, bool urgent);
/// Sends a chain from its transport header on. `checksum_at` as in struct ip_packet; `ttl` 0: the usual.
error_t ip_send_chain(struct ip_route *route, const struct ip_addr *dst, uint8_t protocol,
                      uint8_t ttl, uint16_t checksum_at, struct buf *packet);

/// Tells a packet's sender why it is not for us (RFC 1122, 3.2.2), unless that was said too often. The packet
/// stays the caller's, at its transport header.
enum ip_refusal {
    IP_REFUSE_PROTOCOL,
    IP_REFUSE_PORT,
    IP_REFUSE_REASSEMBLY,  ///< Its other fragments didn't come in time.
};
void ip_refuse(const struct ip_info *info, const struct buf *packet, enum ip_refusal why);
void icmp_input(const struct ip_info *info, struct buf *packet);
void icmpv6_input(const struct ip_info *info, struct buf *packet);
void icmpv6_send_error(const struct ip_info *info, const struct buf *packet, enum ip_refusal why);
/// Puts the length of what is quoted of a packet, and a copy of it, behind `header_len` bytes of an error.
struct buf *icmp_quote(const struct ip_info *info, const struct buf *packet, size_t header_len,
                       size_t max);
/// Hands an error to the protocol that it is about.
void ip_deliver_error(uint8_t protocol, const struct ip_error *error);

void icmp_init(void);

#endif
