#include "../pins.h"

#include <message.h>
#include <string.h>
#include <unittest.h>

#include "fake_pins.h"

static bool high;
static int mode;

TEST("an output begins low, and follows what is set") {
    fake_reset();
    TEST_EXPECT_EQ(pins_set_mode(17, GPIO_MODE_OUTPUT), OK);
    TEST_EXPECT_EQ(fake_function(17), GPFSEL_OUTPUT);
    TEST_EXPECT(!fake_level(17));
    TEST_EXPECT_EQ(pins_set(17, true), OK);
    TEST_EXPECT(fake_level(17));
    TEST_EXPECT_EQ(pins_get(17, &high, &mode), OK);
    TEST_EXPECT(high);
    TEST_EXPECT_EQ(mode, GPIO_MODE_OUTPUT);
    TEST_EXPECT_EQ(pins_set(17, false), OK);
    TEST_EXPECT(!fake_level(17));
    // Its neighbours are as they were.
    TEST_EXPECT_EQ(fake_function(16), GPFSEL_INPUT);
    TEST_EXPECT_EQ(fake_function(14), 4);
    TEST_EXPECT_EQ(fake_function(18), GPFSEL_INPUT);
}

TEST("a level that was set before shows once the pin is an output") {
    fake_reset();
    TEST_EXPECT_EQ(pins_set(4, true), OK);
    TEST_EXPECT_EQ(pins_get(4, &high, &mode), OK);
    TEST_EXPECT(!high);
    TEST_EXPECT_EQ(mode, GPIO_MODE_OFF);
    TEST_EXPECT_EQ(pins_set_mode(4, GPIO_MODE_OUTPUT), OK);
    TEST_EXPECT(fake_level(4));
}

TEST("inputs are read, with the pull that was asked for") {
    fake_reset();
    TEST_EXPECT_EQ(pins_set_mode(27, GPIO_MODE_INPUT_PULL_UP), OK);
    TEST_EXPECT_EQ(fake.pull[27], GPPUD_UP);
    fake.outside[0] = GPIO_BIT(27);
    TEST_EXPECT_EQ(pins_get(27, &high, &mode), OK);
    TEST_EXPECT(high);
    TEST_EXPECT_EQ(mode, GPIO_MODE_INPUT_PULL_UP);
    fake.outside[0] = 0;
    TEST_EXPECT_EQ(pins_get(27, &high, &mode), OK);
    TEST_EXPECT(!high);
    TEST_EXPECT_EQ(pins_set_mode(27, GPIO_MODE_INPUT_PULL_DOWN), OK);
    TEST_EXPECT_EQ(fake.pull[27], GPPUD_DOWN);
    TEST_EXPECT_EQ(pins_set_mode(27, GPIO_MODE_INPUT), OK);
    TEST_EXPECT_EQ(fake.pull[27], GPPUD_OFF);
    TEST_EXPECT_EQ(pins_set_mode(27, GPIO_MODE_INPUT_PULL_UP), OK);
    TEST_EXPECT_EQ(pins_set_mode(27, GPIO_MODE_OFF), OK);
    TEST_EXPECT_EQ(fake.pull[27], GPPUD_OFF);
    TEST_EXPECT_EQ(fake.pull[26], 0);
    TEST_EXPECT_EQ(fake.pud_clock[0], 0);
}

TEST("a pin that is off is low, whatever is there") {
    fake_reset();
    fake.outside[0] = UINT32_MAX;
    TEST_EXPECT_EQ(pins_get(5, &high, &mode), OK);
    TEST_EXPECT(!high);
    TEST_EXPECT_EQ(mode, GPIO_MODE_OFF);
}

TEST("pins that belong to others, and pins that don't exist") {
    fake_reset();
    struct fake_pins before = fake;
    TEST_EXPECT_EQ(pins_set_mode(14, GPIO_MODE_OUTPUT), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(pins_set(15, true), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(pins_set_mode(28, GPIO_MODE_OUTPUT), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(pins_set(53, true), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(pins_get(29, &high, &mode), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(pins_set_mode(54, GPIO_MODE_OUTPUT), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(pins_set(0xffffffff, true), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(pins_get(130, &high, &mode), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(pins_set_mode(4, 5), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(pins_set_mode(4, -1), ERR_INVALID_ARG);
    TEST_EXPECT_MEM_EQ(&fake, &before, sizeof(fake));
}

TEST("after a restart, outputs are what they were") {
    fake_reset();
    TEST_EXPECT_EQ(pins_set_mode(22, GPIO_MODE_OUTPUT), OK);
    TEST_EXPECT_EQ(pins_set(22, true), OK);
    TEST_EXPECT_EQ(pins_set_mode(23, GPIO_MODE_OUTPUT), OK);
    TEST_EXPECT_EQ(pins_init(), OK);
    TEST_EXPECT_EQ(pins_get(22, &high, &mode), OK);
    TEST_EXPECT(high);
    TEST_EXPECT_EQ(mode, GPIO_MODE_OUTPUT);
    TEST_EXPECT_EQ(pins_get(23, &high, &mode), OK);
    TEST_EXPECT(!high);
}

TEST("without the right to the registers there are no pins") {
    fake_reset();
    fake.not_granted = true;
    TEST_EXPECT_EQ(pins_init(), ERR_NOT_PERMITTED);
}

TEST("the card slot gets the EMMC controller, and what had it besides gets nothing") {
    fake_reset();
    for (unsigned pin = PINS_EMMC_OTHER; pin < PINS_EMMC_OTHER + PINS_EMMC_COUNT; pin++) {
        fake.function[pin / 10] |= GPFSEL_ALT3 << GPFSEL_SHIFT(pin);
    }
    pins_connect_card();
    for (unsigned i = 0; i < PINS_EMMC_COUNT; i++) {
        TEST_EXPECT_EQ(fake_function(PINS_EMMC_OTHER + i), GPFSEL_INPUT);
        TEST_EXPECT_EQ(fake_function(PINS_EMMC_CARD + i), GPFSEL_ALT3);
        TEST_EXPECT_EQ(fake.pull[PINS_EMMC_CARD + i], (i == 0) ? GPPUD_OFF : GPPUD_UP);
    }
    TEST_EXPECT_EQ(fake_function(PINS_EMMC_OTHER - 1), GPFSEL_INPUT);
    TEST_EXPECT_EQ(fake_function(PINS_EMMC_CARD - 1), GPFSEL_INPUT);
    // What isn't the EMMC controller's stays.
    fake.function[3] = 2u << GPFSEL_SHIFT(PINS_EMMC_OTHER);
    pins_connect_card();
    TEST_EXPECT_EQ(fake_function(PINS_EMMC_OTHER), 2);
}
