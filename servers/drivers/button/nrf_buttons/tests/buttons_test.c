#include "../../../../../libs/driver/tests/fake_io.h"

#include <nrf51/gpio.h>
#include <unittest.h>

#include "../buttons.h"

#define A (1u << 17)
#define B (1u << 26)

static uint32_t levels;
static uint32_t configs[NRF_GPIO_NUM_PINS];

static uint32_t read_reg(offset_t offset) {
    TEST_EXPECT_EQ(offset, NRF_GPIO_IN);
    return levels;
}

static void write_reg(offset_t offset, uint32_t value) {
    TEST_EXPECT_GE(offset, NRF_GPIO_PIN_CNF(0));
    configs[(offset - NRF_GPIO_PIN_CNF(0)) / 4] = value;
}

static void start(void) {
    static const struct fake_device device = {NRF_GPIO_BASE, NRF_GPIO_LEN, read_reg, write_reg};
    fake_io_reset();
    fake_io_add(&device);
    levels = UINT32_MAX;
    TEST_EXPECT_EQ(buttons_init(), OK);
    buttons_start();
}

TEST("the pins are inputs that are pulled up") {
    start();
    TEST_EXPECT_EQ(configs[17], 3u << 2);
    TEST_EXPECT_EQ(configs[26], 3u << 2);
    fake_io_reset();
    TEST_EXPECT_EQ(buttons_init(), ERR_NOT_PERMITTED);
}

TEST("buttons are down when their pins are low") {
    start();
    TEST_EXPECT_EQ(buttons_sample(), 0);
    levels = ~A;
    TEST_EXPECT_EQ(buttons_sample(), 1);
    levels = ~B;
    TEST_EXPECT_EQ(buttons_sample(), 2);
    levels = ~(A | B);
    TEST_EXPECT_EQ(buttons_sample(), 3);
}

TEST("a change counts when it is seen twice") {
    start();
    levels = ~A;
    TEST_EXPECT_EQ(buttons_poll(), 0);
    TEST_EXPECT_EQ(buttons_state(), 0);
    TEST_EXPECT_EQ(buttons_poll(), 1);
    TEST_EXPECT_EQ(buttons_state(), 1);
    TEST_EXPECT_EQ(buttons_poll(), 0);
    levels = UINT32_MAX;
    TEST_EXPECT_EQ(buttons_poll(), 0);
    TEST_EXPECT_EQ(buttons_poll(), 1);
    TEST_EXPECT_EQ(buttons_state(), 0);
}

TEST("bouncing is no change, and doesn't disturb the other button") {
    start();
    for (int i = 0; i < 10; i++) {
        levels = (i % 2) ? UINT32_MAX : ~A;
        if (i >= 4) {
            levels &= ~B;
        }
        TEST_EXPECT_EQ(buttons_poll(), (i == 5) ? 2 : 0);
    }
    TEST_EXPECT_EQ(buttons_state(), 2);
}

TEST("what is down when polling begins is no change") {
    start();
    levels = ~B;
    buttons_start();
    TEST_EXPECT_EQ(buttons_state(), 2);
    TEST_EXPECT_EQ(buttons_poll(), 0);
    TEST_EXPECT_EQ(buttons_poll(), 0);
}
