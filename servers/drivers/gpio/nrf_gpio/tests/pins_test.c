#include "../pins.h"

#include "../../../../../libs/driver/tests/fake_io.h"

#include <message.h>
#include <nrf51/gpio.h>
#include <unittest.h>

static uint32_t out, in, touched;
static uint32_t configs[NRF_GPIO_NUM_PINS];

static uint32_t read_reg(offset_t offset) {
    return (offset == NRF_GPIO_OUT) ? out : in;
}

static void write_reg(offset_t offset, uint32_t value) {
    if (offset == NRF_GPIO_OUTSET) {
        out |= value;
        touched |= value;
    } else if (offset == NRF_GPIO_OUTCLR) {
        out &= ~value;
        touched |= value;
    } else {
        unsigned pin = (unsigned) (offset - NRF_GPIO_PIN_CNF(0)) / 4;
        configs[pin] = value;
        touched |= 1u << pin;
    }
}

static void start(void) {
    static const struct fake_device device = {NRF_GPIO_BASE, NRF_GPIO_LEN, read_reg, write_reg};
    fake_io_reset();
    fake_io_add(&device);
    touched = 0;
    TEST_EXPECT_EQ(pins_init(), OK);
}

TEST("only free pins are ever touched") {
    start();
    TEST_EXPECT_EQ(touched, 0x00f5000e);
    for (unsigned pin = 0; pin < NRF_GPIO_NUM_PINS; pin++) {
        error_t expected = (touched & (1u << pin)) ? OK : ERR_NOT_PERMITTED;
        bool high;
        int mode;
        TEST_EXPECT_EQ(pins_set_mode(pin, GPIO_MODE_OUTPUT), expected);
        TEST_EXPECT_EQ(pins_set(pin, true), expected);
        TEST_EXPECT_EQ(pins_get(pin, &high, &mode), expected);
    }
    TEST_EXPECT_EQ(touched, 0x00f5000e);
    TEST_EXPECT_EQ(pins_set(32, true), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(pins_set_mode(UINT32_MAX, GPIO_MODE_INPUT), ERR_NOT_FOUND);
}

TEST("modes are what the manual says") {
    start();
    TEST_EXPECT_EQ(configs[3], 2);
    TEST_EXPECT_EQ(pins_set_mode(3, GPIO_MODE_INPUT), OK);
    TEST_EXPECT_EQ(configs[3], 0);
    TEST_EXPECT_EQ(pins_set_mode(3, GPIO_MODE_INPUT_PULL_DOWN), OK);
    TEST_EXPECT_EQ(configs[3], 1u << 2);
    TEST_EXPECT_EQ(pins_set_mode(3, GPIO_MODE_INPUT_PULL_UP), OK);
    TEST_EXPECT_EQ(configs[3], 3u << 2);
    TEST_EXPECT_EQ(pins_set_mode(3, GPIO_MODE_OUTPUT), OK);
    TEST_EXPECT_EQ(configs[3], 3);
}

TEST("a level is what is set of an output, what is read of an input") {
    bool high = true;
    int mode;
    out = UINT32_MAX;
    start();
    in = UINT32_MAX;
    TEST_EXPECT_EQ(pins_get(2, &high, &mode), OK);
    TEST_EXPECT_EQ(high, false);
    TEST_EXPECT_EQ(mode, GPIO_MODE_OFF);
    pins_set_mode(2, GPIO_MODE_INPUT);
    TEST_EXPECT_EQ(pins_get(2, &high, &mode), OK);
    TEST_EXPECT_EQ(high, true);

    pins_set_mode(2, GPIO_MODE_OUTPUT);
    TEST_EXPECT_EQ(pins_get(2, &high, &mode), OK);
    TEST_EXPECT_EQ(high, false);
    TEST_EXPECT_EQ(pins_set(2, true), OK);
    in = 0;
    TEST_EXPECT_EQ(pins_get(2, &high, &mode), OK);
    TEST_EXPECT_EQ(high, true);
    TEST_EXPECT_EQ(mode, GPIO_MODE_OUTPUT);
}
