#include "rng.h"

#include <driver/io.h>
#include <resea/timer.h>

#include "registers.h"

static io_t io;
static bool has_last;
static uint32_t last;

error_t rng_init(void) {
    io = io_alloc_memory_fixed(RNG_PADDR, RNG_LEN, IO_ALLOC_NORMAL);
    if (io == NULL) {
        return ERR_NOT_PERMITTED;
    }
    has_last = false;
    // It may run already, if this is not the first start: then it is warm.
    if (io_read32(io, RNG_CTRL) & RNG_CTRL_ENABLE) {
        return OK;
    }
    io_write32(io, RNG_STATUS, RNG_WARMUP);
    io_write32(io, RNG_INT_MASK, io_read32(io, RNG_INT_MASK) | RNG_INT_DISABLED);
    io_write32(io, RNG_CTRL, RNG_CTRL_ENABLE);
    return OK;
}

bool rng_has_word(void) {
    return (io_read32(io, RNG_STATUS) >> RNG_WORDS_SHIFT) != 0;
}

/// An empty FIFO is read as 0, so the count is looked at before each word.
static error_t __mustuse draw(uint32_t *word) {
    uint64_t deadline = timer_uptime() + RNG_TIMEOUT_MS;
    while (!rng_has_word()) {
        if (timer_uptime() > deadline) {
            return ERR_UNAVAILABLE;
        }
    }
    *word = io_read32(io, RNG_DATA);
    return OK;
}

error_t rng_read(uint32_t *word) {
    for (int repeats = 0; repeats <= RNG_REPEATS_MAX; repeats++) {
        uint32_t drawn;
        error_t err = draw(&drawn);
        if (err != OK) {
            return err;
        }
        if (!has_last || drawn != last) {
            *word = last = drawn;
            has_last = true;
            return OK;
        }
    }
    return ERR_UNAVAILABLE;
}

error_t rng_self_test(void) {
    uint32_t ones = 0, zeroes = 0;
    for (int i = 0; i < RNG_TEST_WORDS; i++) {
        uint32_t word;
        error_t err = rng_read(&word);
        if (err != OK) {
            return err;
        }
        ones |= word;
        zeroes |= ~word;
    }
    return ((ones & zeroes) == UINT32_MAX) ? OK : ERR_UNAVAILABLE;
}
