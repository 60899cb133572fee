#include <driver/delay.h>
#include <driver/dma.h>
#include <driver/io.h>
#include <driver/irq.h>
#include <resea/ipc.h>
#include <resea/syscall.h>
#include <unittest.h>

#include "dm.h"

/// Where vm's pages come from in these tests.
static uint8_t memory[4 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static error_t vm_error;
static size_t pages_in_use;
static paddr_t paddr_wanted;

error_t ipc_call(task_t dst, struct message *m) {
    if (dst == DM_TASK) {
        return dm_answer(m);
    }
    TEST_EXPECT_EQ(dst, INIT_TASK);
    if (m->type == VM_FREE_PAGES_MSG) {
        TEST_EXPECT_EQ(m->vm_free_pages.vaddr, (vaddr_t) memory);
        pages_in_use -= m->vm_free_pages.num_pages;
        return OK;
    }

    TEST_EXPECT_EQ(m->type, VM_ALLOC_PAGES_MSG);
    if (vm_error != OK) {
        return vm_error;
    }
    paddr_wanted = m->vm_alloc_pages.paddr;
    pages_in_use += m->vm_alloc_pages.num_pages;
    m->vm_alloc_pages_reply.vaddr = (vaddr_t) memory;
    m->vm_alloc_pages_reply.paddr = (paddr_wanted != 0) ? paddr_wanted : 0x123000;
    return OK;
}

static unsigned irq_seen;

error_t sys_irq_acquire(unsigned irq) {
    irq_seen = irq;
    return OK;
}

error_t sys_irq_release(unsigned irq) {
    return (irq == irq_seen) ? OK : ERR_NOT_PERMITTED;
}

int sys_info(int kind, unsigned index __unused, void *buf, size_t len) {
    TEST_EXPECT_EQ(kind, INFO_KERNEL);
    TEST_EXPECT_EQ(len, sizeof(struct kernel_info));
    // Any rate will do to see that pauses are as long as it makes them.
    *(struct kernel_info *) buf = (struct kernel_info){.clock_hz = 1000000000};
    return (int) sizeof(struct kernel_info);
}

TEST("a pause lasts as many cycles as it should, and one that has passed is none") {
    uint32_t start = delay_now();
    delay_us(50);
    TEST_EXPECT_GE(delay_now() - start, 50000);
    delay_since(start, 100000);
    TEST_EXPECT_GE(delay_now() - start, 100000);
    start = delay_now();
    delay_since(start - 200000, 100000);
    delay_since(start, 0);
    TEST_EXPECT_LT(delay_now() - start, UINT32_MAX / 2);
}

TEST("registers of each size are read and written where they are") {
    // The range begins within a page and ends in the next one.
    io_t io = io_alloc_memory_fixed(0xfebc0f80, 0x100, IO_ALLOC_NORMAL);
    TEST_EXPECT_NE(io, NULL);
    TEST_EXPECT_EQ(paddr_wanted, 0xfebc0000);
    TEST_EXPECT_EQ(pages_in_use, 2);
    TEST_EXPECT_EQ(io_paddr(io), 0xfebc0f80);
    TEST_EXPECT_EQ(io_vaddr(io), (vaddr_t) &memory[0xf80]);

    io_write32(io, 0xfc, 0x44332211);
    TEST_EXPECT_EQ(memory[0x107c], 0x11);
    TEST_EXPECT_EQ(io_read32(io, 0xfc), 0x44332211);
    TEST_EXPECT_EQ(io_read16(io, 0xfe), 0x4433);
    TEST_EXPECT_EQ(io_read8(io, 0xff), 0x44);
    io_write16(io, 0, 0xbeef);
    io_write8(io, 2, 0x7f);
    TEST_EXPECT_EQ(io_read32(io, 0), 0x007fbeef);

    io_free(io);
    TEST_EXPECT_EQ(pages_in_use, 0);
}

TEST("DMA memory has an address for the CPU and one for the device") {
    dma_t dma = dma_alloc(PAGE_SIZE + 1, DMA_ALLOC_TO_DEV | DMA_ALLOC_FROM_DEV);
    TEST_EXPECT_NE(dma, NULL);
    TEST_EXPECT_EQ(pages_in_use, 2);
    TEST_EXPECT_EQ(paddr_wanted, 0);
    TEST_EXPECT_EQ(dma_daddr(dma), 0x123000);
    TEST_EXPECT_EQ(dma_vaddr(dma), (vaddr_t) memory);
    TEST_EXPECT_EQ(dma_buf(dma), &memory[0]);
    dma_flush_write(dma);
    dma_flush_read(dma);
    dma_free(dma);
    TEST_EXPECT_EQ(pages_in_use, 0);
}

TEST("without memory, or for nothing, there is no buffer") {
    vm_error = ERR_NO_MEMORY;
    TEST_EXPECT_EQ(dma_alloc(1, DMA_ALLOC_TO_DEV), NULL);
    TEST_EXPECT_EQ(io_alloc_memory(1, IO_ALLOC_NORMAL), NULL);
    vm_error = OK;
    TEST_EXPECT_EQ(dma_alloc(0, DMA_ALLOC_TO_DEV), NULL);
    TEST_EXPECT_EQ(dma_alloc(SIZE_MAX, DMA_ALLOC_TO_DEV), NULL);
    TEST_EXPECT_EQ(io_alloc_memory_fixed(0x1001, SIZE_MAX, IO_ALLOC_NORMAL), NULL);
    TEST_EXPECT_EQ(pages_in_use, 0);
    io_free(NULL);
    dma_free(NULL);
}

TEST("I/O ports need no memory of vm's") {
    io_t io = io_alloc_port(0x3f8, 8, IO_ALLOC_NORMAL);
    TEST_EXPECT_EQ(io_paddr(io), 0);
    TEST_EXPECT_EQ(io_vaddr(io), 0);
    TEST_EXPECT_EQ(pages_in_use, 0);
    io_free(io);
}

TEST("interrupt lines are the kernel's business") {
    TEST_EXPECT_EQ(irq_acquire(11), OK);
    TEST_EXPECT_EQ(irq_seen, 11);
    TEST_EXPECT_EQ(irq_release(12), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(irq_release(11), OK);
}
