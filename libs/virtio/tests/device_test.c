#include "../src/device.h"

#include "../../common/tests/random.h"

#include <string.h>
#include <unittest.h>

#include "fake_dma.h"
#include "pci_device.h"

#define FEATURE_5 (1ull << 5)

static virtio_t device;

static error_t open_it(bool modern, enum msix msix) {
    pci_device_init(modern, msix);
    return virtio_open(VIRTIO_TYPE_BLOCK, FEATURE_5 | 1ull << 9, &device);
}

/// Nothing of a device is left.
static void expect_clean(void) {
    TEST_EXPECT(!pci_device.attached);
    TEST_EXPECT(!pci_device_irq_acquired);
    TEST_EXPECT_EQ(pci_device.windows, 0);
    TEST_EXPECT_EQ(fake_dma_allocated(), 0);
}

static void done(void) {
    virtio_close(device);
    expect_clean();
}

TEST("a device is reset, agrees on features and starts, whatever its kind and interrupt") {
    for (int kind = 0; kind < 4; kind++) {
        bool modern = kind & 1;
        enum msix msix = (kind & 2) ? WITH_MSIX : WITHOUT_MSIX;
        TEST_EXPECT_EQ(open_it(modern, msix), OK);
        TEST_EXPECT_EQ(pci_device.resets, 1);
        TEST_EXPECT(pci_device.bus_master);
        TEST_EXPECT_EQ(virtio_is_modern(device), modern);
        TEST_EXPECT(virtio_has(device, 5));
        TEST_EXPECT(!virtio_has(device, 9));
        TEST_EXPECT_EQ(pci_device.driver_features, pci_device.features);
        TEST_EXPECT_EQ(pci_device.status, modern ? 0x0b : 0x03);

        virtq_t queue, other;
        static const struct virtio_queue_options options = {.max_size = 33, .max_pieces = 4};
        TEST_EXPECT_EQ(virtio_queue(device, 1, &options, &queue), OK);
        TEST_EXPECT_EQ(virtio_queue(device, 1, &options, &other), ERR_IN_USE);
        TEST_EXPECT_EQ(virtio_queue(device, 2, &options, &other), ERR_NOT_FOUND);
        TEST_EXPECT_EQ(virtio_queue(device, 16, &options, &other), ERR_NOT_FOUND);
        unsigned size = modern ? 32 : 64;
        TEST_EXPECT_EQ(virtq_num_free(queue), size);
        struct virtq_addresses at = virtq_addresses(queue);
        if (modern) {
            TEST_EXPECT_EQ(pci_device.queues[1].size, size);
            TEST_EXPECT_EQ(pci_device.queues[1].descs, at.descs);
            TEST_EXPECT_EQ(pci_device.queues[1].avail, at.descs + 16 * size);
            TEST_EXPECT_EQ(pci_device.queues[1].used, at.descs + 4096);
            TEST_EXPECT(pci_device.queues[1].enabled);
        } else {
            TEST_EXPECT_EQ(pci_device.queues[1].page, at.descs / 4096);
        }
        TEST_EXPECT_EQ(pci_device.config_vector, (msix == WITH_MSIX) ? 0 : 0xffff);

        virtio_start(device);
        TEST_EXPECT_EQ(pci_device.status, modern ? 0x0f : 0x07);
        struct virtq_piece piece = {.addr = 0x1000, .len = 1};
        TEST_EXPECT_EQ(virtq_add(queue, &piece, 0, 1, &piece), OK);
        // With events, the device's memory says that it wants to hear of the first one.
        virtq_kick(queue);
        TEST_EXPECT_EQ(pci_device.queues[1].notified, 1);
        TEST_EXPECT_EQ(pci_device.queues[0].notified, 0);
        pci_device.isr = 1;
        virtio_acknowledge(device);
        TEST_EXPECT_EQ(pci_device.isr, (msix == WITH_MSIX) ? 1 : 0);

        TEST_EXPECT(!virtio_needs_reset(device));
        pci_device.status |= 0x40;
        TEST_EXPECT(virtio_needs_reset(device));
        TEST_EXPECT_EQ(virtio_reset(device), OK);
        TEST_EXPECT_EQ(virtq_abort(queue), &piece);
        TEST_EXPECT_EQ(virtq_abort(queue), NULL);
        done();
    }
}

TEST("modern devices' IDs tell their type") {
    pci_device_init(true, WITH_MSIX);
    pci_device.device_id = 0x1042;
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_ENTROPY, 0, &device), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_BLOCK, 0, &device), OK);
    done();
    pci_device_init(true, WITH_MSIX);
    pci_device.device_id = 0x1005;
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_BLOCK, 0, &device), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(virtio_open(16, 0, &device), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_ENTROPY, 0, &device), OK);
    virtio_t second;
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_ENTROPY, 0, &second), ERR_IN_USE);
    done();
    virtio_close(NULL);
}

TEST("two devices of a program that share a line have it until both are closed") {
    TEST_EXPECT_EQ(open_it(true, WITHOUT_MSIX), OK);
    virtio_t first = device;
    unsigned windows_of_first = pci_device.windows;
    TEST_EXPECT_EQ(open_it(false, WITHOUT_MSIX), OK);
    pci_device.windows += windows_of_first;
    virtio_close(device);
    TEST_EXPECT(pci_device_irq_acquired);
    pci_device.modern = true;
    virtio_close(first);
    expect_clean();
}

TEST("a device that insists on a feature that nobody wants, or isn't modern at all, is refused") {
    pci_device_init(true, WITH_MSIX);
    pci_device.refused = FEATURE_5;
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_BLOCK, FEATURE_5, &device), ERR_NOT_ACCEPTABLE);
    expect_clean();
    pci_device_init(true, WITH_MSIX);
    pci_device.features &= ~(1ull << 32);
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_BLOCK, FEATURE_5, &device), ERR_NOT_ACCEPTABLE);
    expect_clean();
}

TEST("a device that doesn't stop keeps its queue's memory") {
    TEST_EXPECT_EQ(open_it(true, WITH_MSIX), OK);
    virtq_t queue;
    TEST_EXPECT_EQ(virtio_queue(device, 0, &(struct virtio_queue_options){0}, &queue), OK);
    TEST_EXPECT_EQ(virtq_num_free(queue), 64);
    pci_device.never_resets = true;
    TEST_EXPECT_EQ(virtio_reset(device), ERR_UNAVAILABLE);
    virtio_close(device);
    TEST_EXPECT_EQ(fake_dma_allocated(), 1);
    fake_dma_free_all();
    expect_clean();

    pci_device_init(false, WITHOUT_MSIX);
    pci_device.never_resets = true;
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_BLOCK, 0, &device), ERR_UNAVAILABLE);
    expect_clean();
}

TEST("numbers of the configuration are read in one moment, and not beyond its end") {
    for (int modern = 0; modern <= 1; modern++) {
        TEST_EXPECT_EQ(open_it(modern, WITH_MSIX), OK);
        uint64_t value;
        TEST_EXPECT_EQ(virtio_read_config(device, 3, 1, &value), OK);
        TEST_EXPECT_EQ(value, 0x13);
        TEST_EXPECT_EQ(virtio_read_config(device, 2, 2, &value), OK);
        TEST_EXPECT_EQ(value, 0x1312);
        TEST_EXPECT_EQ(virtio_read_config(device, 12, 4, &value), OK);
        TEST_EXPECT_EQ(value, 0x1f1e1d1c);
        TEST_EXPECT_EQ(virtio_read_config(device, 8, 8, &value), OK);
        TEST_EXPECT_EQ(value, 0x1f1e1d1c1b1a1918);
        TEST_EXPECT_EQ(virtio_read_config(device, 16, 1, &value), ERR_INVALID_ARG);
        TEST_EXPECT_EQ(virtio_read_config(device, 12, 8, &value), ERR_INVALID_ARG);
        TEST_EXPECT_EQ(virtio_read_config(device, UINTPTR_MAX - 3, 4, &value), ERR_INVALID_ARG);

        pci_device.restless = 5;
        TEST_EXPECT_EQ(virtio_read_config(device, 0, 1, &value), OK);
        TEST_EXPECT_EQ(value, pci_device.config[0]);
        TEST_EXPECT_EQ(pci_device.restless, 0);
        pci_device.restless = UINT32_MAX;
        TEST_EXPECT_EQ(virtio_read_config(device, 0, 1, &value), ERR_TRY_AGAIN);
        done();
    }
}

TEST("registers that aren't where they are said to be are refused") {
    static const struct {
        unsigned type, offset;
        uint32_t value;
    } lies[] = {
        {1, 4, 6},      {1, 4, 2},          {1, 4, 255},    {1, 12, 0x37},   {1, 12, 0},
        {1, 8, 0x3fc9}, {1, 8, 0xffffffff}, {2, 8, 0x3001}, {2, 12, 0x1001}, {2, 12, 0xffffffff},
        {3, 8, 0x4000}, {4, 12, 0x3000},    {2, 3, 5},      {3, 3, 77},
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        pci_device_init(true, WITH_MSIX);
        unsigned place = pci_device_cap(lies[i].type) + lies[i].offset;
        memcpy(&pci_device.space[place], &lies[i].value, (lies[i].offset < 8) ? 1 : 4);
        TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_BLOCK, 0, &device), ERR_NOT_ACCEPTABLE);
        expect_clean();
    }
}

TEST("queues that can't be are refused") {
    static const struct virtio_queue_options options = {.max_size = 0};
    virtq_t queue;
    for (int kind = 0; kind < 7; kind++) {
        TEST_EXPECT_EQ(open_it(kind < 5, (kind == 4) ? MSIX_VECTORS_REFUSED : WITH_MSIX), OK);
        error_t expected = ERR_NOT_ACCEPTABLE;
        switch (kind) {
        case 0:
            pci_device.queues[0].size = 32769;
            break;
        case 1:
            pci_device.queues[0].notify_off = 0x400;
            break;
        case 2:
            pci_device.num_queues = 0;
            expected = ERR_NOT_FOUND;
            break;
        case 3:
            pci_device.queues[0].size = 0;
            expected = ERR_NOT_FOUND;
            break;
        case 5:
            pci_device.queues[0].size = 48;
            break;
        case 6:
            pci_device.queues[0].size = 8192;
            break;
        default:
            break;
        }
        TEST_EXPECT_EQ(virtio_queue(device, 0, &options, &queue), expected);
        done();
    }
    TEST_EXPECT_EQ(open_it(true, WITH_MSIX), OK);
    fake_dma_none_left(true);
    TEST_EXPECT_EQ(virtio_queue(device, 0, &options, &queue), ERR_NO_MEMORY);
    fake_dma_none_left(false);
    done();
}

TEST("capabilities in a circle, or beside the space, end the search") {
    pci_device_init(true, WITH_MSIX);
    pci_device.space[0x41] = 0x40;
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_BLOCK, 0, &device), OK);
    TEST_EXPECT(!virtio_is_modern(device));
    done();
    pci_device_init(true, WITH_MSIX);
    pci_device.space[0xa1] = 0x50;
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_BLOCK, 0, &device), OK);
    TEST_EXPECT(virtio_is_modern(device));
    done();
    pci_device_init(true, WITH_MSIX);
    pci_device.space[0x34] = 0x3f;
    TEST_EXPECT_EQ(virtio_open(VIRTIO_TYPE_BLOCK, 0, &device), OK);
    TEST_EXPECT(!virtio_is_modern(device));
    done();
}

TEST("a configuration space of random bytes opens no device wrongly and leaves nothing behind") {
    uint32_t seed = 9;
    unsigned opened = 0;
    for (int round = 0; round < 20000; round++) {
        pci_device_init(true, (round % 2 == 0) ? WITH_MSIX : WITHOUT_MSIX);
        for (unsigned i = random_below(&seed, 6); i > 0; i--) {
            unsigned place = 0x34 + random_below(&seed, 0x80);
            pci_device.space[place] = (uint8_t) random_next(&seed);
        }
        if (virtio_open(VIRTIO_TYPE_BLOCK, 0, &device) == OK) {
            virtq_t queue;
            error_t err = virtio_queue(device, 0, &(struct virtio_queue_options){0}, &queue);
            opened += err == OK;
            virtio_close(device);
        }
        expect_clean();
    }
    TEST_EXPECT_GT(opened, 0);
}
