#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>
#include <unittest.h>

#include "../layout.h"
#include "../memory.h"
#include "fake_kernel.h"
#include "system.h"

static struct message alloc_task(task_t src, task_t pager) {
    struct message m = {.type = TASK_ALLOC_MSG};
    m.task_alloc.pager = pager;
    return call(src, m);
}

static int free_task(task_t src, task_t task) {
    struct message m = {.type = TASK_FREE_MSG};
    m.task_free.task = task;
    return call(src, m).type;
}

TEST("a task with the right gets IDs for tasks of its own") {
    system_begin();
    TEST_EXPECT_EQ(alloc_task(disk, 0).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc_task(shell, disk).type, ERR_INVALID_ARG);
    task_t child = alloc_task(shell, shell).task_alloc_reply.task;
    TEST_EXPECT_EQ(fake_create_by(shell, child), OK);
    TEST_EXPECT_EQ(free_task(disk, child), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(free_task(shell, disk), ERR_NOT_PERMITTED);
    // Its memory is its pager's business, and so are its rights.
    TEST_EXPECT_EQ(alloc_pages(child, 1, 0).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(launch_by(child, "hello"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(serve(child, "disk"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(free_task(shell, child), TASK_FREE_REPLY_MSG);
    TEST_EXPECT_EQ(free_task(shell, child), ERR_INVALID_TASK);
    system_end();
}

TEST("IDs stay usable whether their tasks were created, destroyed, or neither") {
    system_begin();
    for (int i = 0; i < 100; i++) {
        task_t child = alloc_task(shell, 0).task_alloc_reply.task;
        TEST_EXPECT_GT(child, 0);
        if (i % 3 > 0) {
            TEST_EXPECT_EQ(fake_create_by(shell, child), OK);
        }
        if (i % 3 > 1) {
            TEST_EXPECT_EQ(task_destroy(child), OK);
        }
        TEST_EXPECT_EQ(free_task(shell, child), TASK_FREE_REPLY_MSG);
    }
    system_end();
}

TEST("a pager's tasks end with it, and it can't free pages that they may see") {
    system_begin();
    task_t pager = launch_by(shell, "shell");
    task_t child = alloc_task(pager, 0).task_alloc_reply.task;
    TEST_EXPECT_EQ(fake_create_by(pager, child), OK);
    vaddr_t vaddr = alloc_pages(pager, 2, 0).vm_alloc_pages_reply.vaddr;
    TEST_EXPECT_EQ(free_pages(pager, vaddr, 2), ERR_IN_USE);
    leave(pager);
    TEST_EXPECT_EQ(task_find(child), NULL);
    TEST_EXPECT_EQ(task_destroy(child), ERR_INVALID_TASK);
    system_end();
}

TEST("a page that became a page table of a pager's task can come back") {
    system_begin();
    vaddr_t vaddr = alloc_pages(shell, 1, 0).vm_alloc_pages_reply.vaddr;
    fake_poke(shell, vaddr, 1);
    TEST_EXPECT_EQ(vm_unmap(shell, vaddr), OK);
    TEST_EXPECT_EQ(fault(shell, vaddr, FAULT_WRITE), OK);
    TEST_EXPECT_EQ(fake_peek(shell, vaddr, MAP_W), 0);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 1), VM_FREE_PAGES_REPLY_MSG);
    system_end();
}

TEST("programs are listed by number") {
    system_begin();
    struct message m = {.type = TASK_PROGRAM_MSG};
    // None of the files is one, nor is "broken".
    static const char *expected[] = {"disk", "flaky", "greet", "hello", "shell"};
    for (unsigned i = 0; i < 5; i++) {
        m.task_program.index = i;
        struct message reply = call(shell, m);
        TEST_EXPECT_STR_EQ(reply.task_program_reply.name, expected[i]);
    }
    m.task_program.index = 5;
    TEST_EXPECT_EQ(call(shell, m).type, ERR_END);
    system_end();
}

TEST("when memory is exhausted launches and allocations fail, and work again later") {
    system_begin();
    task_t pager = launch_by(shell, "shell");
    size_t chunk = 512;
    while (chunk > 0) {
        if (alloc_pages(pager, chunk, 0).type < 0) {
            chunk /= 2;
        }
    }
    // Some are at hand for page tables.
    TEST_EXPECT_LT(memory_num_free(), 16);
    for (int i = 0; i < 5; i++) {
        task_t hello = launch_by(shell, "hello");
        if (hello > 0) {
            leave(hello);
        }
    }
    leave(pager);
    task_t hello = launch_by(shell, "hello");
    TEST_EXPECT_GT(hello, 0);
    leave(hello);
    // What vm needed for its own objects, it keeps.
    TEST_EXPECT_GE(memory_num_free() + 8, free_at_rest);
    free_at_rest = memory_num_free();
    system_end();
}
