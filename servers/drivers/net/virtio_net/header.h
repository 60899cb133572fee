#ifndef __HEADER_H__
#define __HEADER_H__

/// \file
/// What a virtio network device and its driver tell each other ("Virtual I/O Device (VIRTIO) Version 1.2", 5.1).

#include <types.h>

/// Queues (5.1.2), of the first pair.
#define QUEUE_RX 0
#define QUEUE_TX 1

/// Feature bits (5.1.3; F_ANY_LAYOUT: 6.3).
#define F_CSUM         0  // The device fills in checksums of what is sent.
#define F_GUEST_CSUM   1  // The driver takes frames whose checksums aren't filled in.
#define F_MTU          3
#define F_MAC          5
#define F_GUEST_TSO4   7  // The driver takes segments that are longer than a frame.
#define F_GUEST_TSO6   8
#define F_HOST_TSO4    11  // The device cuts segments.
#define F_HOST_TSO6    12
#define F_MRG_RXBUF    15  // A frame may be in several buffers.
#define F_STATUS       16
#define F_ANY_LAYOUT   27  // Of legacy devices: the header needs no descriptor of its own.
#define F_SPEED_DUPLEX 63

/// Configuration (5.1.4): offsets, and lengths in bytes.
#define CONFIG_MAC    0   // 6
#define CONFIG_STATUS 6   // 2
#define CONFIG_MTU    10  // 2
#define CONFIG_SPEED  12  // 4: Mbit/s

#define STATUS_LINK_UP 1
#define SPEED_MAX      INT32_MAX  // More: unknown.

/// In front of each frame (5.1.6). Numbers are little endian; those of a legacy device are in the CPU's order, which is
/// the same.
struct header {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t header_len;
    uint16_t gso_size;
    uint16_t csum_start;
    uint16_t csum_offset;
    uint16_t num_buffers;  ///< Not of legacy devices without F_MRG_RXBUF.
};

#define HEADER_LEN        12u
#define HEADER_LEN_LEGACY 10u

STATIC_ASSERT(sizeof(struct header) == HEADER_LEN, "as the device sees it");

#define HEADER_NEEDS_CSUM 1
#define HEADER_DATA_VALID 2

#define GSO_NONE  0
#define GSO_TCPV4 1
#define GSO_TCPV6 4

#endif
