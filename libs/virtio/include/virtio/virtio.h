#ifndef __VIRTIO_VIRTIO_H__
#define __VIRTIO_VIRTIO_H__

/// \file
/// Virtio devices on PCI ("Virtual I/O Device (VIRTIO) Version 1.2"), the modern ones and the legacy
/// ones, which drivers don't tell apart:
///
///     virtio_open(VIRTIO_TYPE_BLOCK, features, &device);   a device that nobody has, reset
///     virtio_queue(device, 0, &options, &queue);           its queues: <virtio/virtq.h>
///     virtio_start(device);                                from now on it works
///
/// What a device says is checked: numbers that make no sense are ERR_NOT_ACCEPTABLE.

#include <types.h>
#include <virtio/virtq.h>

/// Virtio device types, section 5.
#define VIRTIO_TYPE_NET     1
#define VIRTIO_TYPE_BLOCK   2
#define VIRTIO_TYPE_ENTROPY 4

/// Feature bits of all devices, section 6. The library takes what it can use of them by itself.
#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX     29
#define VIRTIO_F_VERSION_1     32

typedef struct virtio *virtio_t;

/// Takes a PCI device of this type that nobody has, resets it, and agrees on features with it: of
/// those in `features` (bits: 1 << number) it gets what it offers. Its interrupts come as
/// NOTIFY_IRQ. Blocks until dm has answered, and while the device resets itself, for a second at
/// most. ERR_NOT_FOUND: there is none. ERR_IN_USE: other drivers have all of them.
/// ERR_NOT_ACCEPTABLE: it isn't as the specification says, or refuses all features.
/// ERR_UNAVAILABLE: it doesn't finish its reset. ERR_NO_MEMORY, and what <driver/pci.h> says.
error_t __mustuse virtio_open(unsigned type, uint64_t features, virtio_t *device);
/// Resets the device and gives it and its queues back. Does nothing with NULL.
void virtio_close(virtio_t device);

/// Whether both sides have agreed on a feature.
bool virtio_has(virtio_t device, unsigned feature);
/// Whether it is a modern device: numbers in what is sent to a legacy one are in the CPU's order,
/// else little endian (on all of our machines the same).
bool virtio_is_modern(virtio_t device);

struct virtio_queue_options {
    /// How many pieces of memory may be under way, at most; 0: as many as the device can. The
    /// device may have less. A legacy one has its own number.
    unsigned max_size;
    /// How many pieces a request has, at most, if each is to take the place of one (indirect
    /// descriptors: 16 bytes of memory for each piece of each request). 0: it takes as many places
    /// as it has pieces, as it does anyway if the device can't do this.
    unsigned max_pieces;
};

/// Sets a queue up, between virtio_open and virtio_start. It ends with virtio_close. ERR_NOT_FOUND:
/// the device has no such queue. ERR_IN_USE: it is set up already. ERR_NO_MEMORY,
/// ERR_NOT_ACCEPTABLE.
error_t __mustuse virtio_queue(virtio_t device, unsigned index,
                               const struct virtio_queue_options *options, virtq_t *queue);
/// The driver is ready.
void virtio_start(virtio_t device);

/// To be called after each NOTIFY_IRQ, before the queues are looked at: quiets the device, if it is
/// one with a line to others share.
void virtio_acknowledge(virtio_t device);
/// Stops the device: after this, it touches no memory. The queues can only be emptied
/// (virtq_abort); then virtio_close, and open it anew. ERR_UNAVAILABLE: it doesn't stop; its memory
/// must not be used again.
error_t __mustuse virtio_reset(virtio_t device);
/// Whether the device says that it can't go on (DEVICE_NEEDS_RESET).
bool virtio_needs_reset(virtio_t device);

/// Reads a number of the device's own configuration: 1, 2, 4 or 8 bytes, as the field at `offset`
/// has. ERR_INVALID_ARG: it hasn't got that much. ERR_TRY_AGAIN: it never stops to change.
error_t __mustuse virtio_read_config(virtio_t device, offset_t offset, size_t size,
                                     uint64_t *value);

#endif
