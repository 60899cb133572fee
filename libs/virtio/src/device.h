#ifndef __DEVICE_H__
#define __DEVICE_H__

/// \file
/// A device, and what differs between the two kinds.

#include <driver/pci.h>
#include <virtio/virtio.h>

#include "queue.h"
#include "window.h"

/// The devices that we know have up to three queues; those for networks can have many.
#define QUEUES_MAX 16

/// Device status (2.1).
#define STATUS_ACKNOWLEDGE (1u << 0)
#define STATUS_DRIVER      (1u << 1)
#define STATUS_DRIVER_OK   (1u << 2)
#define STATUS_FEATURES_OK (1u << 3)
#define STATUS_NEEDS_RESET (1u << 6)
#define STATUS_FAILED      (1u << 7)

/// Of the interrupt vectors of MSI-X we use the first one (4.1.5.1.2), for the configuration's changes, too.
#define VECTOR 0

struct transport {
    uint8_t (*get_status)(virtio_t device);
    void (*set_status)(virtio_t device, uint8_t status);
    uint64_t (*get_features)(virtio_t device);
    void (*set_features)(virtio_t device, uint64_t features);
    /// Changes whenever the configuration does, if the device can tell.
    uint8_t (*get_generation)(virtio_t device);
    /// Finds out how long a queue may be, up to `max_size`, and where its doorbell is. What it has
    /// found is in `setup`. ERR_NOT_FOUND, ERR_NOT_ACCEPTABLE.
    error_t (*find_queue)(virtio_t device, unsigned index, unsigned max_size,
                          struct virtq_setup *setup);
    /// Tells the device where the queue that was found last is. ERR_NOT_ACCEPTABLE.
    error_t (*enable_queue)(virtio_t device, virtq_t queue);
};

struct virtio {
    const struct transport *transport;
    struct pci pci;
    virtio_t next;  ///< In the list of this program's devices.
    bool has_irq, uses_msix;
    unsigned irq;
    uint64_t features;
    struct window common;  ///< All of a legacy device's registers.
    struct window notify;
    struct window isr;
    struct window config;
    uint32_t notify_multiplier;
    virtq_t queues[QUEUES_MAX];
};

/// Find the registers. ERR_NOT_FOUND: it isn't a device of this kind. ERR_NOT_ACCEPTABLE,
/// ERR_NO_MEMORY.
error_t __mustuse modern_find(virtio_t device);
error_t __mustuse legacy_find(virtio_t device);

/// The largest power of two up to `size`, which isn't 0.
unsigned power_of_two_below(unsigned size);

#endif
