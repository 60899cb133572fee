#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>
#include <unittest.h>

#include "../fault.h"
#include "../layout.h"
#include "../memory.h"
#include "fake_kernel.h"
#include "images.h"
#include "system.h"

// ---- Launching ----

TEST("booting starts what the manifest says, with the rights it says") {
    system_begin();
    TEST_EXPECT_EQ(disk, 2);
    TEST_EXPECT(fake_is_running(disk));
    TEST_EXPECT(fake_has_grant(disk, GRANT_SERVER, SERVER_DISK));
    TEST_EXPECT(fake_has_grant(disk, GRANT_IRQ, 9));
    TEST_EXPECT(!fake_has_grant(disk, GRANT_CALL, SERVER_SHELL));
    TEST_EXPECT(fake_has_grant(shell, GRANT_CALL, SERVER_DISK));
    TEST_EXPECT_EQ(find_by_name("flaky"), 0);
    system_end();
}

TEST("a program finds its command line at the top of its stack") {
    system_begin();
    task_t hello = launch_by(shell, "hello big world");
    TEST_EXPECT_GT(hello, 0);
    const char *expected = "hello big world";
    for (size_t i = 0; i <= strlen(expected); i++) {
        TEST_EXPECT_EQ(fake_peek(hello, USER_STACK_TOP - USER_ARGS_LEN + i, MAP_W), expected[i]);
    }
    // Nothing of whoever had the page before.
    TEST_EXPECT_EQ(fake_peek(hello, USER_STACK_TOP - PAGE_SIZE, MAP_W), 0);
    TEST_EXPECT_EQ(fake_peek(hello, USER_STACK_TOP - 1, MAP_W), 0);
    leave(hello);
    system_end();
}

TEST("the directory behind a command line is a string of its own") {
    system_begin();
    task_t hello = launch_by(shell, "hello \n/a/b");
    static const char expected[] = "hello \0/a/b";
    for (size_t i = 0; i < sizeof(expected); i++) {
        TEST_EXPECT_EQ(fake_peek(hello, USER_STACK_TOP - USER_ARGS_LEN + i, MAP_W), expected[i]);
    }
    leave(hello);
    system_end();
}

TEST("a command is its program, with that one's rights, under its own name") {
    system_begin();
    task_t greet = launch_by(shell, "greet all");
    TEST_EXPECT_GT(greet, 0);
    TEST_EXPECT_EQ(find_by_name("greet"), greet);
    TEST_EXPECT(fake_has_grant(greet, GRANT_SERVER, SERVER_DISK));
    TEST_EXPECT(fake_has_grant(greet, GRANT_IRQ, 9));
    TEST_EXPECT_EQ(fake_peek(greet, TEST_TEXT, MAP_X), 'T');
    // Nobody starts it again, as disk would be.
    leave(greet);
    TEST_EXPECT(!fake_advance(1000));
    TEST_EXPECT_EQ(find_by_name("greet"), 0);
    system_end();
}

TEST("what can't be launched leaves nothing behind") {
    system_begin();
    TEST_EXPECT_EQ(launch_by(shell, "nothing"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(launch_by(shell, ""), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(launch_by(shell, " hello"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(launch_by(shell, "broken"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(launch_by(shell, "manifest"), ERR_INVALID_ARG);
    char longest[USER_ARGS_LEN + 1];
    memset(longest, 'x', sizeof(longest));
    longest[USER_ARGS_LEN] = '\0';
    TEST_EXPECT_EQ(launch_by(shell, longest), ERR_TOO_LARGE);
    longest[USER_ARGS_LEN - 1] = '\0';
    TEST_EXPECT_EQ(launch_by(shell, longest), ERR_NOT_FOUND);
    // disk has no right to launch.
    TEST_EXPECT_EQ(launch_by(disk, "hello"), ERR_NOT_PERMITTED);
    system_end();
}

TEST("a thousand launches leak nothing, and never use an ID twice in a row") {
    system_begin();
    task_t last = 0;
    for (int i = 0; i < 1000; i++) {
        task_t hello = launch_by(shell, "hello");
        TEST_EXPECT_GT(hello, 0);
        TEST_EXPECT_NE(hello, last);
        TEST_EXPECT_EQ(fault(hello, TEST_DATA, FAULT_WRITE), OK);
        leave(hello);
        TEST_EXPECT_EQ(task_find(hello), NULL);
        last = hello;
    }
    system_end();
}

TEST("when all slots are in use a launch fails, until one is free") {
    system_begin();
    task_t tasks[FAKE_NUM_TASKS];
    int num = 0;
    while (num < FAKE_NUM_TASKS && (tasks[num] = launch_by(shell, "hello")) > 0) {
        num++;
    }
    TEST_EXPECT_EQ(num, FAKE_NUM_TASKS - 3);
    TEST_EXPECT_EQ(tasks[num], ERR_UNAVAILABLE);
    leave(tasks[--num]);
    tasks[num] = launch_by(shell, "hello");
    TEST_EXPECT_GT(tasks[num], 0);
    for (int i = 0; i <= num; i++) {
        leave(tasks[i]);
    }
    system_end();
}

// ---- Page faults ----

TEST("code and constants are the file's own pages, and several come at once") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    size_t before = memory_num_free();
    TEST_EXPECT_EQ(fault(hello, TEST_TEXT + 5, FAULT_EXEC), OK);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_TEXT, MAP_X), 'T');
    TEST_EXPECT_EQ(fault(hello, TEST_RODATA, 0), OK);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_RODATA + PAGE_SIZE - 1, 0), 'R');
    TEST_EXPECT_EQ(fake_peek(hello, TEST_RODATA, MAP_W), -1);
    TEST_EXPECT_EQ(memory_num_free(), before);
    leave(hello);
    system_end();
}

TEST("data is a copy, followed by zeroes only") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    TEST_EXPECT_EQ(fault(hello, TEST_DATA, FAULT_WRITE), OK);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_DATA + 9, MAP_W), 'D');
    TEST_EXPECT_EQ(fake_peek(hello, TEST_DATA + 10, MAP_W), 0);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_DATA + PAGE_SIZE - 1, MAP_W), 0);
    TEST_EXPECT_EQ(fault(hello, TEST_DATA + PAGE_SIZE, 0), OK);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_DATA + PAGE_SIZE, MAP_W), 0);

    TEST_EXPECT(fake_poke(hello, TEST_DATA, 'x'));
    task_t other = launch_by(shell, "hello");
    TEST_EXPECT_EQ(fault(other, TEST_DATA, 0), OK);
    TEST_EXPECT_EQ(fake_peek(other, TEST_DATA, MAP_W), 'D');
    leave(hello);
    leave(other);
    system_end();
}

TEST("stack and heap are zeroes, and end at guard pages") {
    system_begin();
    static const vaddr_t good[] = {USER_STACK_BOTTOM, USER_STACK_TOP - 2 * PAGE_SIZE,
                                   TEST_END + PAGE_SIZE, USER_HEAP_END - 1};
    static const vaddr_t bad[] = {0,
                                  8,
                                  USER_STACK_BOTTOM - 1,
                                  USER_STACK_TOP,
                                  TEST_END,
                                  TEST_END + PAGE_SIZE - 1,
                                  USER_HEAP_END,
                                  USER_PAGES_BASE,
                                  USER_IMAGE_BASE,
                                  BOOTINFO_VADDR,
                                  UINTPTR_MAX};
    task_t hello = launch_by(shell, "hello");
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        TEST_EXPECT_EQ(fault(hello, good[i], FAULT_WRITE), OK);
        TEST_EXPECT_EQ(fake_peek(hello, good[i], MAP_W), 0);
    }
    leave(hello);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        hello = launch_by(shell, "hello");
        TEST_EXPECT_EQ(fault(hello, bad[i], 0), DONT_REPLY);
        TEST_EXPECT(!fake_is_running(hello));
    }
    system_end();
}

TEST("what a page isn't for ends the task") {
    system_begin();
    static const struct {
        vaddr_t vaddr;
        unsigned fault;
    } bad[] = {
        {TEST_TEXT, FAULT_WRITE},        {TEST_TEXT, FAULT_WRITE | FAULT_PRESENT},
        {TEST_RODATA, FAULT_EXEC},       {TEST_DATA, FAULT_EXEC},
        {USER_STACK_BOTTOM, FAULT_EXEC}, {USER_STACK_TOP - 8, FAULT_EXEC | FAULT_PRESENT},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        task_t hello = launch_by(shell, "hello");
        TEST_EXPECT_EQ(fault(hello, bad[i].vaddr, bad[i].fault), DONT_REPLY);
        TEST_EXPECT(!fake_is_running(hello));
    }
    system_end();
}

TEST("a task that reaches its memory limit ends, the others go on") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    vaddr_t vaddr = TEST_END + PAGE_SIZE;
    int pages = 0;
    while (fault(hello, vaddr, FAULT_WRITE) == OK) {
        vaddr += PAGE_SIZE;
        pages++;
    }
    TEST_EXPECT(pages > 30 && pages < 40);
    TEST_EXPECT(!fake_is_running(hello));
    TEST_EXPECT_EQ(fault(shell, TEST_DATA, FAULT_WRITE), OK);
    free_at_rest = memory_num_free();
    system_end();
}

TEST("faults and exceptions of tasks that vm doesn't page are ignored") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    struct page_fault_fields forged = {.task = shell, .vaddr = 0};
    TEST_EXPECT_EQ(fault_handle_page_fault(hello, &forged), DONT_REPLY);
    leave(hello);
    TEST_EXPECT_EQ(fault(hello, TEST_TEXT, 0), DONT_REPLY);
    leave(hello);
    leave(99);
    leave(-1);
    leave(INIT_TASK);
    system_end();
}
