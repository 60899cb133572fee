#include "channel.h"

#include <driver/delay.h>
#include <driver/dma.h>
#include <driver/io.h>

#include "dma_registers.h"
#include "emmc_registers.h"

/// How often, and how far apart, it is looked whether the last bytes are where they belong. The card is done by then.
#define FINISH_POLLS   1000
#define FINISH_POLL_NS 1000
/// Above others that do without any.
#define PRIORITY 8u

static io_t io;
static dma_t controls;
static unsigned channel;
static unsigned num_pieces;

static uint32_t read_reg(offset_t reg) {
    return io_read32(io, DMA_CHANNEL(channel) + reg);
}

static void write_reg(offset_t reg, uint32_t value) {
    io_write32(io, DMA_CHANNEL(channel) + reg, value);
}

static error_t __mustuse choose(uint32_t mask) {
    for (channel = 0; channel < DMA_CHANNELS; channel++) {
        if (mask & 1u << channel) {
            return OK;
        }
    }
    return ERR_UNAVAILABLE;
}

error_t channel_init(uint32_t mask) {
    io = NULL;
    error_t err = choose(mask);
    if (err != OK) {
        return err;
    }
    io = io_alloc_memory_fixed(DMA_PADDR, DMA_LEN, IO_ALLOC_NORMAL);
    if (io == NULL) {
        return ERR_NOT_PERMITTED;
    }
    io_write32(io, DMA_ENABLE, io_read32(io, DMA_ENABLE) | 1u << channel);
    channel_stop();
    // Aligned to a page, and so each of them to 32 bytes.
    controls = dma_alloc(CHANNEL_PIECES_MAX * sizeof(struct dma_control), DMA_ALLOC_TO_DEV);
    return (controls != NULL) ? OK : ERR_NO_MEMORY;
}

static volatile struct dma_control *control(unsigned index) {
    return (volatile struct dma_control *) dma_buf(controls) + index;
}

static uint32_t bus_addr_of(unsigned index) {
    return ((uint32_t) dma_daddr(controls) + index * (uint32_t) sizeof(struct dma_control))
           | BUS_UNCACHED;
}

void channel_clear(void) {
    num_pieces = 0;
}

error_t channel_add(paddr_t paddr, size_t len) {
    if (num_pieces == CHANNEL_PIECES_MAX || paddr >= BUS_RAM_END || len > BUS_RAM_END - paddr) {
        return ERR_UNAVAILABLE;
    }
    volatile struct dma_control *piece = control(num_pieces);
    piece->source = (uint32_t) paddr | BUS_UNCACHED;
    piece->len = (uint32_t) len;
    piece->stride = 0;
    piece->next = 0;
    if (num_pieces > 0) {
        control(num_pieces - 1)->next = bus_addr_of(num_pieces);
    }
    num_pieces++;
    return OK;
}

void channel_start(bool to_card) {
    uint32_t info = DMA_INFO_WAIT_RESPONSE | DMA_INFO_PERIPHERAL(DMA_PERIPHERAL_EMMC);
    for (unsigned i = 0; i < num_pieces; i++) {
        volatile struct dma_control *piece = control(i);
        if (to_card) {
            piece->info = info | DMA_INFO_SOURCE_INC | DMA_INFO_DEST_DREQ;
            piece->dest = EMMC_DATA_BUS;
        } else {
            piece->info = info | DMA_INFO_DEST_INC | DMA_INFO_SOURCE_DREQ;
            piece->dest = piece->source;
            piece->source = EMMC_DATA_BUS;
        }
    }
    dma_flush_write(controls);
    write_reg(DMA_CONTROL_ADDR, bus_addr_of(0));
    write_reg(DMA_CS,
              DMA_CS_END | DMA_CS_PRIORITY(PRIORITY) | DMA_CS_WAIT_FOR_WRITES | DMA_CS_ACTIVE);
}

error_t channel_finish(void) {
    for (int i = 0; i < FINISH_POLLS; i++) {
        uint32_t state = read_reg(DMA_CS);
        if (state & DMA_CS_ERROR) {
            return ERR_IO;
        }
        if (!(state & DMA_CS_ACTIVE)) {
            return OK;
        }
        delay_since(delay_now(), FINISH_POLL_NS);
    }
    return ERR_IO;
}

void channel_stop(void) {
    if (io == NULL) {
        return;
    }
    write_reg(DMA_CS, DMA_CS_RESET);
    write_reg(DMA_DEBUG, DMA_DEBUG_ERRORS);
}
