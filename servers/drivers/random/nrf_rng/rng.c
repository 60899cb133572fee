#include "rng.h"

#include <driver/io.h>
#include <driver/irq.h>
#include <nrf51/rng.h>
#include <string.h>

/// Bytes in the pool: for some requests in a row without a wait.
#define POOL_LEN 16
/// NIST SP 800-90B, section 4.4.1, repetition count test: a good source repeats a byte this often once in
/// 2^40 bytes, and so never; one that is stuck does so at once.
#define REPETITIONS_MAX 6

static io_t io;
static uint8_t pool[POOL_LEN];
static size_t pool_len;
static bool running;
static bool broken;
static uint8_t last_byte;
static int repetitions;

static void start(void) {
    running = true;
    io_write32(io, NRF_RNG_START, 1);
}

static void stop(void) {
    running = false;
    io_write32(io, NRF_RNG_STOP, 1);
}

error_t rng_init(void) {
    io = io_alloc_memory_fixed(NRF_RNG_BASE, NRF_RNG_LEN, IO_ALLOC_NORMAL);
    if (io == NULL) {
        return ERR_NOT_PERMITTED;
    }
    error_t err = irq_acquire(NRF_RNG_IRQ);
    if (IS_ERROR(err)) {
        return err;
    }

    pool_len = 0;
    repetitions = 0;
    broken = false;
    // Whoever ran before us may have left it in any state.
    stop();
    io_write32(io, NRF_RNG_VALRDY, 0);
    io_write32(io, NRF_RNG_CONFIG, NRF_RNG_CONFIG_BIAS_CORRECTION);
    io_write32(io, NRF_RNG_INTENSET, NRF_RNG_INT_VALRDY);
    start();
    return OK;
}

error_t rng_take(uint32_t *number) {
    if (broken) {
        return ERR_UNAVAILABLE;
    }
    if (pool_len < sizeof(*number)) {
        return ERR_EMPTY;
    }

    pool_len -= sizeof(*number);
    memcpy(number, &pool[pool_len], sizeof(*number));
    // What was given away isn't kept in memory.
    memset(&pool[pool_len], 0, sizeof(*number));
    if (!running) {
        start();
    }
    return OK;
}

static void give_up(void) {
    broken = true;
    pool_len = 0;
    io_write32(io, NRF_RNG_INTENCLR, NRF_RNG_INT_VALRDY);
    stop();
}

bool rng_interrupt(void) {
    if (io_read32(io, NRF_RNG_VALRDY) == 0) {
        return false;
    }

    // Also when it doesn't run: a byte may have come while it was being stopped, and would interrupt for ever.
    io_write32(io, NRF_RNG_VALRDY, 0);
    if (!running) {
        return false;
    }
    uint8_t byte = (uint8_t) io_read32(io, NRF_RNG_VALUE);
    repetitions = (byte == last_byte) ? repetitions + 1 : 1;
    last_byte = byte;
    if (repetitions >= REPETITIONS_MAX) {
        give_up();
        return true;
    }

    pool[pool_len] = byte;
    pool_len++;
    if (pool_len == POOL_LEN) {
        stop();
    }
    return true;
}

void rng_timed_out(void) {
    give_up();
}

bool rng_is_running(void) {
    return running;
}
