#include "../keyboards.h"

#include <keyboard.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/syscall.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#define USB 9

static char typed[256];
static uint64_t now;
static uint8_t lamps;
static int protocols, detached, listened, cleared;
static bool no_endpoint;

error_t sys_console_feed(const char *buf, size_t len) {
    size_t end = strlen(typed);
    TEST_EXPECT_LT(end + len, sizeof(typed));
    memcpy(&typed[end], buf, len);
    typed[end + len] = '\0';
    return OK;
}

uint64_t timer_uptime(void) {
    return now;
}

static void control(struct message *m) {
    const uint8_t *data = m->usb_control_out.data;
    TEST_EXPECT_EQ(m->usb_control_out.request_type, 0x21);
    TEST_EXPECT_EQ(m->usb_control_out.index, 1);
    if (m->usb_control_out.request == 0x09) {
        TEST_EXPECT_EQ(m->usb_control_out.value, 0x200);
        TEST_EXPECT_EQ(m->usb_control_out.data_len, 1);
        lamps = data[0];
    } else if (m->usb_control_out.request == 0x0b) {
        TEST_EXPECT_EQ(m->usb_control_out.value, 0);
        protocols++;
    }
    m->type = USB_CONTROL_OUT_REPLY_MSG;
}

/// The server: each keyboard's pipe is its handle and 100.
error_t ipc_call(task_t dst, struct message *m) {
    TEST_EXPECT_EQ(dst, USB);
    switch (m->type) {
    case USB_ENDPOINT_MSG:
        if (m->usb_endpoint.index > 1 || no_endpoint) {
            return ERR_END;
        }
        m->type = USB_ENDPOINT_REPLY_MSG;
        // The first one is for lamps.
        m->usb_endpoint_reply.address = (m->usb_endpoint.index == 0) ? 0x02 : 0x83;
        m->usb_endpoint_reply.type = USB_TRANSFER_TYPE_INTERRUPT;
        return OK;
    case USB_CONTROL_OUT_MSG:
        control(m);
        return OK;
    case USB_OPEN_MSG:
        TEST_EXPECT_EQ(m->usb_open.endpoint, 0x83);
        m->usb_open_reply.pipe = m->usb_open.handle + 100;
        m->type = USB_OPEN_REPLY_MSG;
        return OK;
    case USB_LISTEN_MSG:
        listened++;
        m->type = USB_LISTEN_REPLY_MSG;
        return OK;
    case USB_CLEAR_HALT_MSG:
        cleared++;
        m->type = USB_CLEAR_HALT_REPLY_MSG;
        return OK;
    default:
        TEST_EXPECT_EQ(m->type, USB_DETACH_MSG);
        detached++;
        m->type = USB_DETACH_REPLY_MSG;
        return OK;
    }
}

static void plug(handle_t handle) {
    struct usb_attached_fields attached = {.handle = handle, .interface = 1};
    keyboards_attached(&attached);
}

static void start(void) {
    typed[0] = '\0';
    now = 1000;
    lamps = 0xff;
    protocols = detached = listened = cleared = 0;
    no_endpoint = false;
    keyboards_init(USB);
    plug(1);
}

/// A report of a keyboard: modifiers and one key.
static void report(handle_t keyboard, uint8_t modifiers, uint8_t key) {
    uint8_t data[REPORT_LEN] = {modifiers, 0, key};
    struct usb_received_fields received = {
        .pipe = keyboard + 100, .data = data, .data_len = sizeof(data)};
    keyboards_received(&received);
}

TEST("a keyboard is set to the boot protocol, its lamps are lit, and it types") {
    start();
    TEST_EXPECT_EQ(protocols, 1);
    TEST_EXPECT_EQ(listened, 1);
    TEST_EXPECT_EQ(lamps, KEYBOARD_LED_NUM);
    report(1, 0, 4);
    report(1, 2, 5);
    report(1, 0, 0);
    TEST_EXPECT_STR_EQ(typed, "aB");
    report(1, 0, KEYBOARD_CAPS_LOCK);
    TEST_EXPECT_EQ(lamps, KEYBOARD_LED_NUM | KEYBOARD_LED_CAPS);
    report(1, 0, 6);
    TEST_EXPECT_STR_EQ(typed, "aBC");
    // A keyboard that can't tell which keys are held.
    uint8_t data[REPORT_LEN] = {0, 0, 1, 1, 1, 1, 1, 1};
    struct usb_received_fields received = {.pipe = 101, .data = data, .data_len = sizeof(data)};
    keyboards_received(&received);
    received.data_len = 0;
    keyboards_received(&received);
    TEST_EXPECT_STR_EQ(typed, "aBC");
}

TEST("a key that is held is repeated until it is let go") {
    start();
    TEST_EXPECT_EQ(keyboards_next_repeat(), 0);
    report(1, 0, 4);
    TEST_EXPECT_EQ(keyboards_next_repeat(), now + KEYBOARD_REPEAT_FIRST_MS);
    keyboards_repeat(now + KEYBOARD_REPEAT_FIRST_MS - 1);
    TEST_EXPECT_STR_EQ(typed, "a");
    now += KEYBOARD_REPEAT_FIRST_MS + 5000;
    keyboards_repeat(now);
    TEST_EXPECT_STR_EQ(typed, "aa");
    TEST_EXPECT_EQ(keyboards_next_repeat(), now + KEYBOARD_REPEAT_MS);
    report(1, 0, 0);
    now += KEYBOARD_REPEAT_MS;
    keyboards_repeat(now);
    TEST_EXPECT_STR_EQ(typed, "aa");
    TEST_EXPECT_EQ(keyboards_next_repeat(), 0);
}

TEST("keyboards have keys of their own") {
    start();
    plug(2);
    report(1, 2, 0);
    report(2, 0, 4);
    report(1, 2, 5);
    TEST_EXPECT_STR_EQ(typed, "aB");
    keyboards_detached(1);
    TEST_EXPECT_EQ(detached, 1);
    report(1, 0, 6);
    report(2, 0, 7);
    TEST_EXPECT_STR_EQ(typed, "aBd");
    // Of a server that has ended nothing is left.
    keyboards_init(USB);
    report(2, 0, 8);
    TEST_EXPECT_STR_EQ(typed, "aBd");
}

TEST("after an error no key is held, and the keyboard is listened to again") {
    start();
    report(1, 0, 4);
    struct usb_received_fields received = {.pipe = 101, .status = ERR_NOT_ACCEPTABLE};
    keyboards_received(&received);
    TEST_EXPECT_EQ(cleared, 1);
    TEST_EXPECT_EQ(listened, 2);
    TEST_EXPECT_EQ(keyboards_next_repeat(), 0);
    received.status = ERR_IO;
    keyboards_received(&received);
    TEST_EXPECT_EQ(cleared, 1);
    TEST_EXPECT_EQ(listened, 3);
}

TEST("a keyboard without an endpoint for its keys is given back") {
    start();
    no_endpoint = true;
    plug(2);
    TEST_EXPECT_EQ(detached, 1);
    TEST_EXPECT_EQ(protocols, 1);
}
