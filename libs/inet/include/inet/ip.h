#ifndef __INET_IP_H__
#define __INET_IP_H__

/// \file
/// Between IP (4 and 6) and the protocols above it.

#include <inet/addr.h>
#include <inet/buf.h>
#include <types.h>

#define IP_PROTO_ICMP   1
#define IP_PROTO_TCP    6
#define IP_PROTO_UDP    17
#define IP_PROTO_ICMPV6 58

struct netif;

/// What a packet says in its IP header.
struct ip_info {
    struct netif *netif;  ///< Where it came in.
    struct ip_addr src;
    struct ip_addr dst;
    uint8_t protocol;
    uint8_t ttl;
    uint8_t header_len;  ///< Of the IP header, which is in front of the packet's first byte.
    /// It was sent to more than this machine: no protocol answers that with an error.
    bool broadcast;
};

/// Receives a packet for this machine, whose IP header is cut off and still in front of buf_data (ICMP errors
/// quote it), reassembled, checked. Takes the
/// chain over. The sum of TCP and UDP is theirs to check unless `flags` says that it was: ip_checksum_ok.
void tcp_input(const struct ip_info *info, struct buf *packet);
void udp_input(const struct ip_info *info, struct buf *packet);
/// A packet of ours from `src` to `dst` couldn't be delivered. `quoted` are the first 8 bytes or more behind
/// its IP header.
enum ip_failure {
    IP_NO_PORT,   ///< Nobody is there for it.
    IP_NO_ROUTE,  ///< Host, network or the like unreachable; may be gone a moment later.
    IP_PROHIBITED,
    IP_TOO_BIG,  ///< It may have `mtu` bytes at most, IP header included.
    IP_TTL_EXCEEDED,
};
struct ip_error {
    enum ip_failure failure;
    uint32_t mtu;
    struct ip_addr src;
    struct ip_addr dst;
    const uint8_t *quoted;
    size_t quoted_len;
};
void tcp_error(const struct ip_error *error);
void udp_error(const struct ip_error *error);

/// The way to an address, looked up anew when `generation` isn't ip_generation() any more.
struct ip_route {
    unsigned generation;
    struct netif *netif;
    struct ip_addr src;       ///< Our address there.
    struct ip_addr next_hop;  ///< The gateway, or the destination itself.
    uint32_t mtu;             ///< Of the path, as far as known (IP_TOO_BIG).
    unsigned features;        ///< NET_TX_CHECKSUM, NET_TX_SEGMENT4, …: of the device.
    unsigned max_pieces;
    void *neighbour;  ///< IP's: the neighbour's entry, so that it isn't looked up for each packet.
};
/// `src`: the address to come from; all zeroes: any. ERR_UNREACHABLE: no route leads there, or `src` isn't
/// ours.
error_t __mustuse ip_route(const struct ip_addr *dst, const struct ip_addr *src,
                           struct ip_route *route);
unsigned ip_generation(void);
/// The route worked: its neighbour has answered lately (RFC 4861, 7.3.1).
void ip_confirm(struct ip_route *route);

/// The protocol has checked an IP_TOO_BIG: it is about something that is under way. All routes there get the
/// MTU, which is not
/// below what is allowed, for ten minutes (RFC 1191, 6.3).
void ip_learn_mtu(struct ip_route *route, const struct ip_addr *dst, uint32_t mtu);

/// A part of a buffer that is to be sent and that stays its owner's; a reference is taken until it was sent.
struct ip_slice {
    struct buf *buf;
    uint16_t offset;  ///< From `base`.
    uint16_t len;
};

/// A packet to be sent: its transport header, in a buffer of its own that is given away, with BUF_HEADROOM in
/// front; behind it
/// what the slices say.
struct ip_packet {
    struct ip_route *route;
    struct ip_addr dst;
    uint8_t protocol;
    uint8_t ttl;  ///< 0: the usual.
    bool dont_fragment;
    /// Where the transport's checksum is, from the transport header's beginning; NO_CHECKSUM: there is none.
    /// ip_send puts it there, or has the
    /// device do it.
    uint16_t checksum_at;
    uint16_t
        mss;  ///< To be cut into segments of so much payload by the device, which can do it. 0: as it is.
    struct buf *header;
    const struct ip_slice *slices;
    unsigned num_slices;  ///< Not more than route->max_pieces - 1.
};
#define IP_NO_CHECKSUM 0xffff
/// ERR_WOULD_BLOCK: the device's ring, or the queue for a neighbour that is looked for, is full.
/// ERR_TOO_LARGE: longer than the MTU, and
/// dont_fragment. ERR_NO_MEMORY. The header's buffer is taken over in any case. A route that is no longer
/// current is looked up again first: ERR_UNREACHABLE; ERR_TRY_AGAIN: it leads to another device, which can't
/// cut segments as `mss` says. Calls no protocol: what is
/// for this machine itself comes to tcp_input and the like later, after the caller has returned.
error_t ip_send(const struct ip_packet *packet);

/// Whether the checksum of a received transport segment is right.
bool ip_checksum_ok(const struct ip_info *info, const struct buf *packet);
/// The Internet checksum (RFC 1071). Adds bytes to a sum that is 0 at first; all pieces but the last have an
/// even length.
uint32_t ip_sum(uint32_t sum, const void *data, size_t len);
/// The checksum, as a number: the packet has its upper byte first. 0: the sum with the checksum in place is
/// right.
uint16_t ip_sum_fold(uint32_t sum);

#endif
