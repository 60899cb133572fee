#ifndef __NETWORK_H__
#define __NETWORK_H__

/// \file
/// What is below TCP in its tests: a clock that the test turns, a pool of buffers, and a network of which the test
/// sees each segment. Both ends of a connection may be this TCP itself.

#include <inet/buf.h>
#include <inet/ip.h>
#include <inet/tcp.h>
#include <types.h>

#include "../src/constants.h"

// The header's flags, as short as segments have to be written here.
#define F TCP_FIN
#define S TCP_SYN
#define R TCP_RST
#define P TCP_PSH
#define A TCP_ACK
#define U TCP_URG

#define NETWORK_BUFFERS     4096
#define NETWORK_SEGMENT_MAX 2048

/// A segment as it is on its way, without an IP header.
struct network_segment {
    struct network_segment *next;
    uint64_t arrives;
    struct ip_addr src;
    struct ip_addr dst;
    uint32_t len;
    uint8_t bytes[NETWORK_SEGMENT_MAX];
};

/// Chances are in 1/10000, times in milliseconds.
struct network_link {
    unsigned loss;
    unsigned duplication;
    unsigned reordering;  ///< How many come late, by up to `delay`.
    unsigned corruption;  ///< How many get a wrong bit.
    unsigned delay;
    unsigned bytes_per_ms;  ///< 0: as many as there are.
    unsigned queue;         ///< Bytes that may wait for that; more are dropped.
    uint32_t seed;
};

extern uint64_t network_now;
/// When tcp_tick is to be called.
extern uint64_t network_wanted;
/// Of the device: features, pieces of a frame, MTU, what the next ip_send returns (once).
extern unsigned network_features;
extern unsigned network_max_pieces;
extern uint32_t network_mtu;
extern error_t network_error;
extern bool network_unreachable;
/// Calls of ip_send, and of those with more than one segment.
extern unsigned network_sends;
extern unsigned network_batches;

struct ip_addr network_addr(unsigned host);
/// TCP with nothing, a new pool, no time to wait for.
void network_begin(void);
/// Ends all that is left and expects that nothing leaked.
void network_end(void);
/// What was sent since: the oldest first. NULL: nothing. The caller frees it (free).
struct network_segment *network_take(void);
/// Hands a segment to TCP, in pieces of at most `piece` bytes.
void network_deliver(const struct network_segment *segment, size_t piece);
void network_set_checksum(struct network_segment *segment);
/// Time passes; what was sent stays where it is.
void network_pass(uint64_t ms);
/// What is sent travels from now on by this link, which TCP is on both sides of. NULL: it stays.
void network_connect(const struct network_link *link);
/// Goes on to the next time at which something happens, and lets it. False: nothing will.
bool network_step(void);

#endif
