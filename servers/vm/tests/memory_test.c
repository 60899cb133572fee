#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>
#include <unittest.h>

#include "../layout.h"
#include "../memory.h"
#include "fake_kernel.h"
#include "images.h"
#include "system.h"

TEST("pages are allocated in a row, zeroed, and can be freed once") {
    system_begin();
    struct message m = alloc_pages(shell, 5, 0);
    TEST_EXPECT_EQ(m.type, VM_ALLOC_PAGES_REPLY_MSG);
    vaddr_t vaddr = m.vm_alloc_pages_reply.vaddr;
    TEST_EXPECT_EQ(vaddr, USER_PAGES_BASE);
    TEST_EXPECT_NE(m.vm_alloc_pages_reply.paddr, 0);
    for (int i = 0; i < 5; i++) {
        TEST_EXPECT_EQ(fake_peek(shell, vaddr + i * PAGE_SIZE, MAP_W), 0);
    }
    // With a guard page between them.
    TEST_EXPECT_EQ(alloc_pages(shell, 1, 0).vm_alloc_pages_reply.vaddr, vaddr + 6 * PAGE_SIZE);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 4), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(free_pages(shell, vaddr + PAGE_SIZE, 5), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 5), VM_FREE_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 5), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fake_peek(shell, vaddr, 0), -1);
    TEST_EXPECT_EQ(alloc_pages(shell, 5, 0).vm_alloc_pages_reply.vaddr, vaddr);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 5), VM_FREE_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(free_pages(shell, vaddr + 6 * PAGE_SIZE, 1), VM_FREE_PAGES_REPLY_MSG);
    system_end();
}

static struct message map_file(task_t src, const char *name) {
    return call_with(src, (struct message){.type = BOOTFS_MAP_MSG}, name);
}

TEST("a file of bootfs is mapped, to be read") {
    system_begin();
    struct message m = map_file(shell, "readme");
    TEST_EXPECT_EQ(m.type, BOOTFS_MAP_REPLY_MSG);
    TEST_EXPECT_EQ(m.bootfs_map_reply.len, strlen("Read me."));
    vaddr_t vaddr = m.bootfs_map_reply.vaddr;
    TEST_EXPECT_EQ(fake_peek(shell, vaddr, 0), 'R');
    TEST_EXPECT_EQ(fake_peek(shell, vaddr + m.bootfs_map_reply.len, 0), 0);
    TEST_EXPECT_EQ(fake_peek(shell, vaddr, MAP_W), -1);
    TEST_EXPECT_EQ(fake_peek(shell, vaddr + PAGE_SIZE, 0), -1);
    // It isn't the task's to share.
    TEST_EXPECT_EQ(offer_pages(shell, disk, vaddr, 1, false).type, ERR_NOT_PERMITTED);

    struct message again = map_file(shell, "readme");
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 1), VM_FREE_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(fake_peek(shell, vaddr, 0), -1);
    vaddr = again.bootfs_map_reply.vaddr;
    TEST_EXPECT_EQ(fake_peek(shell, vaddr, 0), 'R');
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 1), VM_FREE_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(map_file(shell, "nothing").type, ERR_NOT_FOUND);
    TEST_EXPECT_EQ(map_file(shell, "empty").type, ERR_EMPTY);
    system_end();
}

TEST("impossible allocations are refused and take nothing") {
    system_begin();
    TEST_EXPECT_EQ(alloc_pages(shell, 0, 0).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc_pages(shell, SIZE_MAX, 0).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc_pages(shell, FAKE_RAM_PAGES, 0).type, ERR_NO_MEMORY);
    TEST_EXPECT_EQ(alloc_pages(shell, 1, 12).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc_pages(shell, SIZE_MAX / 2, PAGE_SIZE).type, ERR_INVALID_ARG);
    system_end();
}

TEST("a device's pages go to who was granted them, RAM to nobody") {
    system_begin();
    TEST_EXPECT_EQ(alloc_pages(disk, 1, FAKE_RAM_PADDR).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc_pages(disk, 2, FAKE_RAM_PADDR - PAGE_SIZE).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc_pages(disk, 1, FAKE_BOOTFS_PADDR).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc_pages(disk, 2, FAKE_BOOTFS_PADDR - PAGE_SIZE).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc_pages(shell, 1, 0xfe000000).type, ERR_NOT_PERMITTED);
    struct message m = alloc_pages(disk, 4, 0xfe000000);
    TEST_EXPECT_EQ(m.type, VM_ALLOC_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(m.vm_alloc_pages_reply.paddr, 0xfe000000);
    vaddr_t vaddr = m.vm_alloc_pages_reply.vaddr;
    TEST_EXPECT_EQ(fake_peek(disk, vaddr + 3 * PAGE_SIZE, MAP_W | MAP_UNCACHED), 0xdd);
    TEST_EXPECT_EQ(offer_pages(disk, shell, vaddr, 1, false).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(free_pages(disk, vaddr, 4), VM_FREE_PAGES_REPLY_MSG);
    // Only its page tables stay, until it ends.
    free_at_rest = memory_num_free();
    system_end();
}

TEST("shared pages are the same pages, writable if offered so, and stay while one has them") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    struct message pages = alloc_pages(hello, 3, 0);
    vaddr_t vaddr = pages.vm_alloc_pages_reply.vaddr;
    fake_poke(hello, vaddr + PAGE_SIZE, 42);
    struct message offer = offer_pages(hello, disk, vaddr + PAGE_SIZE, 2, false);
    TEST_EXPECT_EQ(offer.type, VM_OFFER_PAGES_REPLY_MSG);

    handle_t handle = offer.vm_offer_pages_reply.offer;
    TEST_EXPECT_EQ(accept_pages(shell, handle).type, ERR_NOT_FOUND);
    struct message m = accept_pages(disk, handle);
    TEST_EXPECT_EQ(m.type, VM_ACCEPT_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(m.vm_accept_pages_reply.num_pages, 2);
    TEST_EXPECT_EQ(m.vm_accept_pages_reply.writable, false);
    TEST_EXPECT_EQ(m.vm_accept_pages_reply.paddr, pages.vm_alloc_pages_reply.paddr + PAGE_SIZE);
    TEST_EXPECT_EQ(accept_pages(disk, handle).type, ERR_NOT_FOUND);
    vaddr_t seen = m.vm_accept_pages_reply.vaddr;
    TEST_EXPECT_EQ(fake_peek(disk, seen, 0), 42);
    TEST_EXPECT_EQ(fake_peek(disk, seen, MAP_W), -1);
    fake_poke(hello, vaddr + PAGE_SIZE, 43);
    TEST_EXPECT_EQ(fake_peek(disk, seen, 0), 43);

    // Borrowed pages can't be lent on.
    TEST_EXPECT_EQ(offer_pages(disk, shell, seen, 1, false).type, ERR_NOT_PERMITTED);
    size_t before = memory_num_free();
    leave(hello);
    TEST_EXPECT_EQ(fake_peek(disk, seen, 0), 43);
    TEST_EXPECT_GT(memory_num_free(), before);
    TEST_EXPECT_EQ(free_pages(disk, seen, 2), VM_FREE_PAGES_REPLY_MSG);
    system_end();
}

TEST("offers that don't make sense are refused") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    vaddr_t vaddr = alloc_pages(hello, 3, 0).vm_alloc_pages_reply.vaddr;
    TEST_EXPECT_EQ(offer_pages(hello, disk, vaddr, 4, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, disk, vaddr, 0, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, disk, vaddr + 1, 1, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, disk, vaddr + PAGE_SIZE, SIZE_MAX, true).type,
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, disk, TEST_DATA, 1, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, hello, vaddr, 1, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, 12345678, vaddr, 1, true).type, ERR_INVALID_TASK);
    // Neither may call the other.
    TEST_EXPECT_EQ(offer_pages(hello, shell, vaddr, 1, true).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(accept_pages(disk, 0).type, ERR_NOT_FOUND);
    leave(hello);
    system_end();
}

TEST("an offer ends with its owner, its pages and its peer") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    vaddr_t vaddr = alloc_pages(hello, 2, 0).vm_alloc_pages_reply.vaddr;
    handle_t handle = offer_pages(hello, disk, vaddr, 2, true).vm_offer_pages_reply.offer;
    TEST_EXPECT_EQ(free_pages(hello, vaddr, 2), VM_FREE_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(accept_pages(disk, handle).type, ERR_NOT_FOUND);

    vaddr = alloc_pages(hello, 2, 0).vm_alloc_pages_reply.vaddr;
    handle = offer_pages(hello, disk, vaddr, 2, true).vm_offer_pages_reply.offer;
    leave(hello);
    TEST_EXPECT_EQ(accept_pages(disk, handle).type, ERR_NOT_FOUND);
    system_end();
}

TEST("the memory limit counts shared pages") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    TEST_EXPECT_EQ(alloc_pages(hello, 40, 0).type, ERR_NO_MEMORY);
    TEST_EXPECT_EQ(alloc_pages(hello, 30, 0).type, VM_ALLOC_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(alloc_pages(hello, 30, 0).type, ERR_NO_MEMORY);
    leave(hello);
    system_end();
}

/// What is told of a task; all zero if it isn't listed.
static struct memory_task_reply_fields memory_of(task_t task) {
    struct message m = {.type = MEMORY_TASK_MSG};
    struct message reply;
    for (m.memory_task.index = 0; (reply = call(shell, m)).type != ERR_END; m.memory_task.index++) {
        TEST_EXPECT_EQ(reply.type, MEMORY_TASK_REPLY_MSG);
        if (reply.memory_task_reply.task == task) {
            return reply.memory_task_reply;
        }
    }
    return (struct memory_task_reply_fields){0};
}

TEST("what memory a task has is told, as much as there is less of") {
    system_begin();
    // What vm needs for its own objects, it has from now on.
    leave(launch_by(shell, "hello"));
    TEST_EXPECT_GT(memory_of(INIT_TASK).own, 0);
    size_t free = memory_num_free();
    task_t hello = launch_by(shell, "hello");
    struct memory_task_reply_fields memory = memory_of(hello);
    TEST_EXPECT_GT(memory.own, 0);
    TEST_EXPECT_GT(memory.tables, 0);
    TEST_EXPECT_EQ(memory.regions, 0);
    TEST_EXPECT_EQ(memory.limit, 40);
    TEST_EXPECT_EQ(memory.own + memory.tables, free - memory_num_free());

    alloc_pages(hello, 3, 0);
    TEST_EXPECT_EQ(memory_of(hello).regions, 3);
    leave(hello);
    TEST_EXPECT_EQ(memory_of(hello).own, 0);
    system_end();
}

TEST("stats tell how much memory there is") {
    system_begin();
    struct message m = call(shell, (struct message){.type = VM_STATS_MSG});
    TEST_EXPECT_EQ(m.type, VM_STATS_REPLY_MSG);
    TEST_EXPECT_EQ(m.vm_stats_reply.total_pages, FAKE_RAM_PAGES);
    TEST_EXPECT_EQ(m.vm_stats_reply.free_pages, memory_num_free());
    system_end();
}
