#include <idl_client.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "peer.h"
#include "test.h"
#include "thread.h"
#include "variant.h"

// What takes the place of address spaces where there is no MMU: stacks with guard words, RAM of a fixed
// place and size, and programs that take turns in it.

static volatile unsigned depth;

/// Needs 64 bytes of stack a call, and then some.
static unsigned recurse(unsigned n) {
    volatile uint8_t frame[64];
    frame[n % sizeof(frame)] = (uint8_t) n;
    depth = n;
    (void) sys_nop();
    return (n == UINT32_MAX) ? 0 : recurse(n + 1) + frame[n % sizeof(frame)];
}

static void overflow(void) {
    (void) recurse(0);
}

static void recurse_once(void) {
    volatile uint8_t frame[96];
    frame[0] = 1;
    (void) frame[0];
    (void) sys_nop();
}

/// Writes over a guard word without ever having used that much of its stack.
static void smash_guard(void) {
    *variant_stack_bottom(thread_index(sys_task_self())) = 0;
    (void) sys_nop();
}

static void expect_overflow(void (*run)(void)) {
    task_t thread = thread_start(run);
    thread_expect_exception(thread, EXP_STACK_OVERFLOW, NULL);
    CHECK_EQ(state_of(thread), TASK_STOPPED);
    thread_destroy(thread);
}

static void test_overflow(void) {
    depth = 0;
    expect_overflow(overflow);
    CHECK_GE(depth, 1);
}

static void stack_of(task_t tid, struct task_info *info) {
    CHECK_OK(sys_info(INFO_TASK, TASK_SLOT(tid), info, sizeof(*info)));
}

/// The high-water mark stays when the stack is empty again.
static void test_high_water_mark(void) {
    struct task_info before, after;
    task_t thread = thread_create(recurse_once, 0);
    stack_of(thread, &before);
    CHECK_OK(task_schedule(thread, own_priority()));
    thread_expect_exception(thread, EXP_EXIT, NULL);
    stack_of(thread, &after);
    CHECK_EQ(after.stack_size, before.stack_size);
    CHECK_GE(after.stack_used, before.stack_used + 64);
    CHECK_LE(after.stack_used, after.stack_size);
    thread_destroy(thread);
}

static void test_guard_words(void) {
    expect_overflow(smash_guard);
}

static error_t create_in(uintptr_t ram_base, uint32_t ram_len, uint32_t stack_len) {
    struct task_memory memory = {ram_base, ram_len, stack_len};
    task_t tid = 0;
    CHECK_OK(call_task_alloc(INIT_TASK, main_task, &tid));
    error_t err = task_create_in(tid, "unwanted", (vaddr_t) thread_entry, main_task, 0, &memory);
    CHECK_OK(call_task_free(INIT_TASK, tid));
    return err;
}

/// Nobody gives RAM that isn't his.
static void test_memory_of_others(void) {
    static uint8_t ram[STACK_MIN] __aligned(8);
    uintptr_t own = (uintptr_t) ram;
    CHECK_EQ(create_in(0x20000000, STACK_MIN, STACK_MIN), ERR_NOT_PERMITTED);
    CHECK_EQ(create_in(0, STACK_MIN, STACK_MIN), ERR_NOT_PERMITTED);
    CHECK_EQ(create_in(own, 16 * 1024, STACK_MIN), ERR_NOT_PERMITTED);
    CHECK_EQ(create_in(own + 4, STACK_MIN, STACK_MIN), ERR_INVALID_ARG);
    CHECK_EQ(create_in(own, STACK_MIN, STACK_MIN - 8), ERR_INVALID_ARG);
    CHECK_EQ(create_in(own, STACK_MIN, STACK_MIN + 8), ERR_INVALID_ARG);
    CHECK_EQ(create_in(own, UINT32_MAX & ~7u, STACK_MIN), ERR_INVALID_ARG);
    CHECK_EQ(create_in(own, STACK_MIN, STACK_MIN), OK);
}

/// The RAM of a program is where the build has put it: one of it at a time, and of those that share it.
static void test_one_at_a_time(void) {
    peer_task();
    task_t task;
    CHECK_EQ(call_task_launch(INIT_TASK, "test_peer", &task), ERR_IN_USE);
    CHECK_EQ(call_task_launch(INIT_TASK, "test_crasher hang", &task), ERR_IN_USE);
    CHECK_EQ(call_task_launch(INIT_TASK, "test", &task), ERR_IN_USE);
    peer_end();
    CHECK_OK(call_task_launch(INIT_TASK, "test_crasher hang", &task));
    CHECK_EQ(call_task_launch(INIT_TASK, "test_peer", &task), ERR_IN_USE);
    CHECK_OK(call_task_kill(INIT_TASK, task));
}

/// A crash leaves nothing for the next one: data and bss are as they were linked.
static void test_clean_restart(void) {
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(peer_do(peer_task(), TEST_ACTION_CHANGE_DATA, 0), 0);
        CHECK_EQ(peer_do(peer_task(), TEST_ACTION_CHANGE_DATA, 0), 1);
        CHECK_EQ(peer_do(peer_task(), TEST_ACTION_CRASH, 0), ERR_ABORTED);
        peer_restarted();
    }
}

/// A server whose stack overflows is restarted like any other that crashes.
static void test_restart_after_overflow(void) {
    task_t old = peer_task();
    CHECK_EQ(peer_do(old, TEST_ACTION_OVERFLOW_STACK, 0), ERR_ABORTED);
    CHECK_NE(peer_restarted(), old);
}

static void test_no_mappings(void) {
    vaddr_t vaddr;
    paddr_t paddr;
    CHECK_EQ(vm_map(main_task, 0, 0, 0, 0), ERR_UNAVAILABLE);
    CHECK_EQ(vm_unmap(main_task, 0), ERR_UNAVAILABLE);
    CHECK_EQ(call_vm_alloc_pages(INIT_TASK, 1, 0, &vaddr, &paddr), ERR_UNAVAILABLE);
}

const struct test_case stack_cases[] = {
    {"stack.overflow", test_overflow},
    {"stack.high_water_mark", test_high_water_mark},
    {"stack.guard_words", test_guard_words},
    {"memory.of_others", test_memory_of_others},
    {"memory.one_at_a_time", test_one_at_a_time},
    {"memory.clean_restart", test_clean_restart},
    {"memory.restart_after_overflow", test_restart_after_overflow},
    {"memory.no_mappings", test_no_mappings},
    {NULL, NULL},
};
