#include "device.h"

// Virtio over PCI, 4.1: capabilities in the configuration space tell in which address range and at
// which offset the registers are.

#define CAPABILITY_VENDOR 0x09
/// So many fit into the space: a list with more is a circle.
#define CAPABILITIES_MAX 48

#define CAP_TYPE       3
#define CAP_BAR        4
#define CAP_OFFSET     8
#define CAP_LEN        12
#define CAP_MULTIPLIER 16

#define CAP_TYPE_COMMON 1
#define CAP_TYPE_NOTIFY 2
#define CAP_TYPE_ISR    3
#define CAP_TYPE_DEVICE 4

/// The common configuration, 4.1.4.3.
#define DEVICE_FEATURE_SELECT 0x00
#define DEVICE_FEATURE        0x04
#define DRIVER_FEATURE_SELECT 0x08
#define DRIVER_FEATURE        0x0c
#define CONFIG_MSIX_VECTOR    0x10
#define NUM_QUEUES            0x12
#define DEVICE_STATUS         0x14
#define CONFIG_GENERATION     0x15
#define QUEUE_SELECT          0x16
#define QUEUE_SIZE            0x18
#define QUEUE_MSIX_VECTOR     0x1a
#define QUEUE_ENABLE          0x1c
#define QUEUE_NOTIFY_OFF      0x1e
#define QUEUE_DESC            0x20
#define QUEUE_DRIVER          0x28
#define QUEUE_DEVICE          0x30
#define COMMON_LEN            0x38

/// No device needs more: what a hostile one says isn't mapped beyond.
#define WINDOW_LEN_MAX 0x100000

static uint8_t get_status(virtio_t device) {
    return io_read8(device->common.io, DEVICE_STATUS);
}

static void set_status(virtio_t device, uint8_t status) {
    io_write8(device->common.io, DEVICE_STATUS, status);
}

static uint64_t get_features(virtio_t device) {
    io_write32(device->common.io, DEVICE_FEATURE_SELECT, 0);
    uint64_t low = io_read32(device->common.io, DEVICE_FEATURE);
    io_write32(device->common.io, DEVICE_FEATURE_SELECT, 1);
    return (uint64_t) io_read32(device->common.io, DEVICE_FEATURE) << 32 | low;
}

static void set_features(virtio_t device, uint64_t features) {
    io_write32(device->common.io, DRIVER_FEATURE_SELECT, 0);
    io_write32(device->common.io, DRIVER_FEATURE, (uint32_t) features);
    io_write32(device->common.io, DRIVER_FEATURE_SELECT, 1);
    io_write32(device->common.io, DRIVER_FEATURE, (uint32_t) (features >> 32));
}

static uint8_t get_generation(virtio_t device) {
    return io_read8(device->common.io, CONFIG_GENERATION);
}

static error_t find_queue(virtio_t device, unsigned index, unsigned max_size,
                          struct virtq_setup *setup) {
    if (index >= io_read16(device->common.io, NUM_QUEUES)) {
        return ERR_NOT_FOUND;
    }
    io_write16(device->common.io, QUEUE_SELECT, (uint16_t) index);
    unsigned size = io_read16(device->common.io, QUEUE_SIZE);
    if (size == 0) {
        return ERR_NOT_FOUND;
    }

    uint64_t offset =
        (uint64_t) io_read16(device->common.io, QUEUE_NOTIFY_OFF) * device->notify_multiplier;
    if (size > VIRTQ_SIZE_MAX || !IS_ALIGNED(offset, sizeof(uint16_t))
        || offset + sizeof(uint16_t) > device->notify.len) {
        return ERR_NOT_ACCEPTABLE;
    }
    setup->size = power_of_two_below(MIN(size, max_size));
    setup->notify_io = device->notify.io;
    setup->notify_offset = (offset_t) offset;
    return OK;
}

static void write_address(virtio_t device, offset_t offset, paddr_t addr) {
    io_write32(device->common.io, offset, (uint32_t) addr);
    io_write32(device->common.io, offset + 4, (uint32_t) ((uint64_t) addr >> 32));
}

static error_t enable_queue(virtio_t device, virtq_t queue) {
    struct virtq_addresses addresses = virtq_addresses(queue);
    io_write16(device->common.io, QUEUE_SIZE, (uint16_t) virtq_size(queue));
    write_address(device, QUEUE_DESC, addresses.descs);
    write_address(device, QUEUE_DRIVER, addresses.avail);
    write_address(device, QUEUE_DEVICE, addresses.used);
    if (device->uses_msix) {
        io_write16(device->common.io, CONFIG_MSIX_VECTOR, VECTOR);
        io_write16(device->common.io, QUEUE_MSIX_VECTOR, VECTOR);
        if (io_read16(device->common.io, CONFIG_MSIX_VECTOR) != VECTOR
            || io_read16(device->common.io, QUEUE_MSIX_VECTOR) != VECTOR) {
            return ERR_NOT_ACCEPTABLE;
        }
    }
    io_write16(device->common.io, QUEUE_ENABLE, 1);
    return OK;
}

static const struct transport modern = {
    .get_status = get_status,
    .set_status = set_status,
    .get_features = get_features,
    .set_features = set_features,
    .get_generation = get_generation,
    .find_queue = find_queue,
    .enable_queue = enable_queue,
};

/// Maps the registers that the capability at `cap` tells of. Of several that tell of the same, the
/// first one is preferred (4.1.4).
static error_t add_window(virtio_t device, offset_t cap, struct window *window) {
    uint32_t bar, offset, len;
    error_t err = pci_read_config(&device->pci, cap + CAP_BAR, 1, &bar);
    err = (err == OK) ? pci_read_config(&device->pci, cap + CAP_OFFSET, 4, &offset) : err;
    err = (err == OK) ? pci_read_config(&device->pci, cap + CAP_LEN, 4, &len) : err;
    if (err != OK || window->io != NULL) {
        return err;
    }
    if (len == 0) {
        return ERR_NOT_ACCEPTABLE;
    }
    return window_map(&device->pci, bar, offset, MIN(len, (uint32_t) WINDOW_LEN_MAX), window);
}

static error_t add_capability(virtio_t device, offset_t cap) {
    uint32_t type;
    error_t err = pci_read_config(&device->pci, cap + CAP_TYPE, 1, &type);
    if (err != OK) {
        return err;
    }
    switch (type) {
    case CAP_TYPE_COMMON:
        return add_window(device, cap, &device->common);
    case CAP_TYPE_NOTIFY:
        err = pci_read_config(&device->pci, cap + CAP_MULTIPLIER, 4, &device->notify_multiplier);
        return (err == OK) ? add_window(device, cap, &device->notify) : err;
    case CAP_TYPE_ISR:
        return add_window(device, cap, &device->isr);
    case CAP_TYPE_DEVICE:
        return add_window(device, cap, &device->config);
    default:
        return OK;
    }
}

error_t modern_find(virtio_t device) {
    offset_t cap = 0;
    for (int i = 0; i < CAPABILITIES_MAX; i++) {
        error_t err = pci_find_capability(&device->pci, CAPABILITY_VENDOR, cap, &cap);
        if (err == ERR_NOT_FOUND) {
            break;
        }
        err = (err == OK) ? add_capability(device, cap) : err;
        if (err != OK) {
            return err;
        }
    }
    bool none = device->common.io == NULL && device->notify.io == NULL && device->isr.io == NULL
                && device->config.io == NULL;
    if (none) {
        return ERR_NOT_FOUND;
    }
    if (device->common.len < COMMON_LEN || device->notify.io == NULL || device->isr.io == NULL) {
        return ERR_NOT_ACCEPTABLE;
    }
    device->transport = &modern;
    return OK;
}
