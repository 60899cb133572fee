#include "device.h"
#include "ring.h"

// Virtio over PCI as it was before version 1.0, 4.1.4.10: all registers are in the first range of
// I/O ports, in the CPU's byte order.

#define DEVICE_FEATURES 0x00
#define DRIVER_FEATURES 0x04
#define QUEUE_ADDRESS   0x08
#define QUEUE_SIZE      0x0c
#define QUEUE_SELECT    0x0e
#define QUEUE_NOTIFY    0x10
#define DEVICE_STATUS   0x12
#define ISR_STATUS      0x13
#define COMMON_LEN      0x14
/// Only while MSI-X is enabled; the device's configuration is behind it.
#define CONFIG_MSIX_VECTOR 0x14
#define QUEUE_MSIX_VECTOR  0x16
#define COMMON_LEN_MSIX    0x18

/// Queues longer than this one, which the driver can't shorten, aren't worth their memory.
#define LEGACY_SIZE_MAX 4096

static uint8_t get_status(virtio_t device) {
    return io_read8(device->common.io, DEVICE_STATUS);
}

static void set_status(virtio_t device, uint8_t status) {
    io_write8(device->common.io, DEVICE_STATUS, status);
}

static uint64_t get_features(virtio_t device) {
    return io_read32(device->common.io, DEVICE_FEATURES);
}

static void set_features(virtio_t device, uint64_t features) {
    io_write32(device->common.io, DRIVER_FEATURES, (uint32_t) features);
}

static uint8_t get_generation(virtio_t device __unused) {
    return 0;
}

static error_t find_queue(virtio_t device, unsigned index, unsigned max_size __unused,
                          struct virtq_setup *setup) {
    io_write16(device->common.io, QUEUE_SELECT, (uint16_t) index);
    unsigned size = io_read16(device->common.io, QUEUE_SIZE);
    if (size == 0) {
        return ERR_NOT_FOUND;
    }
    if (size > LEGACY_SIZE_MAX || power_of_two_below(size) != size) {
        return ERR_NOT_ACCEPTABLE;
    }
    setup->size = size;
    setup->notify_io = device->common.io;
    setup->notify_offset = QUEUE_NOTIFY;
    return OK;
}

static error_t enable_queue(virtio_t device, virtq_t queue) {
    uint64_t page = virtq_addresses(queue).descs / VIRTQ_ALIGN;
    if (page > UINT32_MAX) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (device->uses_msix) {
        io_write16(device->common.io, CONFIG_MSIX_VECTOR, VECTOR);
        io_write16(device->common.io, QUEUE_MSIX_VECTOR, VECTOR);
        if (io_read16(device->common.io, CONFIG_MSIX_VECTOR) != VECTOR
            || io_read16(device->common.io, QUEUE_MSIX_VECTOR) != VECTOR) {
            return ERR_NOT_ACCEPTABLE;
        }
    }
    io_write32(device->common.io, QUEUE_ADDRESS, (uint32_t) page);
    return OK;
}

static const struct transport legacy = {
    .get_status = get_status,
    .set_status = set_status,
    .get_features = get_features,
    .set_features = set_features,
    .get_generation = get_generation,
    .find_queue = find_queue,
    .enable_queue = enable_queue,
};

error_t legacy_find(virtio_t device) {
    error_t err = window_map_ports(&device->pci, 0, &device->common);
    if (err != OK) {
        return (err == ERR_NOT_FOUND) ? ERR_NOT_ACCEPTABLE : err;
    }
    size_t len = device->common.len;
    size_t common_len = device->uses_msix ? COMMON_LEN_MSIX : COMMON_LEN;
    if (len < common_len) {
        return ERR_NOT_ACCEPTABLE;
    }
    device->isr = (struct window){.io = device->common.io, .offset = ISR_STATUS, .len = 1};
    device->config =
        (struct window){.io = device->common.io, .offset = common_len, .len = len - common_len};
    device->transport = &legacy;
    return OK;
}
