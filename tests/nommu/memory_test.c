#include "machine.h"
#include <kernel/memory.h>
#include <string.h>
#include <unittest.h>

/// Receives, as vm, why a task has stopped.
static const struct message *expect_stop(task_t tid, int exception, vaddr_t addr) {
    const struct message *m = machine_msg(1);
    TEST_EXPECT_EQ(machine_state(tid), TASK_STOPPED);
    TEST_EXPECT_EQ(machine_ipc(INIT_TASK, 0, tid, IPC_RECV), OK);
    TEST_EXPECT_EQ(m->type, EXCEPTION_MSG);
    TEST_EXPECT_EQ(m->exception.task, tid);
    TEST_EXPECT_EQ(m->exception.exception, exception);
    TEST_EXPECT_EQ(m->exception.addr, addr);
    return m;
}

// ---- Pointers -----------------------------------------------------------------------------------

static const struct bad {
    vaddr_t addr;
    bool readable;  ///< But not to be written.
} bad[] = {
    {0, false},
    {4, false},
    {RAM, false},                         // The kernel's.
    {RAM + KERNEL_RAM - 4, false},        // … and what is behind it.
    {MSG(5), false},                      // Another task's.
    {REGION(2) - 4, false},               // From before its own into it.
    {REGION(2) + REGION_LEN - 3, false},  // Out of its own.
    {REGION(2) + REGION_LEN, false},
    {UINTPTR_MAX - 3, false},  // Around the end of the address space.
    {UINTPTR_MAX - MESSAGE_SIZE + 1, false},
    {0x40002000, false},  // A device.
    {(vaddr_t) FLASH_FREE, true},
};

#define NUM_BAD (sizeof(bad) / sizeof(bad[0]))

/// Makes a system call in a new task of slot 2, which must stop it, and nothing else.
static void expect_refused(enum syscall_number number, uintptr_t a0, uintptr_t a1, uintptr_t a2,
                           uintptr_t a3, uintptr_t a4, uintptr_t a5, vaddr_t addr) {
    task_t tid = machine_spawn(2, TASK_RIGHTS & ~TASK_RIGHT_PHYS);
    TEST_EXPECT_EQ(machine_call(tid, number, a0, a1, a2, a3, a4, a5), BLOCKED);
    expect_stop(tid, EXP_PROTECTION, addr);
    machine_destroy(tid);
}

TEST("nommu: pointers that a task may not use stop it") {
    machine_reset();
    task_t other = machine_spawn(5, 0);
    memset((void *) MSG(5), 0x5a, MESSAGE_SIZE);
    vaddr_t msg = MSG(2);
    for (size_t i = 0; i < NUM_BAD; i++) {
        vaddr_t p = bad[i].addr;
        expect_refused(SYS_IPC, 0, IPC_ANY, p, IPC_RECV, 0, 0, p);
        expect_refused(SYS_IPC, other, other, p, IPC_CALL, 0, 0, p);
        expect_refused(SYS_CONSOLE_READ, p, 16, 0, 0, 0, 0, p);
        expect_refused(SYS_INFO, INFO_TASK, 1, p, 64, 0, 0, p);
        expect_refused(SYS_INFO, INFO_KERNEL, 0, p, 64, 0, 0, p);
        expect_refused(SYS_KLOG_READ, msg, 16, p, 0, 0, 0, p);
        if (!bad[i].readable) {
            expect_refused(SYS_IPC, other, 0, p, IPC_SEND, 0, 0, p);
            expect_refused(SYS_CONSOLE_WRITE, p, 16, 0, 0, 0, 0, p);
            expect_refused(SYS_TASK_CREATE, machine_next_tid(6), (uintptr_t) FLASH_FREE, 1,
                           INIT_TASK, 0, p, p);
        }
        for (size_t k = 0; k < MESSAGE_SIZE; k++) {
            TEST_EXPECT_EQ(((uint8_t *) MSG(5))[k], 0x5a);
        }
    }
    // Buffers of words are aligned.
    expect_refused(SYS_IPC, 0, IPC_ANY, msg + 2, IPC_RECV, 0, 0, msg + 2);
    expect_refused(SYS_IPC, other, 0, msg + 1, IPC_SEND, 0, 0, msg + 1);
}

TEST("nommu: a payload that its sender may not read stops the sender") {
    machine_reset();
    task_t b = machine_spawn(3, 0);
    for (size_t i = 0; i < NUM_BAD; i++) {
        if (bad[i].readable) {
            continue;
        }
        task_t a = machine_spawn(2, 0);
        TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);
        struct message *m = machine_msg(2);
        m->type = MSG_TYPE(200, 1, 0, MSG_OOL_BYTES, 16);
        m->ool_ptr = (void *) bad[i].addr;
        m->ool_len = 16;
        TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), BLOCKED);
        expect_stop(a, EXP_PROTECTION, bad[i].addr);
        machine_destroy(a);
    }
}

TEST("nommu: programs read flash") {
    machine_reset();
    task_t a = machine_spawn(2, 0);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_WRITE, machine_flash_text("in flash"), 8), 8);
    TEST_EXPECT_STR_EQ(machine.output, "in flash");
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_WRITE, machine_flash + FLASH_LEN - 4, 4), 4);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_WRITE, machine_flash + FLASH_LEN - 4, 5), BLOCKED);
    expect_stop(a, EXP_PROTECTION, (vaddr_t) machine_flash + FLASH_LEN - 4);
}

TEST("nommu: there is nothing to map") {
    machine_reset();
    task_t a = machine_spawn(2, 0);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_VM_MAP, a, RAM, RAM, 0, MAP_PHYS), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_VM_UNMAP, a, RAM), ERR_UNAVAILABLE);
}

TEST("nommu: the command line is in flash") {
    machine_reset();
    task_t a = machine_spawn(2, 0);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_INFO, INFO_CMDLINE, 0, MSG(2), 64), 9);
    TEST_EXPECT_STR_EQ((char *) MSG(2), "run=test");
    // Text that has no end is none.
    memset((void *) CMDLINE_PAGE, 0xff, PAGE_SIZE);
    TEST_EXPECT_STR_EQ(memory_cmdline(), "");
    memset((void *) CMDLINE_PAGE, 'x', PAGE_SIZE);
    TEST_EXPECT_STR_EQ(memory_cmdline(), "");
    strncpy2((char *) CMDLINE_PAGE, "run=test", sizeof("run=test"));
}

// ---- Stacks -------------------------------------------------------------------------------------

TEST("nommu: an overrun stack is found before its task's system call is made") {
    machine_reset();
    for (int word = 0; word < STACK_GUARD_WORDS; word++) {
        task_t a = machine_spawn(2, 0);
        machine_run(a);
        ((uint32_t *) REGION(2))[word] = 0;
        TEST_EXPECT_EQ(SYSCALL(a, SYS_TIMER_SET, 5), BLOCKED);
        TEST_EXPECT_EQ(machine_task(a)->timer_next, NULL);
        expect_stop(a, EXP_STACK_OVERFLOW, machine_task(a)->arch.sp);
        machine_destroy(a);
    }
    // A stack pointer below the stack, though nothing has been written there yet.
    task_t a = machine_spawn(2, 0);
    machine_run(a);
    vaddr_t sp = machine_task(a)->arch.sp = REGION(2) + STACK_GUARD_WORDS * 4 - 4;
    TEST_EXPECT_EQ(SYSCALL(a, SYS_NOP), BLOCKED);
    expect_stop(a, EXP_STACK_OVERFLOW, sp);
    machine_destroy(a);
    a = machine_spawn(2, 0);
    machine_run(a);
    machine_task(a)->arch.sp = REGION(2) + STACK_GUARD_WORDS * 4;
    TEST_EXPECT_EQ(SYSCALL(a, SYS_NOP), OK);
}

TEST("nommu: an overrun stack is found when an interrupt comes") {
    machine_reset();
    task_t a = machine_spawn(2, 0);
    machine_run(a);
    *(uint32_t *) REGION(2) = 0;
    machine_irq(9);
    expect_stop(a, EXP_STACK_OVERFLOW, machine_task(a)->arch.sp);
}

static struct task_info info_of(task_t tid) {
    struct task_info *info = (struct task_info *) MSG(1);
    memset(info, 0, sizeof(*info));
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_INFO, INFO_TASK, TASK_SLOT(tid), info, sizeof(*info)),
                   sizeof(*info));
    return *info;
}

TEST("nommu: the kernel knows how much of a stack has been used") {
    machine_reset();
    task_t a = machine_spawn(2, 0);
    TEST_EXPECT_EQ(info_of(a).stack_size, STACK_LEN);
    TEST_EXPECT_EQ(info_of(a).stack_used, USER_ARGS_LEN);
    uint32_t *stack = (uint32_t *) REGION(2);
    stack[STACK_LEN / 4 - USER_ARGS_LEN / 4 - 10] = 1;
    TEST_EXPECT_EQ(info_of(a).stack_used, USER_ARGS_LEN + 40);
    stack[STACK_GUARD_WORDS] = 1;
    TEST_EXPECT_EQ(info_of(a).stack_used, STACK_LEN - STACK_GUARD_WORDS * 4);
    TEST_EXPECT_STR_EQ(info_of(a).name, "task");
}

// ---- The life of tasks --------------------------------------------------------------------------

TEST("nommu: a task that ends leaves its slot and its RAM to the next one") {
    machine_reset();
    task_t first = machine_spawn(2, 0);
    uint32_t *ram = (uint32_t *) REGION(2);
    memset(ram, 0x77, REGION_LEN);
    *(uint64_t *) (REGION(2) + STACK_LEN - USER_ARGS_LEN) = 0x1122334455667788;
    machine_destroy(first);
    task_t second = machine_spawn(2, 0);
    TEST_EXPECT_NE(first, second);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_TASK_SCHEDULE, first, 3), ERR_INVALID_TASK);
    for (size_t i = 0; i < (STACK_LEN - USER_ARGS_LEN) / 4; i++) {
        TEST_EXPECT_EQ(ram[i], STACK_PATTERN);
    }
    // The command line is its creator's business, data its own.
    TEST_EXPECT_EQ(*(uint64_t *) (REGION(2) + STACK_LEN - USER_ARGS_LEN), 0x1122334455667788);
    TEST_EXPECT_EQ(ram[STACK_LEN / 4], 0x77777777);
    TEST_EXPECT_EQ(machine_task(second)->arch.sp, REGION(2) + STACK_LEN - USER_ARGS_LEN);
    TEST_EXPECT_EQ(SYSCALL(second, SYS_TASK_SELF), second);
}

TEST("nommu: memory that can't be a task's is refused") {
    machine_reset();
    static const struct {
        struct task_memory memory;
        error_t err;
    } cases[] = {
        {{REGION(3), REGION_LEN, STACK_LEN}, OK},
        {{REGION(3) + 4, REGION_LEN, STACK_LEN}, ERR_INVALID_ARG},
        {{REGION(3), REGION_LEN + 4, STACK_LEN}, ERR_INVALID_ARG},
        {{REGION(3), REGION_LEN, STACK_LEN + 4}, ERR_INVALID_ARG},
        {{REGION(3), REGION_LEN, ALIGN_DOWN(STACK_MIN - 1, 8)}, ERR_INVALID_ARG},
        {{REGION(3), REGION_LEN, 0}, ERR_INVALID_ARG},
        {{REGION(3), REGION_LEN, REGION_LEN + 8}, ERR_INVALID_ARG},
        {{UINTPTR_MAX - 0x1ff, 0x400, 0x200}, ERR_INVALID_ARG},
        {{REGION(3), 0x80000, STACK_LEN}, ERR_INVALID_ARG},
        {{RAM, REGION_LEN, STACK_LEN}, ERR_NOT_PERMITTED},
        {{RAM + KERNEL_RAM - 8, REGION_LEN, STACK_LEN}, ERR_NOT_PERMITTED},
        {{RAM + RAM_LEN - 0x200, 0x400, STACK_LEN}, ERR_NOT_PERMITTED},
        {{0, REGION_LEN, STACK_LEN}, ERR_NOT_PERMITTED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        task_t tid = machine_next_tid(3);
        TEST_EXPECT_EQ(machine_create(INIT_TASK, tid, machine_flash_text("x"), 0, &cases[i].memory),
                       cases[i].err);
        TEST_EXPECT_EQ(machine_task(tid) != NULL, cases[i].err == OK);
        if (machine_task(tid)) {
            machine_destroy(tid);
        }
    }
}

TEST("nommu: names lie in flash and have an end") {
    machine_reset();
    struct task_memory memory = {REGION(3), REGION_LEN, STACK_LEN};
    task_t tid = machine_next_tid(3);
    strncpy2((char *) REGION(1) + STACK_LEN + 0x200, "name", sizeof("name"));
    TEST_EXPECT_EQ(machine_create(INIT_TASK, tid, REGION(1) + STACK_LEN + 0x200, 0, &memory),
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(machine_create(INIT_TASK, tid, 0, 0, &memory), ERR_INVALID_ARG);
    memset(machine_flash + FLASH_LEN - 8, 'x', 8);
    TEST_EXPECT_EQ(
        machine_create(INIT_TASK, tid, (vaddr_t) machine_flash + FLASH_LEN - 8, 0, &memory),
        ERR_INVALID_ARG);
    memset(FLASH_FREE, 'x', TASK_NAME_LEN);
    TEST_EXPECT_EQ(machine_create(INIT_TASK, tid, (vaddr_t) FLASH_FREE, 0, &memory),
                   ERR_INVALID_ARG);
    FLASH_FREE[TASK_NAME_LEN - 1] = '\0';
    TEST_EXPECT_EQ(machine_create(INIT_TASK, tid, (vaddr_t) FLASH_FREE, 0, &memory), OK);
    TEST_EXPECT_EQ(strlen(info_of(tid).name), TASK_NAME_LEN - 1);
}

TEST("nommu: a task makes threads of what is its own") {
    machine_reset();
    task_t a = machine_spawn(2, TASK_RIGHT_TASK), other = machine_spawn(5, 0);
    vaddr_t name = machine_flash_text("thread");
    struct task_memory outside = {REGION(3), REGION_LEN, STACK_LEN};
    task_t thread = machine_next_tid(6);
    TEST_EXPECT_EQ(machine_create(a, thread, name, 0, &outside), ERR_NOT_PERMITTED);
    outside.ram_base = REGION(2) + REGION_LEN - 0x100;
    outside.ram_len = outside.stack_len = 0x108;
    TEST_EXPECT_EQ(machine_create(a, thread, name, 0, &outside), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(machine_create(other, thread, name, 0, &outside), ERR_NOT_PERMITTED);
    struct task_memory piece = {REGION(2) + 0x400, 0x100, 0x100};
    TEST_EXPECT_EQ(machine_create(a, thread, name, 0, &piece), OK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SCHEDULE, thread, 3), OK);
    // It uses all of its creator's memory, and none of others'.
    strncpy2((char *) REGION(2) + 0x300, "shared", sizeof("shared"));
    TEST_EXPECT_EQ(SYSCALL(thread, SYS_CONSOLE_WRITE, REGION(2) + 0x300, 6), 6);
    TEST_EXPECT_STR_EQ(machine.output, "shared");
    TEST_EXPECT_EQ(SYSCALL(thread, SYS_CONSOLE_WRITE, MSG(5), 6), BLOCKED);
    // Its creator is its pager.
    TEST_EXPECT_EQ(machine_ipc(a, 0, thread, IPC_RECV), OK);
    TEST_EXPECT_EQ(machine_msg(2)->exception.exception, EXP_PROTECTION);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, thread), OK);
    // Its own stack is watched, not its creator's.
    thread = machine_next_tid(6);
    TEST_EXPECT_EQ(machine_create(a, thread, name, 0, &piece), OK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SCHEDULE, thread, 3), OK);
    machine_run(thread);
    *(uint32_t *) (REGION(2) + 0x400) = 0;
    TEST_EXPECT_EQ(SYSCALL(thread, SYS_NOP), BLOCKED);
    TEST_EXPECT_EQ(machine_ipc(a, 0, thread, IPC_RECV), OK);
    TEST_EXPECT_EQ(machine_msg(2)->exception.exception, EXP_STACK_OVERFLOW);
}

TEST("nommu: who has stopped has no timer any more") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_TIMER_SET, 7), OK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TIMER_SET, 5), OK);
    TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_WRITE, 0, 4), BLOCKED);
    machine_advance_ms(6);
    TEST_EXPECT_EQ(machine_task(a)->notifications, 0);
    TEST_EXPECT_EQ(machine_result(b), BLOCKED);
    machine_advance_ms(2);
    TEST_EXPECT_EQ(machine_result(b), OK);
    expect_stop(a, EXP_PROTECTION, 0);
}

// ---- Rights, interrupts, the rest ---------------------------------------------------------------

TEST("nommu: interrupt lines are granted, device memory isn't remembered") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, 8), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_GRANT, a, GRANT_IRQ, 8, 2), OK);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_GRANT, b, GRANT_IRQ, 9, 1), OK);
    for (int i = 0; i < 3 * CONFIG_NUM_GRANTS; i++) {
        TEST_EXPECT_EQ(
            SYSCALL(INIT_TASK, SYS_GRANT, a, GRANT_MMIO, 0x40000000 + i * 0x10000, 0x1000), OK);
    }
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_GRANT, a, GRANT_MMIO, 0x40002000, 0x1000),
                   ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, 9), OK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, 10), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IRQ_ACQUIRE, 9), OK);
    machine_irq(9);
    TEST_EXPECT(!machine.unmasked[9]);
    TEST_EXPECT_EQ(machine_ipc(a, 0, IPC_ANY, IPC_RECV), OK);
    TEST_EXPECT_EQ(machine_msg(2)->notifications.data, NOTIFY_IRQ);
    TEST_EXPECT_EQ(machine_ipc(a, 0, IPC_ANY, IPC_RECV), BLOCKED);
    TEST_EXPECT(!machine.unmasked[9]);
    TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), OK);
    TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), BLOCKED);
    TEST_EXPECT(machine.unmasked[9]);
    machine_destroy(a);
    TEST_EXPECT(machine.unmasked[9]);
    machine_destroy(b);
    TEST_EXPECT(!machine.unmasked[9]);
}

TEST("nommu: the clock counts cycles, too") {
    machine_reset();
    task_t a = machine_spawn(2, 0);
    intptr_t before = SYSCALL(a, SYS_CLOCK, CLOCK_CYCLES);
    machine_advance_ms(3);
    intptr_t passed = SYSCALL(a, SYS_CLOCK, CLOCK_CYCLES) - before;
    TEST_EXPECT_GE(passed, 3000);
    TEST_EXPECT_LT(passed, 3200);
}
