#ifndef __FRAMES_H__
#define __FRAMES_H__

/// \file
/// A network for tests: interfaces whose frames are kept, and frames that are made up byte by byte, by code
/// that shares nothing with what is tested.

#include <inet/netif.h>
#include <types.h>

#define FRAME_MAX  9100
#define FRAMES_MAX 512

struct frame {
    size_t len;
    uint16_t flags, csum_start, csum_offset, mss, header_len;
    unsigned num_pieces;
    uint8_t bytes[FRAME_MAX];
};

/// What was sent since frames_clear, on all interfaces.
extern struct frame frames[FRAMES_MAX];
extern unsigned num_frames;
/// While it is true, devices have no room.
extern bool frames_blocked;
/// Whether reports of IPv6 groups are kept, too, which come at random times.
extern bool frames_with_reports;

extern const uint8_t our_mac[6], peer_mac[6], other_mac[6], everybody[6];
#define OUR_IP     0xc0000201u  // 192.0.2.1/24
#define PEER_IP    0xc0000202u
#define GATEWAY_IP 0xc00002feu
#define FAR_IP     0xc6336401u  // 198.51.100.1

/// A new world with one Ethernet interface that has OUR_IP and a gateway.
struct netif *frames_start(unsigned features);
/// The same without an address.
struct netif *frames_start_bare(unsigned features);
struct netif *frames_add_netif(const char *name, const uint8_t mac[6], unsigned features);
void frames_clear(void);
/// The last one that was sent; there must be one.
const struct frame *last_frame(void);

// Making frames: each returns the bytes' end.
uint8_t *put_ethernet(uint8_t *p, const uint8_t dst[6], const uint8_t src[6], uint16_t type);
uint8_t *put_arp(uint8_t *p, uint16_t op, const uint8_t sender_mac[6], uint32_t sender,
                 const uint8_t target_mac[6], uint32_t target);
/// `fragment`: flags and offset. The header has a right checksum.
uint8_t *put_ipv4(uint8_t *p, uint32_t src, uint32_t dst, uint8_t protocol, size_t payload_len,
                  uint16_t id, uint16_t fragment);
/// A whole frame with a UDP datagram. Returns its length.
size_t make_udp(uint8_t *frame, uint32_t src, uint16_t src_port, uint32_t dst, uint16_t dst_port,
                const void *data, size_t len);
/// ICMP with a right checksum. `rest`: the header's last four bytes.
size_t make_icmp(uint8_t *frame, uint32_t src, uint32_t dst, uint8_t type, uint8_t code,
                 uint32_t rest, const void *data, size_t len);
uint16_t sum_of(uint32_t start, const uint8_t *data, size_t len);
void be16(uint8_t *p, unsigned value);
void be32(uint8_t *p, uint32_t value);
unsigned get_be16(const uint8_t *p);
uint32_t get_be32(const uint8_t *p);

/// The interface receives a frame, in pieces of `piece` bytes if it isn't 0.
void receive_pieces(struct netif *netif, const uint8_t *frame, size_t len, size_t piece);
void receive(struct netif *netif, const uint8_t *frame, size_t len);
/// Answers the last ARP request that was sent as `mac`.
void answer_arp(struct netif *netif, const uint8_t mac[6]);
/// Has PEER_IP, or the gateway, in the table of neighbours.
void learn_neighbour(struct netif *netif, uint32_t addr);
/// A counter by its name.
uint64_t counter(const char *name);

#endif
