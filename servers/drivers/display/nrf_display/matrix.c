#include "matrix.h"

#include <driver/io.h>
#include <driver/irq.h>
#include <nrf51/gpio.h>
#include <nrf51/timer.h>
#include <string.h>

// Schematic of the BBC micro:bit, version 1.5: COL1 to COL9 are P0.04 to P0.12, ROW1 to ROW3 are P0.13 to
// P0.15.
#define NUM_ROWS  3
#define NUM_COLS  9
#define COL_PIN_0 4
#define ROW_PIN_0 13
#define ALL_COLS  (((UINT32_C(1) << NUM_COLS) - 1) << COL_PIN_0)
#define ALL_ROWS  (((UINT32_C(1) << NUM_ROWS) - 1) << ROW_PIN_0)

/// Which pixel is where, by the same schematic.
#define P(x, y) ((y) *MATRIX_WIDTH + (x))
#define NONE    0xff
static const uint8_t pixels[NUM_ROWS][NUM_COLS] = {
    {P(0, 0), P(2, 0), P(4, 0), P(4, 3), P(3, 3), P(2, 3), P(1, 3), P(0, 3), P(1, 2)},
    {P(4, 2), P(0, 2), P(2, 2), P(1, 0), P(3, 0), P(3, 4), P(1, 4), NONE, NONE},
    {P(2, 4), P(4, 4), P(0, 4), P(0, 1), P(1, 1), P(2, 1), P(3, 1), P(4, 1), P(3, 2)},
};

/// How long an LED of a level is on. The eye sees about the square root of that. The shortest is longer
/// than it takes us to come back for it.
static const uint16_t level_us[MATRIX_LEVEL_MAX + 1] = {0,    150,  300,  600,  1000,
                                                        1550, 2200, 3000, 3950, MATRIX_ROW_US};

static io_t timer;
static uint8_t levels[MATRIX_NUM_PIXELS];
static bool scanning;
/// Which row is on, and since when by the timer's count.
static int row;
static uint16_t row_start;
/// LEDs up to this level are off by now.
static int level;

static int level_at(int col) {
    uint8_t pixel = pixels[row][col];
    return (pixel == NONE) ? 0 : levels[pixel];
}

/// The columns of this row whose LEDs are brighter than `level`.
static uint32_t brighter_cols(void) {
    uint32_t cols = 0;
    for (int col = 0; col < NUM_COLS; col++) {
        if (level_at(col) > level) {
            cols |= UINT32_C(1) << (COL_PIN_0 + col);
        }
    }
    return cols;
}

/// The next level at which LEDs of this row go off; MATRIX_LEVEL_MAX is the end of the row's time.
static int next_level(void) {
    int next = MATRIX_LEVEL_MAX;
    for (int col = 0; col < NUM_COLS; col++) {
        int other = level_at(col);
        if (other > level && other < next) {
            next = other;
        }
    }
    return next;
}

static void begin_row(void) {
    level = 0;
    uint32_t cols = brighter_cols();
    // No LED of the next row must light up with the columns of this one.
    nrf_gpio_clear(ALL_ROWS);
    nrf_gpio_set(ALL_COLS);
    nrf_gpio_clear(cols);
    if (cols != 0) {
        nrf_gpio_set(UINT32_C(1) << (ROW_PIN_0 + row));
    }
}

static uint16_t now(void) {
    io_write32(timer, NRF_TIMER_CAPTURE(1), 1);
    return (uint16_t) io_read32(timer, NRF_TIMER_CC(1));
}

/// Sets the timer to the next change. False: it is time for that already.
static bool wait_for_next(void) {
    uint16_t wait = level_us[next_level()];
    io_write32(timer, NRF_TIMER_COMPARE(0), 0);
    io_write32(timer, NRF_TIMER_CC(0), (uint16_t) (row_start + wait));
    // It counts on meanwhile, and compares for equality only.
    return (uint16_t) (now() - row_start) < wait;
}

static void go_on(void) {
    level = next_level();
    if (level < MATRIX_LEVEL_MAX) {
        nrf_gpio_set(ALL_COLS & ~brighter_cols());
        return;
    }

    row = (row + 1) % NUM_ROWS;
    row_start = (uint16_t) (row_start + MATRIX_ROW_US);
    begin_row();
}

static void start(void) {
    scanning = true;
    io_write32(timer, NRF_TIMER_CLEAR, 1);
    io_write32(timer, NRF_TIMER_START, 1);
    row = 0;
    row_start = 0;
    begin_row();
    while (!wait_for_next()) {
        go_on();
    }
}

static void stop(void) {
    scanning = false;
    io_write32(timer, NRF_TIMER_SHUTDOWN, 1);
    io_write32(timer, NRF_TIMER_COMPARE(0), 0);
    nrf_gpio_clear(ALL_ROWS);
    nrf_gpio_set(ALL_COLS);
}

void matrix_interrupt(void) {
    if (!scanning || io_read32(timer, NRF_TIMER_COMPARE(0)) == 0) {
        return;
    }
    do {
        go_on();
    } while (!wait_for_next());
}

void matrix_show(const uint8_t new_levels[MATRIX_NUM_PIXELS]) {
    static const uint8_t dark[MATRIX_NUM_PIXELS];
    bool lit = memcmp(new_levels, dark, sizeof(dark)) != 0;
    // What is on now stays so until its row ends, at most.
    memcpy(levels, new_levels, sizeof(levels));
    if (lit && !scanning) {
        start();
    } else if (!lit && scanning) {
        stop();
    }
}

error_t matrix_init(void) {
    error_t err = nrf_gpio_init();
    if (IS_ERROR(err)) {
        return err;
    }
    timer = io_alloc_memory_fixed(NRF_TIMER1_BASE, NRF_TIMER_LEN, IO_ALLOC_NORMAL);
    if (timer == NULL) {
        return ERR_NOT_PERMITTED;
    }

    // Whoever ran before us may have left everything in any state.
    stop();
    for (unsigned pin = COL_PIN_0; pin < ROW_PIN_0 + NUM_ROWS; pin++) {
        nrf_gpio_configure(pin, NRF_PIN_OUTPUT | NRF_PIN_INPUT_OFF);
    }
    io_write32(timer, NRF_TIMER_MODE, NRF_TIMER_MODE_TIMER);
    io_write32(timer, NRF_TIMER_BITMODE, NRF_TIMER_16_BIT);
    io_write32(timer, NRF_TIMER_PRESCALER, NRF_TIMER_PRESCALER_US);
    io_write32(timer, NRF_TIMER_INTENSET, NRF_TIMER_INT_COMPARE(0));
    return irq_acquire(NRF_TIMER1_IRQ);
}
