#include "../firmware.h"

#include <string.h>
#include <unittest.h>

#include "../registers.h"
#include "fake_firmware.h"

#define CLIENT 42

/// A request as it comes from a client, through the dispatch that checks it.
static struct message m;

void ipc_reply(task_t dst, struct message *reply) {
    TEST_EXPECT_EQ(dst, CLIENT);
    m = *reply;
}

void ipc_reply_err(task_t dst, error_t error) {
    TEST_EXPECT_EQ(dst, CLIENT);
    m.type = error;
}

static void request(int type) {
    bzero(&m, sizeof(m));
    m.type = type;
    m.src = CLIENT;
}

static int answer(void) {
    TEST_EXPECT(mailbox_dispatch(&firmware_ops, &m));
    return m.type;
}

TEST("the board tells who it is") {
    fake_reset();
    request(MAILBOX_BOARD_MSG);
    TEST_EXPECT_EQ(answer(), MAILBOX_BOARD_REPLY_MSG);
    TEST_EXPECT_EQ(m.mailbox_board_reply.revision, 0xa02082);
    TEST_EXPECT_EQ(m.mailbox_board_reply.serial, 0x0123456789abcdef);
    TEST_EXPECT_MEM_EQ(m.mailbox_board_reply.macaddr, "\xb8\x27\xeb\x01\x02\x03", 6);
    request(MAILBOX_MEMORY_MSG);
    TEST_EXPECT_EQ(answer(), MAILBOX_MEMORY_REPLY_MSG);
    TEST_EXPECT_EQ(m.mailbox_memory_reply.arm_size, 0x3c000000);
    TEST_EXPECT_EQ(m.mailbox_memory_reply.vc_base, 0x3c000000);
}

TEST("temperatures below zero stay below zero") {
    fake_reset();
    fake.temperature = (uint32_t) -5000;
    request(MAILBOX_GET_TEMPERATURE_MSG);
    TEST_EXPECT_EQ(answer(), MAILBOX_GET_TEMPERATURE_REPLY_MSG);
    TEST_EXPECT_EQ(m.mailbox_get_temperature_reply.millidegrees, -5000);
    TEST_EXPECT_EQ(m.mailbox_get_temperature_reply.max_millidegrees, 85000);
}

TEST("a clock is set within its range only") {
    fake_reset();
    request(MAILBOX_SET_CLOCK_MSG);
    m.mailbox_set_clock.clock = MAILBOX_CLOCK_ARM;
    m.mailbox_set_clock.rate = 599999999;
    TEST_EXPECT_EQ(answer(), ERR_INVALID_ARG);
    request(MAILBOX_SET_CLOCK_MSG);
    m.mailbox_set_clock.clock = MAILBOX_CLOCK_ARM;
    m.mailbox_set_clock.rate = 1200000001;
    TEST_EXPECT_EQ(answer(), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fake.clock_rate, 700000000);
    request(MAILBOX_SET_CLOCK_MSG);
    m.mailbox_set_clock.clock = MAILBOX_CLOCK_ARM;
    m.mailbox_set_clock.rate = 1200000000;
    TEST_EXPECT_EQ(answer(), MAILBOX_SET_CLOCK_REPLY_MSG);
    TEST_EXPECT_EQ(m.mailbox_set_clock_reply.rate, 1200000000);
    TEST_EXPECT_EQ(fake.clock_rate, 1200000000);
}

TEST("enums, bools and lines that don't exist never reach the firmware") {
    fake_reset();
    request(MAILBOX_GET_CLOCK_MSG);
    m.mailbox_get_clock.clock = 11;
    TEST_EXPECT_EQ(answer(), ERR_INVALID_ARG);
    request(MAILBOX_GET_VOLTAGE_MSG);
    m.mailbox_get_voltage.rail = -1;
    TEST_EXPECT_EQ(answer(), ERR_INVALID_ARG);
    request(MAILBOX_SET_POWER_MSG);
    m.mailbox_set_power.device = 9;
    TEST_EXPECT_EQ(answer(), ERR_INVALID_ARG);
    request(MAILBOX_SET_EXPANDER_MSG);
    m.mailbox_set_expander.line = 127;
    TEST_EXPECT_EQ(answer(), ERR_INVALID_ARG);
    request(MAILBOX_SET_EXPANDER_MSG);
    m.mailbox_set_expander.line = 136;
    TEST_EXPECT_EQ(answer(), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fake.num_requests, 0);
}

TEST("power of a device that the board hasn't got") {
    fake_reset();
    request(MAILBOX_SET_POWER_MSG);
    m.mailbox_set_power.device = MAILBOX_DEVICE_USB_HCD;
    m.mailbox_set_power.on = true;
    TEST_EXPECT_EQ(answer(), MAILBOX_SET_POWER_REPLY_MSG);
    TEST_EXPECT(m.mailbox_set_power_reply.on);
    fake.power_answer = POWER_MISSING;
    request(MAILBOX_GET_POWER_MSG);
    TEST_EXPECT_EQ(answer(), ERR_NOT_FOUND);
}

TEST("the expander is believed only if it says that it has done it") {
    fake_reset();
    request(MAILBOX_SET_EXPANDER_MSG);
    m.mailbox_set_expander.line = 130;
    m.mailbox_set_expander.high = true;
    TEST_EXPECT_EQ(answer(), MAILBOX_SET_EXPANDER_REPLY_MSG);
    TEST_EXPECT_EQ(fake.expander_line, 130);
    TEST_EXPECT_EQ(fake.expander_state, 1);
    fake.short_tag = TAG_SET_EXPANDER;
    request(MAILBOX_SET_EXPANDER_MSG);
    m.mailbox_set_expander.line = 130;
    TEST_EXPECT_EQ(answer(), ERR_UNAVAILABLE);
}

static int alloc_framebuffer(uint32_t width, uint32_t height) {
    request(MAILBOX_ALLOC_FRAMEBUFFER_MSG);
    m.mailbox_alloc_framebuffer.width = width;
    m.mailbox_alloc_framebuffer.height = height;
    return answer();
}

TEST("a framebuffer has a physical address, and the size that it really has") {
    fake_reset();
    TEST_EXPECT_EQ(alloc_framebuffer(1024, 768), MAILBOX_ALLOC_FRAMEBUFFER_REPLY_MSG);
    TEST_EXPECT_EQ(m.mailbox_alloc_framebuffer_reply.paddr, 0x3c100000);
    TEST_EXPECT_EQ(m.mailbox_alloc_framebuffer_reply.width, 640);
    TEST_EXPECT_EQ(m.mailbox_alloc_framebuffer_reply.height, 480);
    TEST_EXPECT_EQ(m.mailbox_alloc_framebuffer_reply.pitch, 2560);
    TEST_EXPECT_EQ(m.mailbox_alloc_framebuffer_reply.size, 640 * 480 * 4);
}

TEST("the DMA channels that the firmware leaves to others") {
    fake_reset();
    request(MAILBOX_DMA_CHANNELS_MSG);
    TEST_EXPECT_EQ(answer(), MAILBOX_DMA_CHANNELS_REPLY_MSG);
    TEST_EXPECT_EQ(m.mailbox_dma_channels_reply.mask, 0x7f35);
    fake.unknown_tag = TAG_GET_DMA_CHANNELS;
    request(MAILBOX_DMA_CHANNELS_MSG);
    TEST_EXPECT_EQ(answer(), ERR_UNAVAILABLE);
}

TEST("framebuffers of no size, of any size, and without memory") {
    fake_reset();
    TEST_EXPECT_EQ(alloc_framebuffer(0, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc_framebuffer(1, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc_framebuffer(4097, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc_framebuffer(1, 0xffffffff), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fake.num_requests, 0);
    fake.framebuffer_bus = 0;
    TEST_EXPECT_EQ(alloc_framebuffer(640, 480), ERR_NO_MEMORY);
    fake.framebuffer_bus = 0xfc100000;
    fake.depth_answer = 16;
    TEST_EXPECT_EQ(alloc_framebuffer(640, 480), ERR_UNAVAILABLE);
}

TEST("what is no request for the mailbox is left alone") {
    fake_reset();
    request(BENCHMARK_NOP_MSG);
    TEST_EXPECT(!mailbox_dispatch(&firmware_ops, &m));
    request(MAILBOX_BOARD_REPLY_MSG);
    TEST_EXPECT(!mailbox_dispatch(&firmware_ops, &m));
}
