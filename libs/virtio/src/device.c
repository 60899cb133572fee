#include "device.h"

#include <driver/irq.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#define VENDOR_ID 0x1af4
/// PCI device IDs, 4.1.2: modern devices, and those that are, or can also be, legacy ones.
#define DEVICE_ID_MODERN  0x1040
#define DEVICE_ID_NET     0x1000
#define DEVICE_ID_BLOCK   0x1001
#define DEVICE_ID_ENTROPY 0x1005

/// Features that the library itself makes use of.
#define LIBRARY_FEATURES \
    (1ull << VIRTIO_F_INDIRECT_DESC | 1ull << VIRTIO_F_EVENT_IDX | 1ull << VIRTIO_F_VERSION_1)

#define RESET_TIMEOUT_MS 1000
/// A configuration that changes more often while it is read never stops.
#define CONFIG_TRIES 100

/// All that are open.
static virtio_t devices;

unsigned power_of_two_below(unsigned size) {
    unsigned power = 1;
    while (power <= size / 2) {
        power *= 2;
    }
    return power;
}

static uint16_t transitional_id(unsigned type) {
    switch (type) {
    case VIRTIO_TYPE_NET:
        return DEVICE_ID_NET;
    case VIRTIO_TYPE_BLOCK:
        return DEVICE_ID_BLOCK;
    case VIRTIO_TYPE_ENTROPY:
        return DEVICE_ID_ENTROPY;
    default:
        return 0;
    }
}

static error_t attach(unsigned type, struct pci *pci) {
    error_t err = pci_attach(VENDOR_ID, (uint16_t) (DEVICE_ID_MODERN + type), pci);
    uint16_t id = transitional_id(type);
    if ((err != ERR_NOT_FOUND && err != ERR_IN_USE) || id == 0) {
        return err;
    }
    error_t transitional_err = pci_attach(VENDOR_ID, id, pci);
    // Somebody has one, even if there is none of the other kind.
    return (transitional_err == ERR_NOT_FOUND) ? err : transitional_err;
}

static void add_status(virtio_t device, unsigned bits) {
    uint8_t status = device->transport->get_status(device);
    device->transport->set_status(device, (uint8_t) (status | bits));
}

error_t virtio_reset(virtio_t device) {
    device->transport->set_status(device, 0);
    uint64_t deadline = timer_uptime() + RESET_TIMEOUT_MS;
    while (device->transport->get_status(device) != 0) {
        if (timer_uptime() > deadline) {
            return ERR_UNAVAILABLE;
        }
    }
    return OK;
}

/// Agrees on features (3.1.1).
static error_t negotiate(virtio_t device, uint64_t wanted) {
    add_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    device->features = device->transport->get_features(device) & (wanted | LIBRARY_FEATURES);
    device->transport->set_features(device, device->features);
    if (!virtio_is_modern(device)) {
        return OK;
    }
    add_status(device, STATUS_FEATURES_OK);
    bool accepted = device->transport->get_status(device) & STATUS_FEATURES_OK;
    return (accepted && virtio_has(device, VIRTIO_F_VERSION_1)) ? OK : ERR_NOT_ACCEPTABLE;
}

/// Two devices of a program may have the same line.
static error_t take_irq(virtio_t device) {
    enum dm_irq_kind kind;
    error_t err = pci_acquire_irq(&device->pci, VECTOR, &device->irq, &kind);
    if (err != OK && err != ERR_ALREADY_EXISTS) {
        return err;
    }
    device->has_irq = true;
    device->uses_msix = kind == DM_IRQ_KIND_MSIX;
    return OK;
}

static void give_irq_back(virtio_t device) {
    bool in_use = false;
    for (virtio_t other = devices; other != NULL; other = other->next) {
        in_use = in_use || (other != device && other->has_irq && other->irq == device->irq);
    }
    if (device->has_irq && !in_use) {
        OOPS_OK(irq_release(device->irq));
    }
}

static error_t set_up(virtio_t device, uint64_t features) {
    // First the interrupt: legacy registers are elsewhere when MSI-X is enabled.
    error_t err = take_irq(device);
    if (err != OK) {
        return err;
    }
    err = modern_find(device);
    if (err == ERR_NOT_FOUND) {
        err = legacy_find(device);
    }
    if (err != OK) {
        return err;
    }
    err = virtio_reset(device);
    if (err != OK) {
        return err;
    }
    err = pci_enable_bus_master(&device->pci);
    return (err == OK) ? negotiate(device, features) : err;
}

error_t virtio_open(unsigned type, uint64_t features, virtio_t *opened) {
    virtio_t device = malloc(sizeof(*device));
    if (device == NULL) {
        return ERR_NO_MEMORY;
    }
    bzero(device, sizeof(*device));
    error_t err = attach(type, &device->pci);
    if (err != OK) {
        free(device);
        return err;
    }
    device->next = devices;
    devices = device;
    err = set_up(device, features);
    if (err != OK) {
        virtio_close(device);
        return err;
    }
    *opened = device;
    return OK;
}

static void free_windows(virtio_t device) {
    const struct window *windows[] = {&device->notify, &device->isr, &device->config};
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        // A legacy device has one window for everything.
        if (windows[i]->io != device->common.io) {
            io_free(windows[i]->io);
        }
    }
    io_free(device->common.io);
}

static void forget(virtio_t device) {
    virtio_t *link = &devices;
    while (*link != device) {
        link = &(*link)->next;
    }
    *link = device->next;
}

void virtio_close(virtio_t device) {
    if (device == NULL) {
        return;
    }
    bool stopped = device->transport == NULL || virtio_reset(device) == OK;
    for (int i = 0; i < QUEUES_MAX; i++) {
        if (stopped) {
            virtq_free(device->queues[i]);
        } else {
            virtq_leave(device->queues[i]);
        }
    }
    free_windows(device);
    give_irq_back(device);
    forget(device);
    OOPS_OK(pci_detach(&device->pci));
    free(device);
}

bool virtio_has(virtio_t device, unsigned feature) {
    return (device->features >> feature) & 1;
}

bool virtio_is_modern(virtio_t device) {
    return device->notify.io != NULL;
}

error_t virtio_queue(virtio_t device, unsigned index, const struct virtio_queue_options *options,
                     virtq_t *queue) {
    if (index >= QUEUES_MAX) {
        return ERR_NOT_FOUND;
    }
    if (device->queues[index] != NULL) {
        return ERR_IN_USE;
    }
    struct virtq_setup setup = {
        .event_idx = virtio_has(device, VIRTIO_F_EVENT_IDX),
        .max_pieces = virtio_has(device, VIRTIO_F_INDIRECT_DESC) ? options->max_pieces : 0,
        .notify_value = (uint16_t) index,
    };
    unsigned max_size = (options->max_size != 0) ? options->max_size : VIRTQ_SIZE_MAX;
    error_t err = device->transport->find_queue(device, index, max_size, &setup);
    if (err != OK) {
        return err;
    }
    // A chain is never longer than its queue, wherever it is (2.7.5.3.1).
    setup.max_pieces = MIN(setup.max_pieces, setup.size);
    virtq_t made = virtq_make(&setup);
    if (made == NULL) {
        return ERR_NO_MEMORY;
    }
    device->queues[index] = made;
    *queue = made;
    return device->transport->enable_queue(device, made);
}

void virtio_start(virtio_t device) {
    add_status(device, STATUS_DRIVER_OK);
}

void virtio_acknowledge(virtio_t device) {
    if (!device->uses_msix) {
        (void) io_read8(device->isr.io, device->isr.offset);
    }
}

bool virtio_needs_reset(virtio_t device) {
    return device->transport->get_status(device) & STATUS_NEEDS_RESET;
}

/// A number of the configuration, in the pieces that a device has to understand (4.1.3.1).
static uint64_t read_number(const struct window *window, offset_t offset, size_t size) {
    offset += window->offset;
    switch (size) {
    case 1:
        return io_read8(window->io, offset);
    case 2:
        return io_read16(window->io, offset);
    case 4:
        return io_read32(window->io, offset);
    default:
        return io_read32(window->io, offset) | (uint64_t) io_read32(window->io, offset + 4) << 32;
    }
}

error_t virtio_read_config(virtio_t device, offset_t offset, size_t size, uint64_t *value) {
    const struct window *window = &device->config;
    if (window->io == NULL || size > window->len || offset > window->len - size) {
        return ERR_INVALID_ARG;
    }
    uint64_t before = 0;
    for (int i = 0; i < CONFIG_TRIES; i++) {
        uint8_t generation = device->transport->get_generation(device);
        *value = read_number(window, offset, size);
        bool same_as_before = i > 0 && *value == before;
        // A legacy device doesn't tell when it changes something: the number has to be the same
        // twice.
        if (virtio_is_modern(device) ? generation == device->transport->get_generation(device)
                                     : same_as_before) {
            return OK;
        }
        before = *value;
    }
    return ERR_TRY_AGAIN;
}
