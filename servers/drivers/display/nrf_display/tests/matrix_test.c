#include "../matrix.h"

#include "../../../../../libs/driver/tests/fake_io.h"

#include <nrf51/gpio.h>
#include <nrf51/timer.h>
#include <string.h>
#include <unittest.h>

/// LEDs and timer as on the board: time passes only in run(), and adds up how long each LED was lit.
static struct {
    uint32_t out;
    uint32_t configs[NRF_GPIO_NUM_PINS];
    bool running;
    uint16_t count, cc[2];
    uint32_t compare, interrupts, prescaler;
    unsigned num_interrupts;
    unsigned lit_us[3][9];
} board;

static uint32_t read_gpio(offset_t offset __unused) {
    TEST_EXPECT(false);
    return 0;
}

static void write_gpio(offset_t offset, uint32_t value) {
    bool is_level = offset == NRF_GPIO_OUTSET || offset == NRF_GPIO_OUTCLR;
    TEST_EXPECT(!is_level || (value & ~0xfff0u) == 0);
    if (offset == NRF_GPIO_OUTSET) {
        board.out |= value;
    } else if (offset == NRF_GPIO_OUTCLR) {
        board.out &= ~value;
    } else {
        board.configs[(offset - NRF_GPIO_PIN_CNF(0)) / 4] = value;
    }
}

static uint32_t read_timer(offset_t offset) {
    switch (offset) {
    case NRF_TIMER_COMPARE(0):
        return board.compare;
    case NRF_TIMER_CC(1):
        return board.cc[1];
    default:
        TEST_EXPECT(false);
        return 0;
    }
}

static void write_timer(offset_t offset, uint32_t value) {
    switch (offset) {
    case NRF_TIMER_START:
        board.running = true;
        break;
    case NRF_TIMER_SHUTDOWN:
        board.running = false;
        break;
    case NRF_TIMER_CLEAR:
        board.count = 0;
        break;
    case NRF_TIMER_CAPTURE(1):
        board.cc[1] = board.count;
        break;
    case NRF_TIMER_COMPARE(0):
        board.compare = value;
        break;
    case NRF_TIMER_CC(0):
        board.cc[0] = (uint16_t) value;
        break;
    case NRF_TIMER_INTENSET:
        board.interrupts |= value;
        break;
    case NRF_TIMER_PRESCALER:
        board.prescaler = value;
        break;
    case NRF_TIMER_MODE:
    case NRF_TIMER_BITMODE:
        TEST_EXPECT_EQ(value, 0);
        break;
    default:
        TEST_EXPECT(false);
    }
}

static void start(void) {
    static const struct fake_device gpio = {NRF_GPIO_BASE, NRF_GPIO_LEN, read_gpio, write_gpio};
    static const struct fake_device timer = {NRF_TIMER1_BASE, NRF_TIMER_LEN, read_timer,
                                             write_timer};
    memset(&board, 0, sizeof(board));
    board.running = true;
    board.out = 0xfff0;
    fake_io_reset();
    fake_io_add(&gpio);
    fake_io_add(&timer);
    TEST_EXPECT_EQ(matrix_init(), OK);
}

static void count_lit(void) {
    int rows_on = 0;
    for (int row = 0; row < 3; row++) {
        rows_on += (board.out >> (13 + row)) & 1;
        for (int col = 0; col < 9; col++) {
            bool lit = (board.out & (1u << (13 + row))) && !(board.out & (1u << (4 + col)));
            board.lit_us[row][col] += lit;
        }
    }
    TEST_EXPECT_LE(rows_on, 1);
}

/// Lets time pass. The driver takes its interrupts `latency` microseconds late.
static void run(unsigned us, unsigned latency) {
    unsigned late = 0;
    for (unsigned i = 0; i < us; i++) {
        count_lit();
        if (board.running) {
            board.count++;
            board.compare |= board.count == board.cc[0];
        }
        late = board.compare ? late + 1 : 0;
        if (late > latency) {
            board.num_interrupts++;
            matrix_interrupt();
            late = 0;
        }
    }
}

/// Shows one pixel; which LED that is, is row * 9 + col.
static int led_of(int pixel) {
    uint8_t levels[MATRIX_NUM_PIXELS] = {0};
    levels[pixel] = MATRIX_LEVEL_MAX;
    start();
    matrix_show(levels);
    run(3 * MATRIX_ROW_US, 0);
    int found = -1;
    for (int led = 0; led < 27; led++) {
        if (board.lit_us[led / 9][led % 9] != 0) {
            TEST_EXPECT_EQ(found, -1);
            found = led;
        }
    }
    return found;
}

TEST("each pixel is an LED of its own: the one of the schematic") {
    // Rows and columns of the LEDs, in reading order, counted from 1.
    static const uint8_t leds[MATRIX_NUM_PIXELS] = {
        11, 24, 12, 25, 13, 34, 35, 36, 37, 38, 22, 19, 23,
        39, 21, 18, 17, 16, 15, 14, 33, 27, 31, 26, 32,
    };
    for (int i = 0; i < MATRIX_NUM_PIXELS; i++) {
        TEST_EXPECT_EQ(led_of(i), (leds[i] / 10 - 1) * 9 + leds[i] % 10 - 1);
    }
}

TEST("nothing is lit, and nothing interrupts, while all is dark") {
    uint8_t levels[MATRIX_NUM_PIXELS] = {0};
    start();
    TEST_EXPECT_EQ(board.out, 0x1ff0);
    TEST_EXPECT(!board.running);
    matrix_show(levels);
    run(50000, 0);
    TEST_EXPECT_EQ(board.num_interrupts, 0);

    levels[7] = 1;
    matrix_show(levels);
    TEST_EXPECT(board.running);
    run(20000, 0);
    levels[7] = 0;
    matrix_show(levels);
    TEST_EXPECT(!board.running);
    TEST_EXPECT_EQ(board.out, 0x1ff0);
    board.num_interrupts = 0;
    run(50000, 0);
    TEST_EXPECT_EQ(board.num_interrupts, 0);
}

TEST("pins are outputs, and the timer counts microseconds") {
    start();
    for (unsigned pin = 0; pin < NRF_GPIO_NUM_PINS; pin++) {
        TEST_EXPECT_EQ(board.configs[pin], (pin >= 4 && pin <= 15) ? 3 : 0);
    }
    TEST_EXPECT_EQ(board.prescaler, 4);
    TEST_EXPECT_EQ(board.interrupts, 1u << 16);
    TEST_EXPECT(fake_irq_is_acquired(9));
}

TEST("all LEDs at full brightness take one interrupt for each row") {
    uint8_t levels[MATRIX_NUM_PIXELS];
    memset(levels, MATRIX_LEVEL_MAX, sizeof(levels));
    start();
    matrix_show(levels);
    run(300 * MATRIX_ROW_US, 0);
    TEST_EXPECT_EQ(board.num_interrupts, 300);
    for (int led = 0; led < 27; led++) {
        unsigned expected = (led == 16 || led == 17) ? 0 : 100 * MATRIX_ROW_US;
        TEST_EXPECT_LE(board.lit_us[led / 9][led % 9] - expected + 1, 2);
    }
}

/// How long the first LED of the first row was on, of 100 rounds, at this level. The others have others.
static unsigned lit_at(uint8_t level, unsigned latency) {
    uint8_t levels[MATRIX_NUM_PIXELS];
    for (int i = 0; i < MATRIX_NUM_PIXELS; i++) {
        levels[i] = (uint8_t) (i % (MATRIX_LEVEL_MAX + 1));
    }
    levels[0] = level;
    start();
    matrix_show(levels);
    run(300 * MATRIX_ROW_US, latency);
    return board.lit_us[0][0] / 100;
}

TEST("levels differ, in steps that grow, and being late doesn't change them") {
    for (unsigned latency = 0; latency <= 100; latency += 50) {
        unsigned last = 0, last_step = 0;
        for (uint8_t level = 0; level <= MATRIX_LEVEL_MAX; level++) {
            unsigned lit = lit_at(level, latency);
            TEST_EXPECT_EQ(lit == 0, level == 0);
            if (level > 1) {
                TEST_EXPECT_GT(lit, last);
                TEST_EXPECT_GE(lit - last + 10, last_step);
            }
            last_step = lit - last;
            last = lit;
        }
        TEST_EXPECT_GE(last, MATRIX_ROW_US - 1 - latency);
        TEST_EXPECT_LE(last, MATRIX_ROW_US + 2);
    }
}

TEST("a driver that was kept from running for long goes on") {
    uint8_t levels[MATRIX_NUM_PIXELS] = {9, 1, 2, 3, 4};
    start();
    matrix_show(levels);
    run(1000, 0);
    // Flash is erased: nothing runs for 22 ms.
    run(22000, 22000);
    unsigned before = board.num_interrupts;
    board.lit_us[0][0] = 0;
    run(300 * MATRIX_ROW_US, 0);
    TEST_EXPECT_GE(board.num_interrupts - before, 300);
    TEST_EXPECT_GE(board.lit_us[0][0], 99 * MATRIX_ROW_US);
}

TEST("without the devices there is an error") {
    fake_io_reset();
    TEST_EXPECT_EQ(matrix_init(), ERR_NOT_PERMITTED);
}
