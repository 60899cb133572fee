#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "machine.h"
#include "test.h"
#include "thread.h"

#define NUM_SPINNERS MIN(3, MAX_THREADS)

// By thread_index().
static volatile unsigned long turns[MAX_THREADS];
static volatile bool survived[MAX_THREADS];
static volatile bool stop;

static void spin(void) {
    volatile unsigned long *count = &turns[thread_index(sys_task_self())];
    while (!stop) {
        (*count)++;
    }
}

static void reset(void) {
    stop = false;
    for (int i = 0; i < MAX_THREADS; i++) {
        turns[i] = 0;
    }
}

static unsigned long turns_of(task_t tid) {
    return turns[thread_index(tid)];
}

static void wait_started(task_t tid) {
    while (turns_of(tid) == 0) {
        thread_rest(10);
    }
}

static uint64_t cycles_of(task_t tid) {
    struct task_info info;
    CHECK_OK(sys_info(INFO_TASK, TASK_SLOT(tid), &info, sizeof(info)));
    return info.cycles;
}

/// Tasks of one priority get the CPU in turn.
static void test_round_robin(void) {
    reset();
    task_t threads[MAX_THREADS];
    for (int i = 0; i < NUM_SPINNERS; i++) {
        threads[i] = thread_start(spin);
    }

    unsigned long before[MAX_THREADS];
    for (int i = 0; i < NUM_SPINNERS; i++) {
        wait_started(threads[i]);
        before[i] = turns_of(threads[i]);
    }
    thread_rest(300);
    for (int i = 0; i < NUM_SPINNERS; i++) {
        CHECK_GT(turns_of(threads[i]), before[i]);
        CHECK_GT(cycles_of(threads[i]), 0);
    }

    stop = true;
    for (int i = 0; i < NUM_SPINNERS; i++) {
        thread_join(threads[i]);
    }
}

/// A less urgent task gets nothing while a more urgent one wants to run. Several CPUs may each have
/// one, so this is about a single CPU.
static void test_priorities(void) {
    struct kernel_info kernel;
    CHECK_OK(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)));
    if (kernel.num_cpus > 1) {
        return;
    }

    reset();
    task_t above = thread_start(spin);
    wait_started(above);
    task_t below = thread_start_below(spin);
    thread_rest(50);
    CHECK_EQ(turns_of(below), 0);

    // Now the other way round.
    CHECK_OK(task_schedule(above, TASK_PRIORITY_MAX));
    thread_rest(50);
    CHECK_GT(turns_of(below), 0);
    unsigned long before = turns_of(above);
    thread_rest(50);
    CHECK_EQ(turns_of(above), before);

    stop = true;
    thread_join(below);
    thread_join(above);
}

/// A task that was woken runs before a less urgent one goes on.
static void test_preemption(void) {
    reset();
    task_t below = thread_start_below(spin);
    thread_rest(20);
    // That we are here again is what is tested: the spinner never blocks.
    CHECK_NE(state_of(below), TASK_UNUSED);
    stop = true;
    thread_join(below);
}

static void keep_registers(void) {
    unsigned index = thread_index(sys_task_self());
    bool good = true;
    for (int i = 0; i < 20; i++) {
        good = machine_fpu_keeps(0x0123456789abcdefull * (index + 3), 2000) && good;
    }
    survived[index] = good;
}

static void test_fpu_state(void) {
    task_t threads[MAX_THREADS];
    memset((void *) (uintptr_t) survived, 0, sizeof(survived));
    for (int i = 0; i < NUM_SPINNERS; i++) {
        threads[i] = thread_start(keep_registers);
    }

    bool good = true;
    for (int i = 0; i < 20; i++) {
        good = machine_fpu_keeps(0x1111111111111111ull, 2000) && good;
        thread_serve_faults();
    }
    CHECK(good);

    for (int i = 0; i < NUM_SPINNERS; i++) {
        unsigned index = thread_index(threads[i]);
        thread_join(threads[i]);
        CHECK(survived[index]);
    }
}

static void test_invalid(void) {
    task_t thread = thread_create(spin, 0);
    CHECK_EQ(task_schedule(thread, -1), ERR_INVALID_ARG);
    CHECK_EQ(task_schedule(thread, TASK_PRIORITY_MAX + 1), ERR_INVALID_ARG);
    // Nobody makes a task more urgent than itself.
    CHECK_EQ(task_schedule(thread, own_priority() - 1), ERR_NOT_PERMITTED);
    CHECK_EQ(task_schedule(-1, TASK_PRIORITY_MAX), ERR_INVALID_TASK);
    CHECK_EQ(state_of(thread), TASK_CREATED);
}

const struct test_case sched_cases[] = {
    {"sched.round_robin", test_round_robin}, {"sched.priorities", test_priorities},
    {"sched.preemption", test_preemption},   {"sched.fpu_state", test_fpu_state},
    {"sched.invalid", test_invalid},         {NULL, NULL},
};
