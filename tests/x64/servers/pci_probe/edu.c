#include "edu.h"

#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#define REG_ID           0x00
#define REG_ID_MASK      0xffu
#define REG_ID_EDU       0xedu
#define REG_LIVENESS     0x04  // Inverts what is written.
#define REG_IRQ_STATUS   0x24
#define REG_IRQ_RAISE    0x60
#define REG_IRQ_ACK      0x64
#define REG_DMA_SRC      0x80
#define REG_DMA_SRC_HIGH 0x84
#define REG_DMA_DST      0x88
#define REG_DMA_DST_HIGH 0x8c
#define REG_DMA_LEN      0x90
#define REG_DMA_LEN_HIGH 0x94
#define REG_DMA_COMMAND  0x98
#define DMA_START        (1u << 0)
#define DMA_FROM_DEVICE  (1u << 1)
#define DMA_IRQ          (1u << 2)
#define DMA_IRQ_STATUS   0x100u
#define DEVICE_BUFFER    0x40000u

void edu_attach(struct pci *pci, io_t *io) {
    ASSERT_OK(pci_attach(EDU_VENDOR_ID, EDU_DEVICE_ID, pci));
    ASSERT_OK(pci_map_bar(pci, 0, io));
    ASSERT((io_read32(*io, REG_ID) & REG_ID_MASK) == REG_ID_EDU);
    io_write32(*io, REG_LIVENESS, 0x12345678);
    ASSERT(io_read32(*io, REG_LIVENESS) == ~0x12345678u);
    // It can't be reset: a driver that was here before may have told it to copy something.
    while (io_read32(*io, REG_DMA_COMMAND) & DMA_START) {
        timer_sleep(1);
    }
    io_write32(*io, REG_IRQ_ACK, UINT32_MAX);
}

/// Waits until the device has interrupted, and quiets it. Others may share the line.
static uint32_t wait_for_irq(io_t io) {
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        uint32_t status = io_read32(io, REG_IRQ_STATUS);
        if (m.type == NOTIFICATIONS_MSG && (m.notifications.data & NOTIFY_IRQ) && status) {
            io_write32(io, REG_IRQ_ACK, status);
            return status;
        }
    }
}

static const char *name_of(enum dm_irq_kind kind) {
    static const char *const names[] = {"INTx", "MSI", "MSI-X"};
    return names[kind];
}

static unsigned acquire(struct pci *pci, int kind) {
    unsigned irq;
    if (kind < 0) {
        enum dm_irq_kind best;
        ASSERT_OK(pci_acquire_irq(pci, 0, &irq, &best));
        printf("edu: the best kind is %s\n", name_of(best));
    } else {
        ASSERT_OK(pci_acquire_irq_of_kind(pci, (enum dm_irq_kind) kind, 0, &irq));
    }
    return irq;
}

void edu_interrupt(int kind, int count) {
    struct pci pci;
    io_t io;
    edu_attach(&pci, &io);
    unsigned irq = acquire(&pci, kind);
    ASSERT_OK(pci_enable_bus_master(&pci));
    for (int i = 1; i <= count; i++) {
        io_write32(io, REG_IRQ_RAISE, (uint32_t) i);
        ASSERT(wait_for_irq(io) == (uint32_t) i);
    }
    printf("edu: %d interrupts on line %u\n", count, irq);
}

static void start(io_t io, paddr_t src, paddr_t dst, uint32_t command) {
    io_write32(io, REG_DMA_SRC, (uint32_t) src);
    io_write32(io, REG_DMA_SRC_HIGH, (uint32_t) (src >> 32));
    io_write32(io, REG_DMA_DST, (uint32_t) dst);
    io_write32(io, REG_DMA_DST_HIGH, (uint32_t) (dst >> 32));
    io_write32(io, REG_DMA_LEN, EDU_BUFFER_LEN);
    io_write32(io, REG_DMA_LEN_HIGH, 0);
    io_write32(io, REG_DMA_COMMAND, command);
}

void edu_start_write(io_t io, dma_t dma) {
    start(io, DEVICE_BUFFER, dma_daddr(dma), DMA_START | DMA_FROM_DEVICE);
}

void edu_copy(void) {
    struct pci pci;
    io_t io;
    edu_attach(&pci, &io);
    (void) acquire(&pci, -1);
    ASSERT_OK(pci_enable_bus_master(&pci));
    dma_t from = dma_alloc(EDU_BUFFER_LEN, DMA_ALLOC_TO_DEV);
    dma_t to = dma_alloc(EDU_BUFFER_LEN, DMA_ALLOC_FROM_DEV);
    ASSERT(from != NULL && to != NULL);
    for (size_t i = 0; i < EDU_BUFFER_LEN; i++) {
        dma_buf(from)[i] = (uint8_t) (i * 7 + i / 256);
    }
    dma_flush_write(from);
    start(io, dma_daddr(from), DEVICE_BUFFER, DMA_START | DMA_IRQ);
    ASSERT(wait_for_irq(io) == DMA_IRQ_STATUS);
    start(io, DEVICE_BUFFER, dma_daddr(to), DMA_START | DMA_FROM_DEVICE | DMA_IRQ);
    ASSERT(wait_for_irq(io) == DMA_IRQ_STATUS);
    dma_flush_read(to);
    ASSERT(!memcmp(dma_buf(from), dma_buf(to), EDU_BUFFER_LEN));
    printf("edu: %u bytes there and back\n", EDU_BUFFER_LEN);
}
