#include "../src/queue.h"

#include "../../common/tests/random.h"

#include <string.h>
#include <unittest.h>

#include "fake_dma.h"
#include "fake_regs.h"
#include "ring_device.h"

#define NOTIFY_OFFSET 0x30
#define NOTIFY_VALUE  3

static struct ring_device device;
static virtq_t queue;

static void ring_doorbell(offset_t offset, size_t size, uint32_t value) {
    TEST_EXPECT_EQ(offset, NOTIFY_OFFSET);
    TEST_EXPECT_EQ(size, sizeof(uint16_t));
    TEST_EXPECT_EQ(value, NOTIFY_VALUE);
    device.num_notified++;
}

static struct io doorbell = {.len = 0x40, .write = ring_doorbell};

static void make(unsigned size, bool event_idx, unsigned max_pieces) {
    queue = virtq_make(&(struct virtq_setup){
        .size = size,
        .event_idx = event_idx,
        .max_pieces = max_pieces,
        .notify_io = &doorbell,
        .notify_offset = NOTIFY_OFFSET,
        .notify_value = NOTIFY_VALUE,
    });
    TEST_EXPECT(queue != NULL);
    ring_device_init(&device, fake_dma_host(virtq_addresses(queue).descs), size, event_idx);
}

static void done(void) {
    virtq_free(queue);
    TEST_EXPECT_EQ(fake_dma_allocated(), 0);
}

static uint8_t data[64];

/// Pieces at data[0], data[1], …, of 1, 2, … bytes.
static error_t add(unsigned num_out, unsigned num_in, void *request) {
    struct virtq_piece pieces[40];
    for (unsigned i = 0; i < num_out + num_in; i++) {
        pieces[i] = (struct virtq_piece){.addr = (uintptr_t) &data[i], .len = i + 1};
    }
    return virtq_add(queue, pieces, num_out, num_in, request);
}

static int things[4096];

TEST("the device finds what was added, and the driver what the device has finished") {
    for (unsigned max_pieces = 0; max_pieces <= 8; max_pieces += 8) {
        make(8, false, max_pieces);
        TEST_EXPECT_EQ(add(1, 2, &things[0]), OK);
        TEST_EXPECT_EQ(add(2, 0, &things[1]), OK);
        TEST_EXPECT_EQ(add(0, 1, &things[2]), OK);
        TEST_EXPECT_EQ(virtq_num_under_way(queue), 3);
        TEST_EXPECT_EQ(virtq_num_free(queue), (max_pieces != 0) ? 5 : 2);

        struct ring_request requests[3];
        static const unsigned outs[] = {1, 2, 0}, ins[] = {2, 0, 1};
        for (unsigned i = 0; i < 3; i++) {
            TEST_EXPECT(ring_device_get(&device, &requests[i]));
            TEST_EXPECT_EQ(requests[i].num_out, outs[i]);
            TEST_EXPECT_EQ(requests[i].num_in, ins[i]);
            TEST_EXPECT_EQ(requests[i].indirect, max_pieces != 0 && outs[i] + ins[i] > 1);
            for (unsigned j = 0; j < outs[i] + ins[i]; j++) {
                TEST_EXPECT_EQ((uintptr_t) requests[i].pieces[j].data, (uintptr_t) &data[j]);
                TEST_EXPECT_EQ(requests[i].pieces[j].len, j + 1);
            }
        }
        TEST_EXPECT(!ring_device_get(&device, &requests[0]));

        uint32_t len;
        TEST_EXPECT_EQ(virtq_take(queue, &len), NULL);
        // In another order.
        ring_device_put(&device, requests[2].head, 1);
        ring_device_put(&device, requests[0].head, 4);
        TEST_EXPECT_EQ(virtq_take(queue, &len), &things[2]);
        TEST_EXPECT_EQ(len, 1);
        TEST_EXPECT_EQ(virtq_take(queue, &len), &things[0]);
        TEST_EXPECT_EQ(len, 4);
        TEST_EXPECT_EQ(virtq_take(queue, &len), NULL);
        ring_device_put(&device, requests[1].head, 0);
        TEST_EXPECT_EQ(virtq_take(queue, &len), &things[1]);
        TEST_EXPECT_EQ(len, 0);
        TEST_EXPECT_EQ(virtq_num_free(queue), 8);
        TEST_EXPECT_EQ(virtq_num_under_way(queue), 0);
        TEST_EXPECT(!virtq_is_broken(queue));
        done();
    }
}

TEST("a queue that is full says so, and goes on when something has come back") {
    make(4, false, 0);
    uint32_t len;
    struct ring_request request;
    TEST_EXPECT_EQ(add(1, 2, &things[0]), OK);
    TEST_EXPECT_EQ(add(1, 1, &things[1]), ERR_NO_SPACE);
    TEST_EXPECT_EQ(add(1, 0, &things[1]), OK);
    TEST_EXPECT_EQ(add(1, 0, &things[2]), ERR_NO_SPACE);
    TEST_EXPECT_EQ(add(3, 2, &things[2]), ERR_TOO_LARGE);
    TEST_EXPECT(ring_device_get(&device, &request));
    ring_device_put(&device, request.head, 0);
    TEST_EXPECT_EQ(virtq_take(queue, &len), &things[0]);
    TEST_EXPECT_EQ(add(2, 1, &things[2]), OK);
    TEST_EXPECT_EQ(virtq_num_free(queue), 0);
    done();

    make(4, false, 5);
    TEST_EXPECT_EQ(add(3, 3, &things[0]), ERR_TOO_LARGE);
    for (unsigned i = 0; i < 4; i++) {
        TEST_EXPECT_EQ(add(3, 2, &things[i]), OK);
    }
    TEST_EXPECT_EQ(add(1, 0, &things[4]), ERR_NO_SPACE);
    done();
}

TEST("a device that says it wrote more than it may is cut short") {
    make(4, false, 0);
    uint32_t len;
    struct ring_request request;
    TEST_EXPECT_EQ(add(1, 2, &things[0]), OK);
    TEST_EXPECT(ring_device_get(&device, &request));
    ring_device_put(&device, request.head, UINT32_MAX);
    TEST_EXPECT_EQ(virtq_take(queue, &len), &things[0]);
    TEST_EXPECT_EQ(len, 5);
    // The sum of the lengths doesn't wrap around.
    struct virtq_piece huge[2] = {{1, UINT32_MAX}, {1, UINT32_MAX}};
    TEST_EXPECT_EQ(virtq_add(queue, huge, 0, 2, &things[1]), OK);
    TEST_EXPECT(ring_device_get(&device, &request));
    ring_device_put(&device, request.head, 77);
    TEST_EXPECT_EQ(virtq_take(queue, &len), &things[1]);
    TEST_EXPECT_EQ(len, 77);
    done();
}

static void expect_broken(void) {
    uint32_t len;
    TEST_EXPECT_EQ(virtq_take(queue, &len), NULL);
    TEST_EXPECT(virtq_is_broken(queue));
    TEST_EXPECT_EQ(add(1, 0, &things[9]), ERR_IO);
    // Who waits for what comes next isn't kept in a loop.
    TEST_EXPECT(virtq_interrupt_after(queue, 1));
    unsigned before = device.num_notified;
    virtq_kick(queue);
    TEST_EXPECT_EQ(device.num_notified, before);
}

TEST("a device that finishes what isn't under way is given up") {
    struct ring_request request;
    uint32_t len;
    // No such descriptor; one inside of a chain; one that is free; one twice; more than there are.
    for (int kind = 0; kind < 6; kind++) {
        make(8, false, 0);
        TEST_EXPECT_EQ(add(1, 1, &things[0]), OK);
        TEST_EXPECT_EQ(add(1, 1, &things[1]), OK);
        TEST_EXPECT(ring_device_get(&device, &request));
        static const uint32_t ids[] = {8, UINT32_MAX, 1, 5};
        if (kind < 4) {
            ring_device_put(&device, ids[kind], 0);
        } else if (kind == 4) {
            ring_device_put(&device, request.head, 0);
            TEST_EXPECT_EQ(virtq_take(queue, &len), &things[0]);
            ring_device_put(&device, request.head, 0);
        } else {
            *ring_device_used_index(&device) = 3;
        }
        expect_broken();

        // After a reset, all that was under way comes back once.
        unsigned left = virtq_num_under_way(queue);
        TEST_EXPECT_EQ(left, (kind == 4) ? 1 : 2);
        for (unsigned i = 0; i < left; i++) {
            TEST_EXPECT(virtq_abort(queue) != NULL);
        }
        TEST_EXPECT_EQ(virtq_abort(queue), NULL);
        TEST_EXPECT_EQ(virtq_num_free(queue), 8);
        done();
    }
}

TEST("an index that goes backwards is given up") {
    make(8, true, 0);
    TEST_EXPECT_EQ(add(1, 1, &things[0]), OK);
    *ring_device_used_index(&device) = UINT16_MAX;
    expect_broken();
    done();
}

TEST("the device is told of requests unless it says that it looks by itself") {
    make(8, false, 0);
    virtq_kick(queue);
    TEST_EXPECT_EQ(device.num_notified, 0);
    TEST_EXPECT_EQ(add(1, 0, &things[0]), OK);
    TEST_EXPECT_EQ(add(1, 0, &things[1]), OK);
    virtq_kick(queue);
    TEST_EXPECT_EQ(device.num_notified, 1);
    virtq_kick(queue);
    TEST_EXPECT_EQ(device.num_notified, 1);
    ring_device_wish(&device, UINT16_MAX);
    TEST_EXPECT_EQ(add(1, 0, &things[2]), OK);
    virtq_kick(queue);
    TEST_EXPECT_EQ(device.num_notified, 1);
    done();

    make(8, true, 0);
    struct ring_request request;
    ring_device_wish(&device, 1);
    TEST_EXPECT_EQ(add(1, 0, &things[0]), OK);
    virtq_kick(queue);
    TEST_EXPECT_EQ(device.num_notified, 1);
    // It hasn't moved its event, so it is still at work.
    TEST_EXPECT_EQ(add(1, 0, &things[1]), OK);
    virtq_kick(queue);
    TEST_EXPECT_EQ(device.num_notified, 1);
    TEST_EXPECT(ring_device_get(&device, &request));
    TEST_EXPECT(ring_device_get(&device, &request));
    ring_device_wish(&device, 3);
    for (int i = 0; i < 2; i++) {
        TEST_EXPECT_EQ(add(1, 0, &things[2]), OK);
        virtq_kick(queue);
        TEST_EXPECT_EQ(device.num_notified, 1);
    }
    TEST_EXPECT_EQ(add(1, 0, &things[3]), OK);
    virtq_kick(queue);
    TEST_EXPECT_EQ(device.num_notified, 2);
    done();
}

/// Lets the device finish the next request.
static void finish_one(void) {
    struct ring_request request;
    TEST_EXPECT(ring_device_get(&device, &request));
    ring_device_put(&device, request.head, 0);
}

TEST("the device interrupts when it is asked to, and only then") {
    for (int event_idx = 0; event_idx <= 1; event_idx++) {
        make(8, event_idx, 0);
        uint32_t len;
        for (unsigned i = 0; i < 6; i++) {
            TEST_EXPECT_EQ(add(1, 0, &things[i]), OK);
        }
        finish_one();
        TEST_EXPECT_EQ(device.num_interrupts, 0);
        // It has happened already.
        TEST_EXPECT(!virtq_interrupt_after(queue, 1));
        TEST_EXPECT_EQ(virtq_take(queue, &len), &things[0]);
        TEST_EXPECT(virtq_interrupt_after(queue, 1));
        finish_one();
        TEST_EXPECT_EQ(device.num_interrupts, 1);
        TEST_EXPECT_EQ(virtq_take(queue, &len), &things[1]);
        virtq_no_interrupts(queue);
        finish_one();
        finish_one();
        TEST_EXPECT_EQ(device.num_interrupts, 1);
        TEST_EXPECT_EQ(virtq_take(queue, &len), &things[2]);
        TEST_EXPECT_EQ(virtq_take(queue, &len), &things[3]);
        TEST_EXPECT(virtq_interrupt_after(queue, 2));
        finish_one();
        TEST_EXPECT_EQ(device.num_interrupts, event_idx ? 1 : 2);
        finish_one();
        TEST_EXPECT_EQ(device.num_interrupts, event_idx ? 2 : 3);
        TEST_EXPECT(!virtq_interrupt_after(queue, 2));
        done();
    }
}

TEST("without memory there is no queue") {
    fake_dma_none_left(true);
    TEST_EXPECT_EQ(virtq_make(&(struct virtq_setup){.size = 8}), NULL);
    fake_dma_none_left(false);
    TEST_EXPECT_EQ(fake_dma_allocated(), 0);
}

/// What the driver believes to be under way, by request.
struct load {
    bool under_way[4096];
    unsigned num_out[4096], num_in[4096];
    unsigned count;
    struct ring_request at_device[4096];
    unsigned num_at_device;
};

static struct load load;

static void add_random(uint32_t *seed, unsigned max_pieces) {
    unsigned which = random_below(seed, 64);
    unsigned num_out = random_below(seed, 4), num_in = random_below(seed, 4);
    if (load.under_way[which] || num_out + num_in == 0) {
        return;
    }
    unsigned needed = (max_pieces != 0 && num_out + num_in > 1) ? 1 : num_out + num_in;
    bool fits = virtq_num_free(queue) >= needed;
    TEST_EXPECT_EQ(add(num_out, num_in, &things[which]), fits ? OK : ERR_NO_SPACE);
    if (fits) {
        load.under_way[which] = true;
        load.num_out[which] = num_out;
        load.num_in[which] = num_in;
        load.count++;
    }
}

static void work_at_random(uint32_t *seed) {
    if (random_below(seed, 2) == 0) {
        if (ring_device_get(&device, &load.at_device[load.num_at_device])) {
            load.num_at_device++;
        }
    } else if (load.num_at_device > 0) {
        unsigned i = random_below(seed, load.num_at_device);
        ring_device_put(&device, load.at_device[i].head, 0);
        load.at_device[i] = load.at_device[--load.num_at_device];
    }
}

static void take_random(void) {
    uint32_t len;
    int *thing = virtq_take(queue, &len);
    if (thing != NULL) {
        TEST_EXPECT(load.under_way[thing - things]);
        load.under_way[thing - things] = false;
        load.count--;
    }
}

TEST("random steps, past the end of what an index can count, lose and double nothing") {
    for (unsigned max_pieces = 0; max_pieces <= 8; max_pieces += 8) {
        make(16, true, max_pieces);
        memset(&load, 0, sizeof(load));
        uint32_t seed = 5;
        unsigned last_used = 0, wraps = 0;
        for (int i = 0; wraps < 2; i++) {
            wraps += device.used < last_used;
            last_used = device.used;
            TEST_EXPECT_LT(i, 5000000);
            unsigned step = random_below(&seed, 4);
            if (step == 0) {
                add_random(&seed, max_pieces);
            } else if (step < 3) {
                work_at_random(&seed);
            } else {
                take_random();
            }
            TEST_EXPECT_EQ(virtq_num_under_way(queue), load.count);
        }
        TEST_EXPECT(!virtq_is_broken(queue));
        done();
    }
}

TEST("a device that writes random numbers into its ring makes nothing but errors") {
    uint32_t seed = 6;
    for (int round = 0; round < 3000; round++) {
        make(16, round % 2 == 0, (round % 3 == 0) ? 4 : 0);
        for (unsigned i = 0; i < 5; i++) {
            TEST_EXPECT_EQ(add(1, 2, &things[i]), OK);
        }
        uint8_t *ring = (uint8_t *) ring_device_used_index(&device) - 2;
        for (unsigned i = 0; i < 4 + 16 * 8 + 2; i++) {
            ring[i] = (uint8_t) (random_next(&seed) & (round % 5 == 0 ? 0xff : 0x07));
        }
        ring[3] = 0;
        uint32_t len;
        unsigned taken = 0;
        while (virtq_take(queue, &len) != NULL) {
            TEST_EXPECT_LE(len, 5);
            taken++;
        }
        while (virtq_abort(queue) != NULL) {
            taken++;
        }
        TEST_EXPECT_EQ(taken, 5);
        TEST_EXPECT_EQ(virtq_num_free(queue), 16);
        done();
    }
}
