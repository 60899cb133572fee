// Tasks' lives, and the rights they have.

#include <string.h>
#include <unittest.h>

#include "host.h"

static task_t a, b;

static void set_up(void) {
    host_reset();
    a = host_spawn("a", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP);
    b = host_spawn("b", INIT_TASK, 0);
    strncpy2(host_ptr(a, MSG_VADDR + MESSAGE_SIZE), "a child's name, cut", TASK_NAME_LEN);
}

static intptr_t create(task_t tid, task_t pager, unsigned flags) {
    return SYSCALL(a, SYS_TASK_CREATE, tid, MSG_VADDR + MESSAGE_SIZE, USER_IMAGE_BASE, pager,
                   flags);
}

TEST("task: a new task waits for its first schedule and has its creator's peers") {
    set_up();
    task_t child = host_next_tid(20);
    TEST_EXPECT_EQ(create(child, a, TASK_RIGHT_MAP), OK);
    TEST_EXPECT_EQ(host_state(child), TASK_CREATED);
    TEST_EXPECT_STR_EQ(host_task(child)->name, "a child's name, cut");
    TEST_EXPECT_EQ(host_task(child)->server, host_task(a)->server);
    TEST_EXPECT_MEM_EQ(host_task(child)->may_call, host_task(a)->may_call,
                       sizeof(host_task(a)->may_call));
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SCHEDULE, child, 3), OK);
    TEST_EXPECT_EQ(host_state(child), TASK_READY);
    TEST_EXPECT_EQ(SYSCALL(child, SYS_TASK_SELF), child);
    TEST_EXPECT_EQ(host_task(child)->arch.ip, USER_IMAGE_BASE + 2);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, child), OK);
}

TEST("task: IDs come in turn") {
    set_up();
    task_t first = host_next_tid(21);
    TEST_EXPECT_EQ(create(first + (1 << TASK_SLOT_BITS), a, 0), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(create(first, a, 0), OK);
    TEST_EXPECT_EQ(create(first, a, 0), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, first), OK);
    TEST_EXPECT_EQ(create(first, a, 0), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(create(host_next_tid(21), a, 0), OK);
    // The last generation is followed by the first.
    task_slot(22)->last_generation = TASK_GEN_MAX;
    TEST_EXPECT_EQ(create(TASK_ID(22, 0), a, 0), OK);
    TEST_EXPECT(host_check());
}

TEST("task: creations that are refused") {
    set_up();
    task_t child = host_next_tid(23);
    TEST_EXPECT_EQ(create(0, a, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(create(-5, a, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(create(TASK_ID(CONFIG_NUM_TASKS + 1, 0), a, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(create(child, a, 1u << 20), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(create(child, b, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(create(child, a, TASK_RIGHT_PHYS), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(create(child, a, TASK_ABI_HOOK), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_TASK_CREATE, child, MSG_VADDR, 0, b, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_CREATE, child, MSG_VADDR, 0, TASK_ID(60, 9), 0),
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(task_slot(23)->tid, 0);
}

TEST("task: destructions that are refused") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, b), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_TASK_DESTROY, b), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_DESTROY, ROOT_TASK), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_DESTROY, INIT_TASK), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, 0), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, TASK_ID(CONFIG_NUM_TASKS + 1, 0)),
                   ERR_INVALID_TASK);
}

TEST("task: all slots can be used, and again") {
    set_up();
    for (int round = 0; round < 2; round++) {
        for (int slot = 5; slot <= CONFIG_NUM_TASKS; slot++) {
            TEST_EXPECT_EQ(create(host_next_tid(slot), a, 0), OK);
        }
        for (int slot = 5; slot <= CONFIG_NUM_TASKS; slot++) {
            TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, task_slot(slot)->tid), OK);
        }
    }
    TEST_EXPECT(host_check());
}

// ---- Rights -------------------------------------------------------------------------------------

TEST("rights: who holds a range hands on part of it, and no more") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_GRANT, b, GRANT_IRQ, 10, 1), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_IRQ, 10, 4), OK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_GRANT, b, GRANT_IRQ, 9, 2), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_GRANT, b, GRANT_IRQ, 12, 3), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_GRANT, b, GRANT_IRQ, 12, 2), OK);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IRQ_ACQUIRE, 13), OK);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IRQ_ACQUIRE, 11), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_GRANT, b, GRANT_PORTS, 12, 2), ERR_NOT_PERMITTED);
}

TEST("rights: ranges that can't be") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_IRQ, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_IRQ, CONFIG_NUM_IRQS, 1),
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_PORTS, 0xffff, 2), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_MMIO, ~0ul, 2), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_SERVER, NUM_SERVERS_MAX),
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, 0, 1, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, 99, 1, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, TASK_ID(60, 9), GRANT_IRQ, 1, 1),
                   ERR_INVALID_TASK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_GRANT, b, GRANT_SERVER, 1), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_GRANT, b, GRANT_CALL, 1), ERR_NOT_PERMITTED);
}

TEST("rights: grants are bounded, and end with their holder") {
    set_up();
    int num = 0;
    while (SYSCALL(ROOT_TASK, SYS_GRANT, b, GRANT_PORTS, num * 4, 1) == OK) {
        num++;
    }
    TEST_EXPECT_GT(num, 0);  // vm and root may hold some from another test.
    TEST_EXPECT_LE(num, CONFIG_NUM_GRANTS);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_PORTS, 0, 1), ERR_NO_MEMORY);
    // One that it has takes no more room.
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, b, GRANT_PORTS, 0, 1), OK);
    host_destroy(b);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_PORTS, 0, 1), OK);
}

TEST("rights: power and debugger") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_POWER, POWER_OFF, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_KDEBUG, MSG_VADDR, 2, MSG_VADDR, 10), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_POWER, 99, 0), ERR_INVALID_ARG);
}
