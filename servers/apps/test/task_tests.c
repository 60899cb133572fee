#include <config.h>
#include <idl_client.h>
#include <resea/syscall.h>
#include <resea/task.h>

#include "peer.h"
#include "test.h"
#include "thread.h"
#include "variant.h"

static void do_nothing(void) {}

static task_t alloc_tid(void) {
    task_t tid = 0;
    CHECK_OK(call_task_alloc(INIT_TASK, main_task, &tid));
    return tid;
}

static void free_tid(task_t tid) {
    CHECK_OK(call_task_free(INIT_TASK, tid));
}

static error_t create(task_t tid, task_t pager, unsigned flags) {
    return variant_create_task(0, tid, pager, flags);
}

static void test_self(void) {
    CHECK_EQ(task_self(), main_task);
    CHECK_EQ(find_task("test"), main_task);
    CHECK_GT(main_task, INIT_TASK);
}

/// A task doesn't run before it is scheduled.
static void test_created_stopped(void) {
    task_t thread = thread_create(do_nothing, 0);
    CHECK_EQ(state_of(thread), TASK_CREATED);
    CHECK_OK(task_schedule(thread, own_priority()));
    thread_join(thread);
    CHECK_EQ(state_of(thread), TASK_UNUSED);
}

static void test_create_errors(void) {
    task_t tid = alloc_tid();
    CHECK_EQ(create(0, main_task, 0), ERR_INVALID_ARG);
    CHECK_EQ(create(-1, main_task, 0), ERR_INVALID_ARG);
    CHECK_EQ(create(TASK_ID(CONFIG_NUM_TASKS + 1, 0), main_task, 0), ERR_INVALID_ARG);
    CHECK_EQ(create(tid, main_task, 1u << 30), ERR_INVALID_ARG);
    // Slots in use, and generations that were or will be another task's.
    CHECK_EQ(create(INIT_TASK, main_task, 0), ERR_ALREADY_EXISTS);
    CHECK_EQ(create(main_task, main_task, 0), ERR_ALREADY_EXISTS);
    CHECK_EQ(create(tid + TASK_ID(0, 1), main_task, 0), ERR_ALREADY_EXISTS);
    // Rights that we don't have, and a pager that isn't us.
    CHECK_EQ(create(tid, main_task, TASK_RIGHT_PHYS), ERR_NOT_PERMITTED);
    CHECK_EQ(create(tid, main_task, TASK_RIGHT_POWER), ERR_NOT_PERMITTED);
    CHECK_EQ(create(tid, INIT_TASK, 0), ERR_NOT_PERMITTED);
    CHECK_EQ(create(tid, peer_task(), 0), ERR_NOT_PERMITTED);
    free_tid(tid);
}

static void test_destroy_errors(void) {
    task_t thread = thread_start(do_nothing);
    thread_join(thread);
    CHECK_EQ(task_destroy(thread), ERR_INVALID_TASK);
    CHECK_EQ(task_destroy(0), ERR_INVALID_TASK);
    CHECK_EQ(task_destroy(-5), ERR_INVALID_TASK);
    CHECK_EQ(task_destroy(CONFIG_NUM_TASKS + 1), ERR_INVALID_TASK);
    CHECK_EQ(task_destroy(main_task), ERR_NOT_PERMITTED);
}

/// In each of the states that a task can be in.
static void wait_for_anybody(void) {
    struct message m;
    (void) raw_ipc(0, IPC_ANY, &m, IPC_RECV);
}

static void send_to_main(void) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    (void) raw_ipc(main_task, 0, &m, IPC_SEND);
}

static volatile bool spinning;

static void spin(void) {
    while (true) {
        spinning = true;
        (void) sys_nop();
    }
}

static void test_destroy_in_any_state(void) {
    thread_destroy(thread_create(do_nothing, 0));

    task_t thread = thread_start(wait_for_anybody);
    thread_wait_state(thread, TASK_RECEIVING);
    thread_destroy(thread);

    thread = thread_start(send_to_main);
    thread_wait_state(thread, TASK_SENDING);
    thread_destroy(thread);
    struct message m;
    CHECK_EQ(raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);

    thread = thread_start(do_nothing);
    thread_wait_state(thread, TASK_STOPPED);
    thread_destroy(thread);
    CHECK_EQ(raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);

    // Ready, or running on another CPU.
    spinning = false;
    thread = thread_start(spin);
    while (!spinning) {
        thread_rest(1);
    }
    thread_destroy(thread);
    CHECK_EQ(state_of(thread), TASK_UNUSED);
}

/// Nothing is left of many tasks.
static void test_create_many(void) {
    size_t total = 0, before = 0, after = 0;
    for (int i = 0; i < 2 * CONFIG_NUM_TASKS; i++) {
        thread_join(thread_start(do_nothing));
    }

    CHECK_OK(call_vm_stats(INIT_TASK, &total, &before));
    for (int i = 0; i < 100; i++) {
        thread_join(thread_start(do_nothing));
    }
    CHECK_OK(call_vm_stats(INIT_TASK, &total, &after));
    CHECK_EQ(after, before);
}

const struct test_case task_cases[] = {
    {"task.self", test_self},
    {"task.created_stopped", test_created_stopped},
    {"task.create_errors", test_create_errors},
    {"task.destroy_errors", test_destroy_errors},
    {"task.destroy_in_any_state", test_destroy_in_any_state},
    {"task.create_many", test_create_many},
    {NULL, NULL},
};
