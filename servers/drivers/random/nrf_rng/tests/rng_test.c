#include "../../../../../libs/driver/tests/fake_io.h"

#include <nrf51/rng.h>
#include <unittest.h>

#include "../rng.h"

/// A generator that makes a byte when the test says so.
static struct {
    uint32_t config, interrupts, ready, value;
    bool running;
    unsigned starts;
} rng;

static uint32_t read_reg(offset_t offset) {
    switch (offset) {
    case NRF_RNG_VALRDY:
        return rng.ready;
    case NRF_RNG_VALUE:
        return rng.value;
    default:
        TEST_EXPECT(false);
        return 0;
    }
}

static void write_reg(offset_t offset, uint32_t value) {
    switch (offset) {
    case NRF_RNG_START:
        rng.running = true;
        rng.starts++;
        break;
    case NRF_RNG_STOP:
        rng.running = false;
        break;
    case NRF_RNG_VALRDY:
        rng.ready = value;
        break;
    case NRF_RNG_CONFIG:
        rng.config = value;
        break;
    case NRF_RNG_INTENSET:
        rng.interrupts |= value;
        break;
    case NRF_RNG_INTENCLR:
        rng.interrupts &= ~value;
        break;
    default:
        TEST_EXPECT(false);
    }
}

static void start(void) {
    static const struct fake_device device = {NRF_RNG_BASE, NRF_RNG_LEN, read_reg, write_reg};
    fake_io_reset();
    fake_io_add(&device);
    rng.running = true;
    rng.ready = 1;
    rng.config = rng.interrupts = 0;
    TEST_EXPECT_EQ(rng_init(), OK);
}

static bool make(uint8_t byte) {
    rng.value = byte;
    rng.ready = 1;
    return rng_interrupt();
}

TEST("the generator is set up with bias correction and interrupts, whatever state it was in") {
    start();
    TEST_EXPECT_EQ(rng.config, NRF_RNG_CONFIG_BIAS_CORRECTION);
    TEST_EXPECT_EQ(rng.interrupts, NRF_RNG_INT_VALRDY);
    TEST_EXPECT_EQ(rng.ready, 0);
    TEST_EXPECT(rng.running);
    TEST_EXPECT(fake_irq_is_acquired(NRF_RNG_IRQ));
}

TEST("without the device there is an error") {
    fake_io_reset();
    TEST_EXPECT_EQ(rng_init(), ERR_NOT_PERMITTED);
}

TEST("four bytes make a number, and are given once") {
    uint32_t number;
    start();
    for (uint8_t i = 1; i <= 4; i++) {
        TEST_EXPECT_EQ(rng_take(&number), ERR_EMPTY);
        TEST_EXPECT(make(i));
        TEST_EXPECT_EQ(rng.ready, 0);
    }
    TEST_EXPECT_EQ(rng_take(&number), OK);
    TEST_EXPECT_EQ(number, 0x04030201);
    TEST_EXPECT_EQ(rng_take(&number), ERR_EMPTY);
}

TEST("it stops when the pool is full, and goes on when something was taken") {
    uint32_t number;
    start();
    for (uint8_t i = 0; i < 16; i++) {
        TEST_EXPECT(rng.running);
        TEST_EXPECT(make(i));
    }
    TEST_EXPECT(!rng.running);
    // A byte that was on its way when it was stopped: its interrupt is quieted, or it would never end.
    TEST_EXPECT(!make(99));
    TEST_EXPECT_EQ(rng.ready, 0);
    TEST_EXPECT_EQ(rng_take(&number), OK);
    TEST_EXPECT(rng.running);
    TEST_EXPECT(make(16));
}

TEST("an interrupt without a byte is none") {
    start();
    TEST_EXPECT(!rng_interrupt());
}

TEST("a generator that is stuck is not believed") {
    uint32_t number;
    start();
    for (int i = 0; i < 6; i++) {
        TEST_EXPECT(make(0xaa));
    }
    TEST_EXPECT_EQ(rng_take(&number), ERR_UNAVAILABLE);
    TEST_EXPECT(!rng.running);
    TEST_EXPECT(!rng_is_running());
    TEST_EXPECT_EQ(rng.interrupts, 0);
}

TEST("a byte that comes a few times in a row is chance") {
    uint32_t number;
    start();
    for (int i = 0; i < 5; i++) {
        TEST_EXPECT(make(0xaa));
    }
    TEST_EXPECT(make(0x55));
    TEST_EXPECT(make(0xaa));
    TEST_EXPECT_EQ(rng_take(&number), OK);
}

TEST("after a time-out it stays unavailable") {
    uint32_t number;
    start();
    rng_timed_out();
    TEST_EXPECT_EQ(rng_take(&number), ERR_UNAVAILABLE);
    TEST_EXPECT(!make(1));
    TEST_EXPECT_EQ(rng_take(&number), ERR_UNAVAILABLE);
}
