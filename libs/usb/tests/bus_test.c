#include <string.h>
#include <unittest.h>

#include "sim.h"

/// All that is plugged in is known by then.
#define LONG 4000

TEST("a device is reset, gets an address, and is configured") {
    sim_init();
    struct sim_device keyboard = sim_keyboard(USB_SPEED_FULL);
    sim_plug(NULL, 1, &keyboard);
    sim_run(99);
    TEST_EXPECT_EQ(keyboard.num_resets, 0);
    sim_run(LONG);
    TEST_EXPECT_EQ(keyboard.num_resets, 1);
    TEST_EXPECT_EQ(keyboard.configuration, 1);
    TEST_EXPECT_EQ(sim_num_devices(), 1);
    struct usb_device_reply_fields device = sim_device_at(0);
    TEST_EXPECT_EQ(device.vendor_id, 0x1234);
    TEST_EXPECT_EQ(device.product_id, 1);
    TEST_EXPECT_EQ(device.address, keyboard.address);
    TEST_EXPECT_EQ(device.max_power_ma, 100);
    TEST_EXPECT_EQ(device.parent, 0);
    sim_exit();
}

TEST("hubs have ports with devices, down to five in a row") {
    sim_init();
    struct sim_device hubs[6], keyboards[6];
    for (int i = 0; i < 6; i++) {
        hubs[i] = sim_hub(USB_SPEED_FULL, 4);
        keyboards[i] = sim_keyboard(USB_SPEED_LOW);
        hubs[i].ports[3] = &keyboards[i];
        if (i > 0) {
            hubs[i - 1].ports[1] = &hubs[i];
        }
    }
    sim_plug(NULL, 1, &hubs[0]);
    sim_run(3 * LONG);
    // The sixth hub is there, what is behind it isn't.
    TEST_EXPECT_EQ(sim_num_devices(), 11);
    TEST_EXPECT_EQ(keyboards[4].configuration, 1);
    TEST_EXPECT_EQ(keyboards[5].configuration, 0);
    TEST_EXPECT_EQ(hubs[5].configuration, 1);
    sim_plug(&hubs[2], 2, NULL);
    sim_run(LONG);
    TEST_EXPECT_EQ(sim_num_devices(), 6);
    sim_exit();
}

TEST("a slower device's transactions are split by the last hub of high speed") {
    sim_init();
    struct sim_device fast = sim_hub(USB_SPEED_HIGH, 4), slow = sim_hub(USB_SPEED_FULL, 4);
    struct sim_device keyboard = sim_keyboard(USB_SPEED_LOW), other = sim_keyboard(USB_SPEED_HIGH);
    fast.ports[2] = &slow;
    fast.ports[0] = &other;
    slow.ports[1] = &keyboard;
    sim_plug(NULL, 1, &fast);
    sim_run(LONG);
    TEST_EXPECT_EQ(sim_endpoint(keyboard.address).hub_address, fast.address);
    TEST_EXPECT_EQ(sim_endpoint(keyboard.address).hub_port, 3);
    TEST_EXPECT_EQ(sim_endpoint(slow.address).hub_port, 3);
    TEST_EXPECT_EQ(sim_endpoint(other.address).hub_address, 0);
    TEST_EXPECT_EQ(sim_endpoint(fast.address).hub_address, 0);
    sim_exit();
}

TEST("what is unplugged and plugged in again is known anew") {
    sim_init();
    struct sim_device hub = sim_hub(USB_SPEED_HIGH, 4);
    struct sim_device first = sim_keyboard(USB_SPEED_FULL), second = sim_keyboard(USB_SPEED_LOW);
    sim_plug(NULL, 1, &hub);
    sim_run(LONG);
    sim_plug(&hub, 1, &first);
    sim_plug(&hub, 2, &second);
    sim_run(LONG);
    TEST_EXPECT_EQ(sim_num_devices(), 3);
    uint32_t id = sim_device_at(1).device;
    // So quickly that the hub only tells that it has changed.
    sim_plug(&hub, 1, NULL);
    sim_plug(&hub, 1, &first);
    sim_run(LONG);
    TEST_EXPECT_EQ(sim_num_devices(), 3);
    TEST_EXPECT_NE(sim_device_at(2).device, id);
    TEST_EXPECT_EQ(first.num_resets, 2);
    sim_exit();
}

TEST("unplugging at any moment leaves nothing behind, and the next one works") {
    for (unsigned when = 0; when < 700; when += 3) {
        sim_init();
        struct sim_device hub = sim_hub(USB_SPEED_HIGH, 4);
        struct sim_device first = sim_keyboard(USB_SPEED_FULL), second = sim_gadget();
        hub.ports[0] = &first;
        hub.ports[1] = &second;
        sim_match(1, 3);
        sim_plug(NULL, 1, &hub);
        sim_run(when);
        // Sometimes a port of the hub, sometimes the hub.
        sim_plug((when % 2) ? &hub : NULL, 1, NULL);
        sim_run(200);
        struct sim_device keyboard = sim_keyboard(USB_SPEED_FULL);
        sim_plug((when % 2) ? &hub : NULL, 1, &keyboard);
        sim_run(LONG);
        TEST_EXPECT_EQ(keyboard.configuration, 1);
        TEST_EXPECT_EQ(sim_num_devices(), (when % 2) ? 3 : 1);
        sim_exit();
    }
}

TEST("a device that is silent is tried three times, and doesn't keep the others waiting for ever") {
    sim_init();
    struct sim_device hub = sim_hub(USB_SPEED_HIGH, 4);
    struct sim_device mute = sim_keyboard(USB_SPEED_FULL), good = sim_keyboard(USB_SPEED_FULL);
    mute.silent = true;
    hub.ports[0] = &mute;
    hub.ports[1] = &good;
    sim_plug(NULL, 1, &hub);
    sim_run(2 * LONG);
    TEST_EXPECT_EQ(mute.num_resets, 3);
    TEST_EXPECT_EQ(hub.status[1] & HUB_PORT_ENABLE, 0);
    TEST_EXPECT_EQ(good.configuration, 1);
    TEST_EXPECT_EQ(sim_num_devices(), 2);
    // Until it is unplugged it is left alone.
    mute.silent = false;
    sim_run(LONG);
    TEST_EXPECT_EQ(mute.num_resets, 3);
    sim_plug(&hub, 1, NULL);
    sim_run(LONG);
    sim_plug(&hub, 1, &mute);
    sim_run(LONG);
    TEST_EXPECT_EQ(sim_num_devices(), 3);
    sim_exit();
}

TEST("a configuration that is cut off isn't used") {
    sim_init();
    struct sim_device keyboard = sim_keyboard(USB_SPEED_FULL);
    keyboard.short_by = 1;
    sim_plug(NULL, 1, &keyboard);
    sim_run(LONG);
    TEST_EXPECT_EQ(sim_num_devices(), 0);
    TEST_EXPECT_EQ(keyboard.num_resets, 3);
    sim_exit();
}

static uint32_t random_state = 1;

static uint32_t next_random(uint32_t limit) {
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static void mutate(struct sim_device *device) {
    for (uint32_t n = next_random(4); n > 0; n--) {
        device->device[next_random(18)] = (uint8_t) next_random(256);
    }
    for (uint32_t n = next_random(6); n > 0; n--) {
        int config = (int) next_random(device->num_configs);
        uint32_t at = next_random((uint32_t) device->config_lens[config]);
        device->configs[config][at] = (uint8_t) next_random(256);
    }
    device->short_by = (next_random(8) == 0) ? (int) next_random(18) : 0;
    // What a device says it has isn't what it has.
    device->config_lens[0] = next_random(8) ? device->config_lens[0] : 255;
}

TEST("devices that say anything at all do no harm") {
    for (int round = 0; round < 1000; round++) {
        sim_init();
        struct sim_device hub = sim_hub((uint8_t) next_random(3), 1 + next_random(SIM_PORTS));
        struct sim_device devices[2] = {sim_gadget(), sim_keyboard((uint8_t) next_random(3))};
        mutate(&devices[0]);
        mutate(&devices[1]);
        hub.ports[0] = &devices[0];
        if (next_random(4) == 0) {
            mutate(&hub);
        }
        sim_match(1, -1);
        sim_plug(NULL, 1, (next_random(2) != 0) ? &hub : &devices[1]);
        sim_run(400 + next_random(600));
        struct message m;
        while (sim_pull(1, &m) != ERR_EMPTY) {}
        sim_exit();
    }
}
