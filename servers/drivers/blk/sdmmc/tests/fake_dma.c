#include "fake_dma.h"

#include <driver/dma.h>
#include <string.h>
#include <unittest.h>

#include "fake_card.h"

#define CONTROLS_PADDR 0x00200000u

static uint32_t state;
static uint32_t control_addr;
static uint32_t enabled;
static uint32_t controls[PAGE_SIZE / sizeof(uint32_t)] __aligned(32);
static bool controls_flushed;
/// Bytes that the driver has flushed on either way since the channel was started last.
static size_t flushed;

void fake_dma_reset(void) {
    state = control_addr = enabled = 0;
    flushed = 0;
}

static void *at_bus_addr(uint32_t addr, size_t len) {
    TEST_EXPECT_EQ(addr & BUS_UNCACHED, BUS_UNCACHED);
    uint32_t offset = (addr & ~BUS_UNCACHED) - FAKE_MEMORY_PADDR;
    TEST_EXPECT_LE(offset, FAKE_MEMORY_LEN - len);
    return &fake_memory[offset];
}

/// Carries a control block out. False: the card has no more, or takes no more.
static bool carry_out(const struct dma_control *control) {
    bool to_card = (control->info & DMA_INFO_DEST_DREQ) != 0;
    TEST_EXPECT_EQ(control->info >> 16 & 31, DMA_PERIPHERAL_EMMC);
    TEST_EXPECT_EQ(to_card ? control->dest : control->source, EMMC_DATA_BUS);
    TEST_EXPECT_NE(control->info & (to_card ? DMA_INFO_SOURCE_INC : DMA_INFO_DEST_INC), 0);
    uint8_t *at = at_bus_addr(to_card ? control->source : control->dest, control->len);
    for (uint32_t i = 0; i < control->len; i += sizeof(uint32_t)) {
        if (!fake_has_data(to_card)) {
            return false;
        }
        fake_move_words((uint32_t *) (at + i), 1);
    }
    return true;
}

static void run(void) {
    uint32_t addr = control_addr;
    size_t total = 0;
    bool done = true;
    fake.num_dma_transfers++;
    TEST_EXPECT(controls_flushed);
    TEST_EXPECT_EQ(enabled, 1u << FAKE_DMA_CHANNEL);
    while (addr != 0 && done) {
        TEST_EXPECT(IS_ALIGNED(addr, 32));
        uint32_t offset = (addr & ~BUS_UNCACHED) - CONTROLS_PADDR;
        TEST_EXPECT_LT(offset, sizeof(controls));
        struct dma_control control;
        memcpy(&control, &controls[offset / sizeof(uint32_t)], sizeof(control));
        done = carry_out(&control);
        total += control.len;
        addr = control.next;
    }
    // What the CPU has in its caches must not come in between.
    TEST_EXPECT_GE(flushed, total);
    flushed = 0;
    fake.unseen = total;
    state &= ~DMA_CS_ACTIVE;
    state |= done ? DMA_CS_END : DMA_CS_ACTIVE;
}

uint32_t fake_dma_read(offset_t offset) {
    if (offset == DMA_ENABLE) {
        return enabled;
    }
    TEST_EXPECT_EQ(offset, DMA_CHANNEL(FAKE_DMA_CHANNEL) + DMA_CS);
    return state | (fake.dma_fails ? DMA_CS_ERROR : 0);
}

void fake_dma_write(offset_t offset, uint32_t value) {
    switch (offset) {
    case DMA_ENABLE:
        enabled = value;
        break;
    case DMA_CHANNEL(FAKE_DMA_CHANNEL) + DMA_CONTROL_ADDR:
        TEST_EXPECT_EQ(state & DMA_CS_ACTIVE, 0);
        control_addr = value;
        break;
    case DMA_CHANNEL(FAKE_DMA_CHANNEL) + DMA_CS:
        state = (value & DMA_CS_RESET) ? 0 : value & DMA_CS_ACTIVE;
        if ((state & DMA_CS_ACTIVE) && !fake.dma_is_dead) {
            run();
        }
        break;
    default:
        TEST_EXPECT_EQ(offset, DMA_CHANNEL(FAKE_DMA_CHANNEL) + DMA_DEBUG);
    }
}

dma_t dma_alloc(size_t len, unsigned flags __unused) {
    TEST_EXPECT_LE(len, sizeof(controls));
    bzero(controls, sizeof(controls));
    return (dma_t) controls;
}

uint8_t *dma_buf(dma_t dma) {
    return (uint8_t *) dma;
}

paddr_t dma_daddr(dma_t dma __unused) {
    return CONTROLS_PADDR;
}

void dma_flush_write(dma_t dma __unused) {
    controls_flushed = true;
}

void dma_flush_write_at(const void *buf, size_t len) {
    TEST_EXPECT(IS_ALIGNED((uintptr_t) buf, EMMC_BLOCK_LEN));
    flushed += len;
}

void dma_flush_read_at(const void *buf, size_t len) {
    TEST_EXPECT(IS_ALIGNED((uintptr_t) buf, EMMC_BLOCK_LEN));
    TEST_EXPECT_GE(fake.unseen, len);
    fake.unseen -= len;
}
