#include "../property.h"

#include <string.h>
#include <unittest.h>

#include "../registers.h"
#include "fake_firmware.h"

static uint32_t temperature[2];

static error_t ask_temperature(void) {
    temperature[0] = temperature[1] = 0;
    const struct property_tag tag = {TAG_GET_TEMPERATURE, temperature, 2, 2};
    return property_call(&tag, 1);
}

TEST("a request goes out flushed, by its bus address, and the answer comes back") {
    fake_reset();
    fake.delay = 10;
    TEST_EXPECT_EQ(ask_temperature(), OK);
    TEST_EXPECT_EQ(temperature[1], 25000);
    TEST_EXPECT_EQ(fake.last_mail, 0xc0123008);
    TEST_EXPECT_EQ(fake.last_size, 4 * (2 + 3 + 2 + 1));
    TEST_EXPECT_EQ(fake.num_requests, 1);
}

TEST("what the firmware doesn't know, or answers with too little, is unavailable") {
    fake_reset();
    fake.unknown_tag = TAG_GET_TEMPERATURE;
    TEST_EXPECT_EQ(ask_temperature(), ERR_UNAVAILABLE);
    fake.unknown_tag = 0;
    fake.short_tag = TAG_GET_TEMPERATURE;
    TEST_EXPECT_EQ(ask_temperature(), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(temperature[1], 0);
    fake.short_tag = 0;
    TEST_EXPECT_EQ(ask_temperature(), OK);
}

TEST("a buffer that the firmware can't parse is an error") {
    fake_reset();
    fake.parse_fails = true;
    TEST_EXPECT_EQ(ask_temperature(), ERR_NOT_ACCEPTABLE);
}

TEST("a request that is too long isn't sent") {
    fake_reset();
    static uint32_t values[PROPERTY_WORDS_MAX];
    struct property_tag tag = {TAG_GET_TEMPERATURE, values, PROPERTY_WORDS_MAX - 5, 0};
    TEST_EXPECT_EQ(property_call(&tag, 1), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(fake.num_requests, 0);
    tag.num_values--;
    TEST_EXPECT_EQ(property_call(&tag, 1), OK);
}

TEST("a full mailbox is waited for, but not for ever") {
    fake_reset();
    fake.full = 20;
    TEST_EXPECT_EQ(ask_temperature(), OK);
    fake.full = -1;
    TEST_EXPECT_EQ(ask_temperature(), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(fake.num_requests, 1);
}

TEST("while an answer is overdue the buffer stays the firmware's") {
    fake_reset();
    fake.delay = -1;
    TEST_EXPECT_EQ(ask_temperature(), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(ask_temperature(), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(fake.num_requests, 1);
    // It comes at last, and isn't taken for the answer to the next request.
    fake.temperature = 1;
    fake_answer_now();
    fake.temperature = 31000;
    TEST_EXPECT_EQ(ask_temperature(), OK);
    TEST_EXPECT_EQ(temperature[1], 31000);
    TEST_EXPECT_EQ(fake.num_requests, 2);
}

TEST("answers to somebody else are dropped, those of a former life, too") {
    fake_reset();
    fake_leave_answer(0xc0123008);
    fake_leave_answer(0x00000001);
    TEST_EXPECT_EQ(property_init(), OK);
    fake.delay = 3;
    TEST_EXPECT_EQ(ask_temperature(), OK);
    TEST_EXPECT_EQ(temperature[1], 25000);

    fake_reset();
    fake.delay = 5;
    fake_leave_answer(0xc0123008);
    fake_leave_answer(0x12345670);
    TEST_EXPECT_EQ(ask_temperature(), OK);
    TEST_EXPECT_EQ(temperature[1], 25000);
}
