#include "fake_pins.h"

#include <driver/io.h>
#include <string.h>
#include <unittest.h>

#include "../pins.h"

struct fake_pins fake;

void fake_reset(void) {
    bzero(&fake, sizeof(fake));
    // The console's pins: alternate function 0.
    fake.function[1] = 4u << GPFSEL_SHIFT(14) | 4u << GPFSEL_SHIFT(15);
    TEST_EXPECT_EQ(pins_init(), OK);
}

unsigned fake_function(unsigned pin) {
    return (fake.function[pin / 10] >> GPFSEL_SHIFT(pin)) & GPFSEL_MASK;
}

bool fake_level(unsigned pin) {
    const uint32_t *from = (fake_function(pin) == GPFSEL_OUTPUT) ? fake.latch : fake.outside;
    return (from[pin / 32] & GPIO_BIT(pin)) != 0;
}

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    TEST_EXPECT_EQ(paddr, GPIO_PADDR);
    TEST_EXPECT_EQ(len, GPIO_LEN);
    return fake.not_granted ? NULL : (io_t) &fake;
}

static uint32_t levels(unsigned bank) {
    uint32_t levels = 0;
    for (unsigned pin = bank * 32; pin < GPIO_NUM_PINS && pin < bank * 32 + 32; pin++) {
        levels |= fake_level(pin) ? GPIO_BIT(pin) : 0;
    }
    return levels;
}

uint32_t io_read32(io_t io __unused, offset_t offset) {
    if (offset <= GPFSEL(53)) {
        return fake.function[offset / 4];
    }
    if (offset == GPLEV(0) || offset == GPLEV(32)) {
        return levels((offset - GPLEV(0)) / 4);
    }
    TEST_EXPECT_EQ(offset, GPPUD);
    fake.cycles++;
    return fake.pud;
}

/// The clock has been up for long enough: the pins take their pulls.
static void take_pulls(unsigned bank) {
    for (unsigned pin = bank * 32; pin < GPIO_NUM_PINS && pin < bank * 32 + 32; pin++) {
        if (fake.pud_clock[bank] & GPIO_BIT(pin)) {
            TEST_EXPECT_GE(fake.cycles, GPPUD_CYCLES);
            fake.pull[pin] = (uint8_t) fake.pud;
        }
    }
}

void io_write32(io_t io __unused, offset_t offset, uint32_t value) {
    if (offset <= GPFSEL(53)) {
        fake.function[offset / 4] = value;
    } else if (offset == GPSET(0) || offset == GPSET(32)) {
        fake.latch[(offset - GPSET(0)) / 4] |= value;
    } else if (offset == GPCLR(0) || offset == GPCLR(32)) {
        fake.latch[(offset - GPCLR(0)) / 4] &= ~value;
    } else if (offset == GPPUD) {
        take_pulls(0);
        take_pulls(1);
        fake.pud = value;
        fake.cycles = 0;
    } else {
        unsigned bank = (unsigned) (offset - GPPUDCLK(0)) / 4;
        TEST_EXPECT_LE(bank, 1);
        TEST_EXPECT(value == 0 || fake.cycles >= GPPUD_CYCLES);
        fake.pud_clock[bank] = value;
        fake.cycles = 0;
    }
}
