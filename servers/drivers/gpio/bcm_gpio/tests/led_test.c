#include "../led.h"

#include <message.h>
#include <resea/ipc.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "fake_pins.h"

/// What the mailbox's server is asked, and answers.
static uint32_t revision;
static error_t mailbox_error;
static int expander_level;
static unsigned num_boards_asked;
static msec_t timer;

error_t ipc_call_service_idempotent(const char *name, task_t *cached __unused, struct message *m) {
    TEST_EXPECT_STR_EQ(name, "mailbox");
    if (mailbox_error != OK) {
        return mailbox_error;
    }
    if (m->type == MAILBOX_BOARD_MSG) {
        num_boards_asked++;
        m->type = MAILBOX_BOARD_REPLY_MSG;
        m->mailbox_board_reply.revision = revision;
    } else {
        TEST_EXPECT_EQ(m->type, MAILBOX_SET_EXPANDER_MSG);
        TEST_EXPECT_EQ(m->mailbox_set_expander.line, 130);
        expander_level = m->mailbox_set_expander.high;
        m->type = MAILBOX_SET_EXPANDER_REPLY_MSG;
    }
    return OK;
}

error_t timer_set(msec_t timeout) {
    timer = timeout;
    return OK;
}

static bool on, blinking;

static void reset(uint32_t board_revision) {
    fake_reset();
    led_init();
    revision = board_revision;
    mailbox_error = OK;
    expander_level = -1;
    num_boards_asked = 0;
    timer = 0;
}

TEST("without the firmware's answer there is no LED, but there may be one later") {
    reset(0xa02082);
    mailbox_error = ERR_UNAVAILABLE;
    TEST_EXPECT_EQ(led_set(true), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(led_blink(100, 100), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(timer, 0);
    led_get(&on, &blinking);
    TEST_EXPECT(!on && !blinking);
    mailbox_error = OK;
    TEST_EXPECT_EQ(led_set(true), OK);
    TEST_EXPECT_EQ(expander_level, 1);
}

TEST("on a Pi 3B the firmware is asked") {
    reset(0xa02082);
    TEST_EXPECT_EQ(led_set(true), OK);
    TEST_EXPECT_EQ(expander_level, 1);
    led_get(&on, &blinking);
    TEST_EXPECT(on && !blinking);
    TEST_EXPECT_EQ(led_set(false), OK);
    TEST_EXPECT_EQ(expander_level, 0);
    TEST_EXPECT_EQ(num_boards_asked, 1);
    TEST_EXPECT_EQ(fake_function(29), GPFSEL_INPUT);
}

TEST("on a Pi 3B+ and a Pi 3A+ it is a pin") {
    static const uint32_t boards[] = {0xa020d3, 0x9020e0};
    for (size_t i = 0; i < 2; i++) {
        reset(boards[i]);
        TEST_EXPECT_EQ(led_set(true), OK);
        TEST_EXPECT_EQ(fake_function(29), GPFSEL_OUTPUT);
        TEST_EXPECT(fake_level(29));
        TEST_EXPECT_EQ(led_set(false), OK);
        TEST_EXPECT(!fake_level(29));
        TEST_EXPECT_EQ(expander_level, -1);
    }
}

TEST("other boards have no LED that is known") {
    // A Pi 4B, and one from before the new codes.
    static const uint32_t boards[] = {0xa03111, 0x000e};
    for (size_t i = 0; i < 2; i++) {
        reset(boards[i]);
        TEST_EXPECT_EQ(led_set(true), ERR_UNAVAILABLE);
        TEST_EXPECT_EQ(led_blink(100, 100), ERR_UNAVAILABLE);
        TEST_EXPECT_EQ(num_boards_asked, 1);
        TEST_EXPECT_EQ(timer, 0);
    }
}

TEST("it blinks with the times that were asked for, until it is told otherwise") {
    reset(0xa02082);
    TEST_EXPECT_EQ(led_blink(100, 900), OK);
    TEST_EXPECT_EQ(expander_level, 1);
    TEST_EXPECT_EQ(timer, 100);
    led_timer();
    TEST_EXPECT_EQ(expander_level, 0);
    TEST_EXPECT_EQ(timer, 900);
    led_timer();
    TEST_EXPECT_EQ(expander_level, 1);
    TEST_EXPECT_EQ(timer, 100);
    led_get(&on, &blinking);
    TEST_EXPECT(blinking);
    TEST_EXPECT_EQ(led_set(false), OK);
    TEST_EXPECT_EQ(timer, 0);
    // One that was on its way already.
    led_timer();
    TEST_EXPECT_EQ(expander_level, 0);
    TEST_EXPECT_EQ(timer, 0);
}

TEST("it stops blinking when the firmware stops answering") {
    reset(0xa02082);
    TEST_EXPECT_EQ(led_blink(100, 100), OK);
    mailbox_error = ERR_ABORTED;
    led_timer();
    TEST_EXPECT_EQ(timer, 0);
    led_get(&on, &blinking);
    TEST_EXPECT(!blinking);
    mailbox_error = OK;
}
