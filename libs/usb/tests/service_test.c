#include <string.h>
#include <unittest.h>

#include "sim.h"

#define LONG  1500
#define TASK  1
#define OTHER 2

static struct sim_device gadget;

/// Pulls what must be an `attached`.
static struct usb_attached_fields attached(task_t task) {
    struct message m;
    TEST_EXPECT_EQ(sim_pull(task, &m), USB_ATTACHED_MSG);
    return m.usb_attached;
}

static handle_t plug_gadget(void) {
    sim_init();
    gadget = sim_gadget();
    sim_match(TASK, 10);
    sim_plug(NULL, 1, &gadget);
    sim_run(LONG);
    return attached(TASK).handle;
}

static int open(handle_t handle, uint8_t endpoint, uint32_t size, unsigned count, handle_t *pipe) {
    struct message m = {.type = USB_OPEN_MSG, .usb_open = {handle, endpoint, size, count}};
    m.usb_open.handle = handle;
    m.usb_open.endpoint = endpoint;
    m.usb_open.size = size;
    m.usb_open.count = count;
    int type = sim_call(TASK, &m);
    *pipe = (type == USB_OPEN_REPLY_MSG) ? m.usb_open_reply.pipe : 0;
    return type;
}

static handle_t must_open(handle_t handle, uint8_t endpoint, uint32_t size, unsigned count) {
    handle_t pipe;
    TEST_EXPECT_EQ(open(handle, endpoint, size, count, &pipe), USB_OPEN_REPLY_MSG);
    return pipe;
}

static int listen(handle_t pipe) {
    struct message m = {.type = USB_LISTEN_MSG, .usb_listen = {.pipe = pipe}};
    return sim_call(TASK, &m);
}

static int read(handle_t pipe, uint32_t length) {
    struct message m = {.type = USB_READ_MSG, .usb_read = {.pipe = pipe, .length = length}};
    return sim_call(TASK, &m);
}

static int write(task_t task, handle_t pipe, bool wait, const char *text) {
    struct message m = {.type = USB_WRITE_MSG};
    m.usb_write.pipe = pipe;
    m.usb_write.wait = wait;
    m.usb_write.data = text;
    m.usb_write.data_len = strlen(text);
    return sim_call(task, &m);
}

static int simple(int type, handle_t handle) {
    // Handles are the first field of all that have nothing else.
    struct message m = {.type = type, .usb_detach = {.handle = handle}};
    return sim_call(TASK, &m);
}

TEST("a driver gets what it matches, now or later, and nobody else does") {
    sim_init();
    struct sim_device hub = sim_hub(USB_SPEED_HIGH, 4);
    struct sim_device first = sim_keyboard(USB_SPEED_FULL), second = sim_keyboard(USB_SPEED_LOW);
    hub.ports[0] = &first;
    sim_plug(NULL, 1, &hub);
    sim_run(LONG);
    struct message m;
    TEST_EXPECT_EQ(sim_pull(TASK, &m), ERR_EMPTY);
    sim_match(TASK, 3);
    sim_match(OTHER, 3);
    TEST_EXPECT_EQ(sim_notified(TASK), 1);
    TEST_EXPECT_EQ(sim_notified(OTHER), 0);
    struct usb_attached_fields fields = attached(TASK);
    TEST_EXPECT_EQ(fields.class, 3);
    TEST_EXPECT_EQ(fields.protocol, 1);
    TEST_EXPECT_EQ(fields.product_id, 1);
    TEST_EXPECT_EQ(fields.speed, USB_SPEED_FULL);
    TEST_EXPECT(!fields.more);
    sim_plug(&hub, 2, &second);
    sim_run(LONG);
    TEST_EXPECT_EQ(attached(TASK).speed, USB_SPEED_LOW);
    TEST_EXPECT_EQ(sim_pull(OTHER, &m), ERR_EMPTY);
    // When it ends, the next one has them.
    usb_service_exited(TASK);
    TEST_EXPECT_EQ(sim_notified(OTHER), 1);
    TEST_EXPECT(attached(OTHER).more);
    TEST_EXPECT(!attached(OTHER).more);
    sim_exit();
}

TEST("a driver is told that a device is gone, after what came before") {
    handle_t handle = plug_gadget();
    handle_t pipe = must_open(handle, 0x81, 64, 2);
    TEST_EXPECT_EQ(listen(pipe), USB_LISTEN_REPLY_MSG);
    sim_plug(NULL, 1, NULL);
    struct message m;
    TEST_EXPECT_EQ(sim_pull(TASK, &m), USB_DETACHED_MSG);
    TEST_EXPECT_EQ(m.usb_detached.handle, handle);
    TEST_EXPECT_EQ(listen(pipe), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(open(handle, 0x81, 64, 2, &pipe), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(simple(USB_DETACH_MSG, handle), USB_DETACH_REPLY_MSG);
    TEST_EXPECT_EQ(simple(USB_DETACH_MSG, handle), ERR_NOT_FOUND);
    // Of one that comes and goes before anybody looks, nobody hears.
    sim_plug(NULL, 1, &gadget);
    sim_run(LONG);
    sim_plug(NULL, 1, NULL);
    TEST_EXPECT_EQ(sim_pull(TASK, &m), ERR_EMPTY);
    sim_exit();
}

TEST("a configuration that a driver waits for is set, unless somebody uses the device") {
    sim_init();
    gadget = sim_gadget();
    sim_plug(NULL, 1, &gadget);
    sim_run(LONG);
    TEST_EXPECT_EQ(gadget.configuration, 1);
    sim_match(OTHER, 20);
    sim_run(LONG);
    TEST_EXPECT_EQ(gadget.configuration, 2);
    TEST_EXPECT_EQ(attached(OTHER).class, 20);
    sim_match(TASK, 10);
    sim_run(LONG);
    TEST_EXPECT_EQ(gadget.configuration, 2);
    struct message m;
    TEST_EXPECT_EQ(sim_pull(TASK, &m), ERR_EMPTY);
    usb_service_exited(OTHER);
    sim_run(LONG);
    TEST_EXPECT_EQ(gadget.configuration, 1);
    TEST_EXPECT_EQ(attached(TASK).class, 10);
    sim_exit();
}

TEST("what a device sends waits in the buffers, and then in the device") {
    handle_t handle = plug_gadget();
    handle_t pipe = must_open(handle, 0x81, 10, 2);
    TEST_EXPECT_EQ(listen(pipe), USB_LISTEN_REPLY_MSG);
    for (char c = 'a'; c < 'e'; c++) {
        sim_send(&gadget, &c, 1);
    }
    sim_run(10);
    TEST_EXPECT_EQ(gadget.num_packets, 2);
    TEST_EXPECT_EQ(sim_notified(TASK), 2);
    struct message m;
    for (char c = 'a'; c < 'e'; c++) {
        TEST_EXPECT_EQ(sim_pull(TASK, &m), USB_RECEIVED_MSG);
        TEST_EXPECT_EQ(m.usb_received.pipe, pipe);
        TEST_EXPECT_EQ(m.usb_received.status, OK);
        TEST_EXPECT_EQ(m.usb_received.data_len, 1);
        TEST_EXPECT_EQ(*(const char *) m.usb_received.data, c);
        TEST_EXPECT_EQ(m.usb_received.more, c < 'd');
        sim_run(10);
    }
    TEST_EXPECT_EQ(sim_pull(TASK, &m), ERR_EMPTY);
    TEST_EXPECT_EQ(read(pipe, 10), ERR_IN_USE);
    TEST_EXPECT_EQ(simple(USB_CLOSE_MSG, pipe), USB_CLOSE_REPLY_MSG);
    sim_exit();
}

TEST("a STALL ends listening until it is cleared") {
    handle_t handle = plug_gadget();
    handle_t pipe = must_open(handle, 0x81, 64, 2);
    gadget.halted = true;
    TEST_EXPECT_EQ(listen(pipe), USB_LISTEN_REPLY_MSG);
    sim_run(10);
    struct message m;
    TEST_EXPECT_EQ(sim_pull(TASK, &m), USB_RECEIVED_MSG);
    TEST_EXPECT_EQ(m.usb_received.status, ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(m.usb_received.data_len, 0);
    sim_run(10);
    TEST_EXPECT_EQ(sim_pull(TASK, &m), ERR_EMPTY);
    TEST_EXPECT_EQ(simple(USB_CLEAR_HALT_MSG, pipe), DONT_REPLY);
    sim_run(2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), USB_CLEAR_HALT_REPLY_MSG);
    TEST_EXPECT_EQ(listen(pipe), USB_LISTEN_REPLY_MSG);
    sim_send(&gadget, "x", 1);
    sim_run(10);
    TEST_EXPECT_EQ(sim_pull(TASK, &m), USB_RECEIVED_MSG);
    TEST_EXPECT_EQ(m.usb_received.status, OK);
    sim_exit();
}

TEST("a read waits for the device, but not for ever") {
    handle_t handle = plug_gadget();
    handle_t pipe = must_open(handle, 0x81, 100, 1);
    struct message m;
    TEST_EXPECT_EQ(read(pipe, 5), DONT_REPLY);
    TEST_EXPECT_EQ(listen(pipe), ERR_IN_USE);
    sim_run(10);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), DONT_REPLY);
    sim_send(&gadget, "hello", 5);
    sim_run(2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), USB_READ_REPLY_MSG);
    TEST_EXPECT_EQ(m.usb_read_reply.data_len, 5);
    TEST_EXPECT_MEM_EQ(m.usb_read_reply.data, "hello", 5);

    TEST_EXPECT_EQ(read(pipe, 4), DONT_REPLY);
    sim_send(&gadget, "hello", 5);
    sim_run(2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), ERR_IO);
    TEST_EXPECT_EQ(read(pipe, 4), DONT_REPLY);
    sim_run(USB_PIPE_TIMEOUT_MS + 2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(read(pipe, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(read(pipe, 129), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(read(pipe, 128), DONT_REPLY);
    sim_plug(NULL, 1, NULL);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), ERR_NOT_FOUND);
    sim_exit();
}

TEST("writes queue up, the one too many waits, and an error is told to the next") {
    handle_t handle = plug_gadget();
    handle_t pipe = must_open(handle, 0x02, 8, 2);
    struct message m;
    TEST_EXPECT_EQ(write(TASK, pipe, true, "one"), DONT_REPLY);
    sim_run(2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), USB_WRITE_REPLY_MSG);
    TEST_EXPECT_MEM_EQ(gadget.written, "one", 3);
    gadget.deaf = true;
    TEST_EXPECT_EQ(write(TASK, pipe, false, "two"), USB_WRITE_REPLY_MSG);
    TEST_EXPECT_EQ(write(TASK, pipe, false, "three"), USB_WRITE_REPLY_MSG);
    TEST_EXPECT_EQ(write(TASK, pipe, false, "four"), DONT_REPLY);
    TEST_EXPECT_EQ(write(TASK, pipe, false, "five"), ERR_IN_USE);
    sim_run(10);
    gadget.deaf = false;
    sim_run(10);
    TEST_EXPECT_EQ(gadget.num_written, 4);
    TEST_EXPECT_MEM_EQ(gadget.written, "four", 4);
    TEST_EXPECT_EQ(write(TASK, pipe, false, "123456789"), ERR_TOO_LARGE);
    // Nothing is a transfer, too.
    TEST_EXPECT_EQ(write(TASK, pipe, true, ""), DONT_REPLY);
    sim_run(2);
    TEST_EXPECT_EQ(gadget.written_len, 0);

    gadget.halted = true;
    TEST_EXPECT_EQ(write(TASK, pipe, false, "six"), USB_WRITE_REPLY_MSG);
    sim_run(2);
    TEST_EXPECT_EQ(write(TASK, pipe, false, "seven"), ERR_NOT_ACCEPTABLE);
    gadget.halted = false;
    gadget.deaf = true;
    TEST_EXPECT_EQ(write(TASK, pipe, true, "eight"), DONT_REPLY);
    sim_run(USB_PIPE_TIMEOUT_MS + 2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), ERR_TRY_AGAIN);
    sim_exit();
}

TEST("pipes are what the interface has, once each") {
    handle_t handle = plug_gadget();
    handle_t pipe;
    TEST_EXPECT_EQ(open(handle, 0x83, 64, 1, &pipe), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(open(handle + 1, 0x81, 64, 1, &pipe), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(open(handle, 0x81, 0, 1, &pipe), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(open(handle, 0x81, USB_TRANSFER_MAX + 1, 1, &pipe), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(open(handle, 0x81, 64, 0, &pipe), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(open(handle, 0x81, 64, USB_BUFFERS_MAX + 1, &pipe), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(open(handle, 0x81, USB_TRANSFER_MAX, USB_BUFFERS_MAX, &pipe),
                   USB_OPEN_REPLY_MSG);
    handle_t second;
    TEST_EXPECT_EQ(open(handle, 0x81, 64, 1, &second), ERR_IN_USE);
    TEST_EXPECT_EQ(write(TASK, pipe, false, "x"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(write(OTHER, pipe, false, "x"), ERR_NOT_FOUND);
    // A pipe is no interface, nor the other way round.
    TEST_EXPECT_EQ(simple(USB_DETACH_MSG, pipe), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(simple(USB_CLOSE_MSG, handle), ERR_NOT_FOUND);
    sim_exit();
}

static int control(bool in, handle_t handle, uint8_t type, uint8_t request, uint16_t index) {
    struct message m = {.type = in ? USB_CONTROL_IN_MSG : USB_CONTROL_OUT_MSG};
    if (in) {
        m.usb_control_in.handle = handle;
        m.usb_control_in.request_type = type;
        m.usb_control_in.request = request;
        m.usb_control_in.index = index;
        m.usb_control_in.length = 8;
    } else {
        m.usb_control_out.handle = handle;
        m.usb_control_out.request_type = type;
        m.usb_control_out.request = request;
        m.usb_control_out.index = index;
    }
    return sim_call(TASK, &m);
}

TEST("control transfers reach the driver's own interface only") {
    handle_t handle = plug_gadget();
    struct message m;
    TEST_EXPECT_EQ(control(true, handle, 0xa1, 1, 0), DONT_REPLY);
    sim_run(2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), USB_CONTROL_IN_REPLY_MSG);
    TEST_EXPECT_EQ(m.usb_control_in_reply.data_len, 3);
    TEST_EXPECT_EQ(control(false, handle, 0x21, 1, 0), DONT_REPLY);
    sim_run(2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), USB_CONTROL_OUT_REPLY_MSG);
    TEST_EXPECT_EQ(control(true, handle, 0x21, 1, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(control(false, handle, 0xa1, 1, 0), ERR_INVALID_ARG);
    // Interface 1 is nobody's; endpoint 0x83 belongs to another configuration.
    TEST_EXPECT_EQ(control(true, handle, 0xa1, 1, 1), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(control(true, handle, 0xa2, 1, 0x83), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(control(true, handle, 0x82, USB_GET_STATUS, 0x81), DONT_REPLY);
    TEST_EXPECT_EQ(control(false, handle, 0x00, USB_SET_ADDRESS, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(control(false, handle, 0x00, USB_SET_CONFIGURATION, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(control(false, handle, 0x01, USB_SET_INTERFACE, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(control(false, handle, 0x02, USB_CLEAR_FEATURE, 0x81), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(control(true, 0, 0xa1, 1, 0), ERR_NOT_FOUND);

    m = (struct message){.type = USB_CLAIM_MSG};
    m.usb_claim.handle = handle;
    m.usb_claim.interface = 1;
    TEST_EXPECT_EQ(sim_call(TASK, &m), USB_CLAIM_REPLY_MSG);
    TEST_EXPECT_EQ(control(true, handle, 0xa1, 1, 1), DONT_REPLY);
    m = (struct message){.type = USB_CLAIM_MSG};
    m.usb_claim.handle = handle;
    TEST_EXPECT_EQ(sim_call(TASK, &m), ERR_IN_USE);
    m.type = USB_CLAIM_MSG;
    m.usb_claim.handle = handle;
    m.usb_claim.interface = 2;
    TEST_EXPECT_EQ(sim_call(TASK, &m), ERR_NOT_FOUND);
    sim_exit();
}

TEST("a device that doesn't answer, or goes away, isn't waited for") {
    handle_t handle = plug_gadget();
    struct message m;
    gadget.silent = true;
    TEST_EXPECT_EQ(control(true, handle, 0xc0, 1, 0), DONT_REPLY);
    sim_run(USB_CONTROL_TIMEOUT_MS + 2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(control(true, handle, 0xc0, 1, 0), DONT_REPLY);
    sim_run(5);
    sim_plug(NULL, 1, NULL);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), ERR_NOT_FOUND);
    sim_exit();
}

TEST("an alternate setting has endpoints of its own") {
    sim_init();
    gadget = sim_gadget();
    sim_match(TASK, 20);
    sim_plug(NULL, 1, &gadget);
    sim_run(LONG);
    handle_t handle = attached(TASK).handle, pipe;
    TEST_EXPECT_EQ(open(handle, 0x83, 64, 1, &pipe), ERR_NOT_FOUND);
    struct message m = {.type = USB_SET_ALTERNATE_MSG};
    m.usb_set_alternate.handle = handle;
    m.usb_set_alternate.alternate = 1;
    TEST_EXPECT_EQ(sim_call(TASK, &m), DONT_REPLY);
    sim_run(2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), USB_SET_ALTERNATE_REPLY_MSG);
    TEST_EXPECT_EQ(gadget.alternate, 1);
    TEST_EXPECT_EQ(open(handle, 0x83, 64, 1, &pipe), USB_OPEN_REPLY_MSG);
    m = (struct message){.type = USB_ENDPOINT_MSG, .usb_endpoint = {.handle = handle}};
    TEST_EXPECT_EQ(sim_call(TASK, &m), USB_ENDPOINT_REPLY_MSG);
    TEST_EXPECT_EQ(m.usb_endpoint_reply.address, 0x83);
    TEST_EXPECT_EQ(m.usb_endpoint_reply.max_packet, 64);
    m = (struct message){.type = USB_SET_ALTERNATE_MSG};
    m.usb_set_alternate.handle = handle;
    m.usb_set_alternate.alternate = 2;
    TEST_EXPECT_EQ(sim_call(TASK, &m), ERR_INVALID_ARG);
    sim_exit();
}

TEST("a device tells what it is called, and what it has") {
    handle_t handle = plug_gadget();
    struct message m = {.type = USB_TEXT_MSG};
    m.usb_text.device = sim_device_at(0).device;
    m.usb_text.text = USB_TEXT_PRODUCT;
    TEST_EXPECT_EQ(sim_call(TASK, &m), DONT_REPLY);
    sim_run(2);
    TEST_EXPECT_EQ(sim_answer(TASK, &m), USB_TEXT_REPLY_MSG);
    TEST_EXPECT_STR_EQ(m.usb_text_reply.text, "aä€?");
    m = (struct message){.type = USB_TEXT_MSG};
    m.usb_text.device = sim_device_at(0).device;
    m.usb_text.text = USB_TEXT_SERIAL;
    TEST_EXPECT_EQ(sim_call(TASK, &m), ERR_EMPTY);
    m = (struct message){.type = USB_CONFIGURATION_MSG};
    m.usb_configuration.handle = handle;
    TEST_EXPECT_EQ(sim_call(TASK, &m), USB_CONFIGURATION_REPLY_MSG);
    TEST_EXPECT_EQ(m.usb_configuration_reply.data_len, gadget.config_lens[0]);
    m = (struct message){.type = USB_INTERFACE_MSG};
    m.usb_interface.device = sim_device_at(0).device;
    TEST_EXPECT_EQ(sim_call(TASK, &m), USB_INTERFACE_REPLY_MSG);
    TEST_EXPECT_EQ(m.usb_interface_reply.driver, TASK);
    TEST_EXPECT_EQ(m.usb_interface_reply.class, 10);
    sim_exit();
}
