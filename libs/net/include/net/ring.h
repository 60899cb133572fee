#ifndef __NET_RING_H__
#define __NET_RING_H__

/// \file
/// The memory that a network device's driver and the TCP/IP server share: rings of descriptors, one struct net_rings
/// for each driver, and a pool of packet buffers, which the server owns and all drivers see. Packets stay where they
/// are; devices read and write them in the pool.
///
/// Counters run freely and are taken modulo the rings' sizes. Each is written by one side only. The other side's
/// counters and descriptors are a stranger's: they are read once, and checked before they are used (a counter that
/// claims more than the ring holds, a place outside the pool).
///
/// A ring's descriptors are written before its counter is (store-release), the counter is read before they are
/// (load-acquire). Who finds nothing left to do sets its `waits`, looks once more (with a full barrier between), and
/// goes on to receive. The other side, having added something (and after a full barrier), notifies if it finds that
/// what it has added is waited for, and clears the flags.

#include <message.h>
#include <types.h>

/// Bytes of each buffer of the pool; they begin at its multiples. A frame of the usual MTU fits in one.
#define NET_BUFFER_LEN 2048u
/// Descriptors of each ring. Powers of two.
#define NET_TX_LEN   256u
#define NET_FREE_LEN 256u
#define NET_RX_LEN   256u
/// Pieces of one frame, at most.
#define NET_PIECES_MAX 48u
/// A merged frame that is received has no more bytes than that, nor is a segment to be cut longer, headers included.
#define NET_FRAME_MAX 65550u
/// Bytes of Ethernet's header, which an MTU doesn't count.
#define NET_HEADER_LEN 14u

// Flags of struct net_desc.

/// The frame goes on in the next descriptor. All descriptors of a frame to be sent appear at once.
#define NET_DESC_MORE 0x1u
/// TX: the device is to put a checksum, over all from `csum_start` to the frame's end, at `csum_start + csum_offset`.
/// There is the checksum of the pseudo header so far, length included, not inverted. In the first descriptor of a frame.
#define NET_DESC_TX_CHECKSUM 0x2u
/// TX: the device is to cut the TCP segment into several, with `mss` bytes of payload each. The first descriptor of the
/// frame has all headers, `header_len` bytes, and nothing else. The IP header's length is that of the whole (0 if it is
/// too long for that), the IPv4 header's checksum is right for it, and the checksum is as with NET_DESC_TX_CHECKSUM,
/// which goes without saying. The driver may change the headers for the device.
#define NET_DESC_TX_SEGMENT 0x4u
/// RX, in the first descriptor: TCP's or UDP's checksum, and that of an IPv4 header, were found right.
#define NET_DESC_RX_CHECKED 0x8u
/// RX, in the first descriptor: the frame comes from this machine's host, or was merged, and TCP's or UDP's checksum
/// isn't filled in; nothing can have damaged it.
#define NET_DESC_RX_TRUSTED 0x10u

struct net_desc {
    uint32_t place;  ///< In the pool, in bytes. RX: where the frame's bytes begin, inside a buffer.
    uint16_t len;    ///< 1 to NET_BUFFER_LEN; a piece doesn't cross a buffer's end.
    uint16_t flags;
    uint16_t csum_start;
    uint16_t csum_offset;
    uint16_t mss;
    uint16_t header_len;
};

// Flags of `waits`: what a notification is wanted for.

/// The server: for frames received.
#define NET_WAITS_RX 1u
/// The driver: for frames to be sent. The server: for frames sent, if it needs the room or the memory.
#define NET_WAITS_TX 2u
/// The driver: for buffers, if it has half of what it once had, or less.
#define NET_WAITS_FREE 4u

/// Counters are written often: each side's are on a cache line of their own.
#define NET_LINE 64

struct net_rings {
    /// Written by the server.
    struct {
        uint32_t tx;     ///< Descriptors to be sent.
        uint32_t free;   ///< Buffers given to the driver.
        uint32_t rx;     ///< Received descriptors that the server has taken: their places are free.
        uint32_t waits;  ///< NET_WAITS_*; cleared by the driver.
        uint8_t padding[NET_LINE - 16];
    } stack;
    /// Written by the driver.
    struct {
        uint32_t tx;          ///< Descriptors that the device is through with, in order.
        uint32_t free;        ///< Buffers taken.
        uint32_t rx;          ///< Received descriptors.
        uint32_t waits;       ///< NET_WAITS_*; cleared by the server.
        uint32_t rx_dropped;  ///< Frames lost: there was no buffer, or they were damaged.
        uint8_t padding[NET_LINE - 20];
    } driver;
    struct net_desc tx[NET_TX_LEN];
    struct net_desc rx[NET_RX_LEN];
    uint32_t free[NET_FREE_LEN];  ///< Places of whole, empty buffers.
};

#endif
