#include "fifo.h"

#include "emmc_registers.h"

/// Past io_read32 and its checks: each word of each block comes through here.
static volatile uint32_t *port(io_t io) {
    return (volatile uint32_t *) (io_vaddr(io) + EMMC_DATA);
}

void fifo_read(io_t io, uint32_t *buf, size_t words) {
    volatile uint32_t *data = port(io);
    for (size_t i = 0; i < words; i++) {
        buf[i] = *data;
    }
}

void fifo_write(io_t io, const uint32_t *buf, size_t words) {
    volatile uint32_t *data = port(io);
    for (size_t i = 0; i < words; i++) {
        *data = buf[i];
    }
}
