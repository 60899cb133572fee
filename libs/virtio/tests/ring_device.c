#include "ring_device.h"

#include <string.h>
#include <unittest.h>

#include "fake_dma.h"

// Offsets as 2.7 of the specification and, for where the used ring begins, 2.7.2 (legacy layout)
// tell them.

struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

static struct desc *descs(struct ring_device *device) {
    return (struct desc *) device->memory;
}

static uint16_t *avail(struct ring_device *device) {
    return (uint16_t *) (device->memory + 16 * device->size);
}

static uint8_t *used(struct ring_device *device) {
    size_t end = 16 * device->size + 2 * (3 + device->size);
    return device->memory + (end + 4095) / 4096 * 4096;
}

void ring_device_init(struct ring_device *device, void *memory, unsigned size, bool event_idx) {
    *device = (struct ring_device){.memory = memory, .size = size, .event_idx = event_idx};
}

uint16_t *ring_device_used_index(struct ring_device *device) {
    return (uint16_t *) used(device) + 1;
}

static void add_piece(struct ring_request *request, const struct desc *desc) {
    unsigned count = request->num_out + request->num_in;
    TEST_EXPECT_LT(count, RING_PIECES_MAX);
    request->pieces[count].data = (uint8_t *) (uintptr_t) desc->addr;
    request->pieces[count].len = desc->len;
    if (desc->flags & 2) {
        request->num_in++;
    } else {
        TEST_EXPECT_EQ(request->num_in, 0);
        request->num_out++;
    }
}

static void walk(const struct desc *table, unsigned size, unsigned first,
                 struct ring_request *request) {
    const struct desc *desc = &table[first];
    unsigned steps = 0;
    while (true) {
        TEST_EXPECT_EQ(desc->flags & 4, 0);
        add_piece(request, desc);
        if (!(desc->flags & 1)) {
            return;
        }
        TEST_EXPECT_LT(desc->next, size);
        TEST_EXPECT_LT(++steps, size);
        desc = &table[desc->next];
    }
}

bool ring_device_get(struct ring_device *device, struct ring_request *request) {
    const uint16_t *ring = avail(device);
    if (ring[1] == device->seen) {
        return false;
    }
    memset(request, 0, sizeof(*request));
    request->head = ring[2 + device->seen % device->size];
    device->seen++;
    TEST_EXPECT_LT(request->head, device->size);
    const struct desc *head = &descs(device)[request->head];
    if (head->flags & 4) {
        TEST_EXPECT_EQ(head->flags, 4);
        request->indirect = true;
        walk((const struct desc *) fake_dma_host(head->addr), head->len / 16, 0, request);
    } else {
        walk(descs(device), device->size, request->head, request);
    }
    return true;
}

void ring_device_put(struct ring_device *device, uint32_t id, uint32_t len) {
    uint32_t *elem = (uint32_t *) (used(device) + 4) + 2 * (device->used % device->size);
    elem[0] = id;
    elem[1] = len;
    uint16_t before = device->used;
    device->used++;
    *ring_device_used_index(device) = device->used;
    if (device->event_idx) {
        // The driver hears of the chain after used_event.
        device->num_interrupts += avail(device)[2 + device->size] == before;
    } else {
        device->num_interrupts += !(avail(device)[0] & 1);
    }
}

void ring_device_wish(struct ring_device *device, uint16_t more) {
    if (device->event_idx) {
        uint16_t *event = (uint16_t *) (used(device) + 4 + 8 * device->size);
        *event = (uint16_t) (device->seen + more - 1);
    } else {
        *(uint16_t *) used(device) = more == UINT16_MAX;
    }
}
