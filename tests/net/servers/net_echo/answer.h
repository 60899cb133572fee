#ifndef __ANSWER_H__
#define __ANSWER_H__

/// \file
/// What is done with a frame that has come. Those of ETHER_TYPE are the test's, and say what is to come back:
///
///     6 destination, 6 source, 2 ETHER_TYPE, 1 command, 1 number
///     with COMMAND_CHECKSUM and COMMAND_SEGMENT: 2 csum_start, 2 csum_offset, 2 mss, 2 header_len, 4 payload length,
///         then the frame that is to be sent
///
/// All numbers are in network order.

#include <net/port.h>
#include <types.h>

#define ETHER_TYPE 0x88b5u

/// The same frame, with its addresses exchanged.
#define COMMAND_ECHO 0
/// The same in so many pieces.
#define COMMAND_PIECES 1
/// The frame behind the command, whose checksum the device fills in.
#define COMMAND_CHECKSUM 2
/// The headers behind the command, and a payload made up by PATTERN, which the device cuts.
#define COMMAND_SEGMENT 3
/// A frame of 64 bytes: from byte 16 on the device's features, MTU and how often one was attached, frames received, and
/// dropped; 4 bytes each.
#define COMMAND_STATS 4
/// What an IPv4 frame is answered by: `number` is 1 if the device found its checksums right.
#define COMMAND_CHECKED 5

/// Byte `i` of a segment's payload.
#define PATTERN(i) ((uint8_t) ((i) *7 + (i) / 251))

/// What COMMAND_STATS tells.
struct stats {
    uint32_t features, mtu, attached, received, dropped;
};

/// The pool: buffers that go round, and behind them those that have a segment's payload.
#define NUM_BUFFERS     288u
#define PAYLOAD_BUFFERS 32u
#define POOL_BUFFERS    (NUM_BUFFERS + PAYLOAD_BUFFERS)

/// Fills the buffers of payload.
void answer_init(uint8_t *pool);
/// Makes the answer to a frame, in its buffer; returns its number of descriptors. 0: there is none.
unsigned answer(const struct net_received *received, const struct stats *stats,
                struct net_desc descs[NET_PIECES_MAX]);

#endif
