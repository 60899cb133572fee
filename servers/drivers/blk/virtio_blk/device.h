#ifndef __DEVICE_H__
#define __DEVICE_H__

/// \file
/// A virtio block device: Virtual I/O Device (VIRTIO) Version 1.2, section 5.2.

#include <blk/server.h>
#include <driver/dma.h>
#include <types.h>
#include <virtio/virtio.h>

/// How often device_tick is to be called while something is under way.
#define TICK_MS 1000

struct device {
    virtio_t virtio;
    virtq_t queue;
    dma_t headers;  ///< A struct header for each operation.
    struct blk_disk disk;
    struct blk_queue blk_queue;
    unsigned idle_ticks;  ///< Since something was finished.
    bool dead;            ///< It couldn't be brought back.
};

/// Takes the next device that nobody has. ERR_NOT_FOUND, ERR_IN_USE: there is none; else it isn't one that can be used.
error_t __mustuse device_open(struct device *device);

/// Begins an operation; it may be complete behind this, with an error.
void device_submit(struct device *device, struct blk_op *op);
/// Tells of all operations that have ended.
void device_interrupt(struct device *device);
/// Some time has passed: a device that does nothing is given up, and brought back.
void device_tick(struct device *device);
/// Whether something is under way.
bool device_is_busy(const struct device *device);

#endif
