#include "sensor.h"

#include <driver/io.h>
#include <driver/irq.h>
#include <nrf51/temp.h>

#define MILLIDEGREES_PER_STEP 250

static io_t io;

error_t sensor_init(void) {
    io = io_alloc_memory_fixed(NRF_TEMP_BASE, NRF_TEMP_LEN, IO_ALLOC_NORMAL);
    if (io == NULL) {
        return ERR_NOT_PERMITTED;
    }
    error_t err = irq_acquire(NRF_TEMP_IRQ);
    if (IS_ERROR(err)) {
        return err;
    }

    // Whoever ran before us may have left a measurement behind.
    io_write32(io, NRF_TEMP_STOP, 1);
    io_write32(io, NRF_TEMP_OFFSET, 0);
    io_write32(io, NRF_TEMP_DATARDY, 0);
    io_write32(io, NRF_TEMP_INTENSET, NRF_TEMP_INT_DATARDY);
    return OK;
}

void sensor_start(void) {
    io_write32(io, NRF_TEMP_DATARDY, 0);
    io_write32(io, NRF_TEMP_START, 1);
}

bool sensor_is_ready(void) {
    return io_read32(io, NRF_TEMP_DATARDY) != 0;
}

error_t sensor_finish(int32_t *millidegrees) {
    bool ready = sensor_is_ready();
    uint32_t value = io_read32(io, NRF_TEMP_VALUE);
    io_write32(io, NRF_TEMP_STOP, 1);
    io_write32(io, NRF_TEMP_DATARDY, 0);
    if (!ready) {
        return ERR_UNAVAILABLE;
    }

    // The lower ten bits are right on all revisions of the chip.
    int32_t steps = (int32_t) (value & (2 * NRF_TEMP_SIGN - 1));
    if (value & NRF_TEMP_SIGN) {
        steps -= (int32_t) (2 * NRF_TEMP_SIGN);
    }
    *millidegrees = steps * MILLIDEGREES_PER_STEP;
    return OK;
}
