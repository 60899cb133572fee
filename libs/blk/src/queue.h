#ifndef __QUEUE_H__
#define __QUEUE_H__

/// \file
/// Requests on their way through a driver: cut into operations, as many at a time as the queue takes, with flushes before and
/// after.

#include <blk.h>
#include <blk/server.h>
#include <list.h>
#include <types.h>

enum request_phase {
    PHASE_FLUSH_BEFORE,
    PHASE_MOVE,
    PHASE_FLUSH_AFTER,
    PHASE_END,
};

struct blk_request {
    // Set by who starts it.
    struct blk_disk *disk;
    unsigned flags;  ///< BLK_WRITE, BLK_FLUSH_BEFORE, BLK_FLUSH_AFTER
    /// Sectors of the disk, inside it; places in the buffer, inside it. Changed as they are worked on. Not looked at if there are
    /// none: then only the flushes are done.
    struct blk_segment segments[BLK_SEGMENTS_MAX];
    unsigned num_segments;
    paddr_t paddr;  ///< Of the buffer.
    uint8_t *buf;
    /// Called when all is done, and the request is free again. `err`: OK or ERR_IO.
    void (*done)(struct blk_request *request, error_t err);

    // queue.c's.
    list_elem_t next;
    enum request_phase phase;
    bool submitted;  ///< Nothing of the phase is left to submit.
    unsigned next_segment;
    unsigned in_flight;  ///< Operations.
    error_t err;
};

/// Prepares a queue for the first of its disks. ERR_NO_MEMORY.
error_t __mustuse queue_init(struct blk_queue *queue, const struct blk_driver *driver);

/// Starts a request. It may be done before this returns.
void request_start(struct blk_request *request);

#endif
