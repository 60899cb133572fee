#include <resea/printf.h>
#include <unittest.h>

#include "../memory.h"
#include "fake_kernel.h"
#include "images.h"
#include "system.h"

// flaky provides "dm": it manages the devices of hello's tasks.

static int hold(task_t src, task_t task) {
    struct message m = {.type = DMA_HOLD_MSG};
    m.dma_hold.task = task;
    return call(src, m).type;
}

static int release(task_t src, task_t task) {
    struct message m = {.type = DMA_RELEASE_MSG};
    m.dma_release.task = task;
    return call(src, m).type;
}

static struct message release_all(task_t src) {
    return call(src, (struct message){.type = DMA_RELEASE_ALL_MSG});
}

static task_t start_manager(void) {
    task_t manager = launch_by(shell, "flaky");
    TEST_EXPECT_EQ(serve(manager, "dm"), DISCOVERY_SERVE_REPLY_MSG);
    return manager;
}

/// A driver with so many pages in a row, and what else a program has.
static task_t start_driver(size_t num_pages, paddr_t *paddr) {
    task_t driver = launch_by(shell, "hello");
    struct message m = alloc_pages(driver, num_pages, 0);
    TEST_EXPECT_EQ(m.type, VM_ALLOC_PAGES_REPLY_MSG);
    *paddr = m.vm_alloc_pages_reply.paddr;
    return driver;
}

/// Whether any of what is free now comprises the page: takes all that there is, and looks.
static bool is_handed_out(paddr_t page) {
    bool found = false;
    vaddr_t taken[FAKE_RAM_PAGES];
    size_t num = 0;
    struct message m;
    while (num < 200 && (m = alloc_pages(shell, 1, 0)).type == VM_ALLOC_PAGES_REPLY_MSG) {
        found |= m.vm_alloc_pages_reply.paddr == page;
        taken[num++] = m.vm_alloc_pages_reply.vaddr;
    }
    for (size_t i = 0; i < num; i++) {
        TEST_EXPECT_EQ(free_pages(shell, taken[i], 1), VM_FREE_PAGES_REPLY_MSG);
    }
    return found;
}

TEST("the memory of a driver is nobody's until its devices have stopped") {
    system_begin();
    paddr_t paddr;
    task_t manager = start_manager();
    task_t driver = start_driver(5, &paddr);
    TEST_EXPECT_EQ(hold(manager, driver), DMA_HOLD_REPLY_MSG);
    TEST_EXPECT_EQ(hold(manager, driver), DMA_HOLD_REPLY_MSG);
    size_t while_running = memory_num_free();
    end_with(driver, EXP_ILLEGAL, 0);
    TEST_EXPECT_EQ(memory_num_free(), while_running);
    TEST_EXPECT(!is_handed_out(paddr));
    TEST_EXPECT(!is_handed_out(paddr + 4 * PAGE_SIZE));
    size_t kept = memory_num_free();
    TEST_EXPECT_EQ(release(manager, driver), DMA_RELEASE_REPLY_MSG);
    TEST_EXPECT_GT(memory_num_free(), kept + 5);
    TEST_EXPECT(is_handed_out(paddr));
    TEST_EXPECT_EQ(release(manager, driver), ERR_NOT_FOUND);
    leave(manager);
    free_at_rest = memory_num_free();
    system_end();
}

TEST("what a driver shared stays kept after the other one has freed it") {
    system_begin();
    task_t manager = start_manager();
    paddr_t paddr;
    task_t driver = start_driver(3, &paddr);
    struct message pages = alloc_pages(driver, 3, 0);
    paddr = pages.vm_alloc_pages_reply.paddr;
    handle_t offer = offer_pages(driver, disk, pages.vm_alloc_pages_reply.vaddr, 3, true)
                         .vm_offer_pages_reply.offer;
    vaddr_t seen = accept_pages(disk, offer).vm_accept_pages_reply.vaddr;
    TEST_EXPECT_EQ(hold(manager, driver), DMA_HOLD_REPLY_MSG);
    leave(driver);
    TEST_EXPECT_EQ(free_pages(disk, seen, 3), VM_FREE_PAGES_REPLY_MSG);
    TEST_EXPECT(!is_handed_out(paddr));
    TEST_EXPECT_EQ(release(manager, driver), DMA_RELEASE_REPLY_MSG);
    TEST_EXPECT(is_handed_out(paddr));
    leave(manager);
    free_at_rest = memory_num_free();  // disk has got page tables.
    system_end();
}

TEST("what others lent to a driver is kept as well, and theirs") {
    system_begin();
    task_t manager = start_manager();
    task_t client = launch_by(shell, "hello");
    struct message pages = alloc_pages(client, 2, 0);
    vaddr_t vaddr = pages.vm_alloc_pages_reply.vaddr;
    paddr_t paddr = pages.vm_alloc_pages_reply.paddr;
    TEST_EXPECT_EQ(hold(manager, disk), DMA_HOLD_REPLY_MSG);
    handle_t offer = offer_pages(client, disk, vaddr, 2, true).vm_offer_pages_reply.offer;
    TEST_EXPECT_EQ(accept_pages(disk, offer).type, VM_ACCEPT_PAGES_REPLY_MSG);
    task_t old_disk = disk;
    end_with(disk, EXP_ILLEGAL, 0);
    fake_poke(client, vaddr, 7);
    TEST_EXPECT_EQ(fake_peek(client, vaddr, 0), 7);
    leave(client);
    TEST_EXPECT(!is_handed_out(paddr));
    TEST_EXPECT_EQ(release(manager, old_disk), DMA_RELEASE_REPLY_MSG);
    TEST_EXPECT(is_handed_out(paddr));
    disk = launch_by(shell, "disk");
    leave(manager);
    free_at_rest = memory_num_free();
    system_end();
}

TEST("only who manages devices keeps memory, of tasks that have some") {
    system_begin();
    paddr_t paddr;
    task_t driver = start_driver(1, &paddr);
    TEST_EXPECT_EQ(hold(shell, driver), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(release(driver, driver), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(release_all(disk).type, ERR_NOT_PERMITTED);
    task_t manager = start_manager();
    TEST_EXPECT_EQ(hold(manager, 0), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(hold(manager, 12345678), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(release(manager, driver), ERR_NOT_FOUND);
    // What is taken back before the end isn't kept.
    TEST_EXPECT_EQ(hold(manager, driver), DMA_HOLD_REPLY_MSG);
    TEST_EXPECT_EQ(release(manager, driver), DMA_RELEASE_REPLY_MSG);
    size_t before = memory_num_free();
    leave(driver);
    TEST_EXPECT_GT(memory_num_free(), before);
    TEST_EXPECT_EQ(hold(manager, driver), ERR_INVALID_TASK);
    leave(manager);
    system_end();
}

TEST("a new manager ends the drivers of the old one, and frees all that was kept") {
    system_begin();
    paddr_t dead_paddr, living_paddr;
    task_t manager = start_manager();
    task_t dead = start_driver(2, &dead_paddr);
    task_t living = start_driver(2, &living_paddr);
    TEST_EXPECT_EQ(hold(manager, dead), DMA_HOLD_REPLY_MSG);
    TEST_EXPECT_EQ(hold(manager, living), DMA_HOLD_REPLY_MSG);
    leave(dead);
    leave(manager);
    TEST_EXPECT(!is_handed_out(dead_paddr));
    TEST_EXPECT(fake_is_running(living));

    manager = start_manager();
    struct message m = release_all(manager);
    TEST_EXPECT_EQ(m.type, DMA_RELEASE_ALL_REPLY_MSG);
    TEST_EXPECT_EQ(m.dma_release_all_reply.ended, 1);
    TEST_EXPECT(!fake_is_running(living));
    TEST_EXPECT(is_handed_out(dead_paddr));
    TEST_EXPECT(is_handed_out(living_paddr));
    TEST_EXPECT_EQ(release_all(manager).dma_release_all_reply.ended, 0);
    leave(manager);
    system_end();
}
