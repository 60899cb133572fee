#ifndef __QUEUE_H__
#define __QUEUE_H__

/// \file
/// The making of queues, for the rest of the library.

#include <driver/io.h>
#include <virtio/virtq.h>

/// A device has no more descriptors in a queue (2.7).
#define VIRTQ_SIZE_MAX 32768

struct virtq_setup {
    unsigned size;  ///< A power of two, up to VIRTQ_SIZE_MAX.
    bool event_idx;
    unsigned max_pieces;  ///< 0: no indirect descriptors.
    /// Where the device is told of requests: `notify_value` is written there.
    io_t notify_io;
    offset_t notify_offset;
    uint16_t notify_value;
};

/// NULL: no memory.
virtq_t virtq_make(const struct virtq_setup *setup);
/// The device must not use it any more. Requests that are under way are forgotten. Does nothing
/// with NULL.
void virtq_free(virtq_t queue);
/// Leaves its memory to a device that doesn't stop: it isn't used for anything else.
void virtq_leave(virtq_t queue);

unsigned virtq_size(virtq_t queue);
/// Where its parts are, as the device sees them.
struct virtq_addresses {
    paddr_t descs, avail, used;
};
struct virtq_addresses virtq_addresses(virtq_t queue);

#endif
