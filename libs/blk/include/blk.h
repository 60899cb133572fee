#ifndef __BLK_H__
#define __BLK_H__

/// \file
/// What clients and drivers of block devices share: see idl/blk.idl, <blk/client.h> and <blk/server.h>.

#include <message.h>
#include <types.h>

/// A run of sectors, and where in the buffer it goes to or comes from. An array of them is the payload of
/// blk.transfer_segments.
struct blk_segment {
    uint64_t sector;  ///< The first one, of the unit.
    uint32_t count;   ///< How many sectors, from 1.
    uint32_t place;   ///< In bytes from the buffer's start; a multiple of the sector size.
};

STATIC_ASSERT(sizeof(struct blk_segment) * BLK_SEGMENTS_MAX == BLK_SEGMENTS_LEN,
              "blk.idl knows how long a segment is");

/// Bytes of a label, the terminating NUL included.
#define BLK_LABEL_LEN 64
/// Bytes of a service's name, "blk." and the terminating NUL included.
#define BLK_SERVICE_LEN (sizeof("blk.") + BLK_NAME_LEN)

#endif
