#include "../controller.h"

#include <keyboard.h>
#include <unittest.h>

#include "fake_controller.h"

/// Longer than this nothing may wait that there isn't.
#define PATIENCE_MS 5000

static void set_up(void) {
    fake_reset();
    TEST_EXPECT_EQ(controller_init(), OK);
    TEST_EXPECT_EQ(controller_enable_interrupt(), OK);
    controller_idle();
}

TEST("whatever its last driver did, it is set up") {
    set_up();
    TEST_EXPECT_EQ(fake.config & 0x53, 0x41);
    TEST_EXPECT(fake.port_enabled);
    TEST_EXPECT(fake.scanning);
    TEST_EXPECT_EQ(fake.set, 2);
    TEST_EXPECT_EQ(fake.repeat, 0);
    TEST_EXPECT_EQ(fake.num_queued, 0);
    TEST_EXPECT(controller_translates());
    TEST_EXPECT_EQ(controller_read(), -1);
}

TEST("one that doesn't translate is taken as it is") {
    fake_reset();
    fake.cannot_translate = true;
    TEST_EXPECT_EQ(controller_init(), OK);
    TEST_EXPECT(!controller_translates());
}

TEST("where there is no controller, none is found") {
    fake_reset();
    fake.absent = true;
    TEST_EXPECT_EQ(controller_init(), ERR_NOT_FOUND);
    fake_reset();
    fake.input_stuck = true;
    TEST_EXPECT_EQ(controller_init(), ERR_NOT_FOUND);
    fake_reset();
    fake.endless = true;
    TEST_EXPECT_EQ(controller_init(), ERR_NOT_FOUND);
    TEST_EXPECT_LT(fake.slept_ms, PATIENCE_MS);
}

TEST("one that fails its tests is told") {
    fake_reset();
    fake.test_answer = 0xfc;
    TEST_EXPECT_EQ(controller_init(), ERR_IO);
    fake_reset();
    fake.keyboard_test_answer = 0x01;
    TEST_EXPECT_EQ(controller_init(), ERR_IO);
}

TEST("without a keyboard, or with a broken one, there is none") {
    fake_reset();
    fake.no_keyboard = true;
    TEST_EXPECT_EQ(controller_init(), ERR_NOT_FOUND);
    TEST_EXPECT_LT(fake.slept_ms, PATIENCE_MS);
    fake_reset();
    fake.reset_answer = 0xfc;
    TEST_EXPECT_EQ(controller_init(), ERR_NOT_FOUND);
    fake_reset();
    fake.reset_ms = 1000000;
    TEST_EXPECT_EQ(controller_init(), ERR_NOT_FOUND);
    TEST_EXPECT_LT(fake.slept_ms, PATIENCE_MS);
}

TEST("a byte that wasn't understood is sent again, but not for ever") {
    fake_reset();
    fake.resends = 2;
    TEST_EXPECT_EQ(controller_init(), OK);
    fake_reset();
    fake.resends = 1000;
    TEST_EXPECT_EQ(controller_init(), ERR_NOT_FOUND);
    TEST_EXPECT_LT(fake.num_bytes, 10);
}

TEST("a keyboard that knows but one set and speed types") {
    fake_reset();
    fake.knows_no_sets = true;
    TEST_EXPECT_EQ(controller_init(), OK);
    TEST_EXPECT(fake.scanning);
    TEST_EXPECT_EQ(controller_read(), -1);
}

TEST("what is typed comes out, what a mouse says doesn't") {
    set_up();
    fake_send(0x1e);
    fake_send_aux(0x09);
    fake_send_aux(0xfa);
    fake_send(0x9e);
    TEST_EXPECT_EQ(controller_read(), 0x1e);
    TEST_EXPECT_EQ(controller_read(), 0x9e);
    TEST_EXPECT_EQ(controller_read(), -1);
}

TEST("lamps are lit while keys are typed") {
    set_up();
    fake_send(0x1e);
    TEST_EXPECT(!controller_is_asking());
    controller_set_leds(KEYBOARD_LED_CAPS);
    TEST_EXPECT(controller_is_asking());
    fake_send(0x9e);
    TEST_EXPECT_EQ(controller_read(), 0x1e);
    TEST_EXPECT_EQ(controller_read(), 0x9e);
    TEST_EXPECT_EQ(controller_read(), -1);
    TEST_EXPECT(!controller_is_asking());
    TEST_EXPECT_EQ(fake.leds, 0x04);
    controller_set_leds(KEYBOARD_LED_NUM);
    TEST_EXPECT_EQ(controller_read(), -1);
    TEST_EXPECT_EQ(fake.leds, 0x02);
    TEST_EXPECT_EQ(fake.num_queued, 0);
}

TEST("the last of many changes of the lamps counts") {
    set_up();
    controller_set_leds(KEYBOARD_LED_NUM);
    controller_set_leds(0);
    controller_set_leds(KEYBOARD_LED_CAPS);
    controller_set_leds(KEYBOARD_LED_CAPS | KEYBOARD_LED_NUM);
    TEST_EXPECT_EQ(controller_read(), -1);
    TEST_EXPECT_EQ(fake.leds, 0x06);
}

TEST("lamps: a keyboard that doesn't understand is asked again, then left alone") {
    set_up();
    fake.resends = 2;
    controller_set_leds(KEYBOARD_LED_CAPS);
    TEST_EXPECT_EQ(controller_read(), -1);
    TEST_EXPECT_EQ(fake.leds, 0x04);
    fake.resends = 1000;
    unsigned before = fake.num_bytes;
    controller_set_leds(0);
    TEST_EXPECT_EQ(controller_read(), -1);
    TEST_EXPECT_LE(fake.num_bytes, before + 3);
    fake.resends = 0;
    controller_set_leds(KEYBOARD_LED_NUM);
    TEST_EXPECT_EQ(controller_read(), -1);
    TEST_EXPECT_EQ(fake.leds, 0x02);
}

TEST("lamps: no answer is waited for for ever") {
    set_up();
    fake.deaf_to_leds = true;
    controller_set_leds(KEYBOARD_LED_CAPS);
    fake_send(0x1e);
    TEST_EXPECT_EQ(controller_read(), 0x1e);
    TEST_EXPECT_EQ(controller_read(), -1);
    TEST_EXPECT(controller_is_asking());
    controller_idle();
    TEST_EXPECT(!controller_is_asking());
    // A stray answer is no longer taken for one: it is a byte like others.
    fake_send(0xfa);
    TEST_EXPECT_EQ(controller_read(), 0xfa);
    fake.deaf_to_leds = false;
    controller_set_leds(KEYBOARD_LED_NUM);
    TEST_EXPECT_EQ(controller_read(), -1);
    TEST_EXPECT_EQ(fake.leds, 0x02);
    fake.input_stuck = true;
    controller_set_leds(0);
    TEST_EXPECT_EQ(controller_read(), -1);
}
