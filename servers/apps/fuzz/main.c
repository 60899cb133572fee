#include <config.h>
#include <idl_client.h>
#include <resea/async.h>
#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <resea/timer.h>

// The random system calls are made by fuzz_worker, one instance after the other: sooner or later a
// bad pointer lets vm end it, as it would end any program. It counts its calls in a page that it
// shares with us, so that we know how many it has made by then.

#define DEFAULT_CALLS 1000000
/// A worker that makes no call for so long is stuck in one: that is allowed, but of no use.
#define STUCK_MS 3000

static task_t tasks_before[CONFIG_NUM_TASKS + 1];
/// The page that the workers write to: calls made, and the number and arguments of the last one.
static volatile uint64_t *counter;
static unsigned num_crashed, num_finished, num_stuck;

static task_t task_in_slot(unsigned slot) {
    struct task_info info;
    return IS_OK(sys_info(INFO_TASK, slot, &info, sizeof(info))) ? info.tid : 0;
}

static void remember_tasks(void) {
    for (unsigned slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        tasks_before[slot] = task_in_slot(slot);
    }
}

/// Forgets those that have ended by themselves, with success: drivers without a device, for example, if we came
/// early. IDs are used again in the order in which they became free, so vm still knows how a task of just now has ended.
static void forget_finished(void) {
    for (unsigned slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        bool running;
        enum task_end_reason reason;
        int status;
        if (tasks_before[slot] != 0 && task_in_slot(slot) != tasks_before[slot]
            && call_task_status(INIT_TASK, tasks_before[slot], &running, &reason, &status) == OK
            && !running && reason == TASK_END_REASON_EXITED && status == 0) {
            tasks_before[slot] = 0;
        }
    }
}

/// Whether all tasks that were there are still the same.
static bool check_tasks(void) {
    bool same = true;
    for (unsigned slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        if (tasks_before[slot] != 0 && task_in_slot(slot) != tasks_before[slot]) {
            printf("fuzz: task %d did not survive\n", tasks_before[slot]);
            same = false;
        }
    }

    return same;
}

/// Whether servers still do what they are for.
static bool check_servers(void) {
    uint32_t number;
    size_t total, free;
    error_t rand_err = call_random_get_random(ipc_lookup("random"), &number);
    error_t vm_err = call_vm_stats(INIT_TASK, &total, &free);
    if (rand_err != OK || vm_err != OK) {
        printf("fuzz: servers don't answer: rand: %s, vm: %s\n", error_name(rand_err),
               error_name(vm_err));
    }

    return rand_err == OK && vm_err == OK;
}

/// Starts a worker and tells it where to count.
static task_t start_worker(uint64_t seed) {
    char cmdline[64];
    snprintf(cmdline, sizeof(cmdline), "fuzz_worker --seed=%u", (unsigned) (seed & INT32_MAX));
    task_t worker;
    ASSERT_OK(call_task_launch(INIT_TASK, cmdline, &worker));
    ASSERT_OK(call_task_watch(INIT_TASK, worker));

    handle_t offer;
    int started;
    ASSERT_OK(call_vm_offer_pages(INIT_TASK, worker, (vaddr_t) counter, 1, true, &offer));
    ASSERT_OK(call_benchmark_nop(worker, offer, &started));
    return worker;
}

/// Takes what vm tells. True if the worker has ended.
static bool pull_exit(task_t worker) {
    struct message m;
    while (async_recv(INIT_TASK, &m) == OK) {
        if (m.type != TASK_EXITED_MSG || m.task_exited.task != worker) {
            continue;
        }

        bool exited = m.task_exited.reason == TASK_END_REASON_EXITED;
        num_finished += exited;
        num_crashed += m.task_exited.reason == TASK_END_REASON_CRASHED;
        return true;
    }

    return false;
}

static void report_stuck(task_t worker) {
    struct task_info info = {0};
    (void) sys_info(INFO_TASK, TASK_SLOT(worker), &info, sizeof(info));
    printf("fuzz: worker %d is stuck (state %d, waits for %d) in call %lld(%llx, %llx, %llx, %llx, "
           "%llx, %llx)\n",
           worker, info.state, info.waits_for, (long long) counter[1],
           (unsigned long long) counter[2], (unsigned long long) counter[3],
           (unsigned long long) counter[4], (unsigned long long) counter[5],
           (unsigned long long) counter[6], (unsigned long long) counter[7]);
}

/// Ends a worker that has made no call for too long.
static void check_progress(task_t worker, uint64_t *seen, uint64_t *since) {
    uint64_t now = sys_clock();
    if (*counter != *seen) {
        *seen = *counter;
        *since = now;
    } else if (now - *since >= STUCK_MS) {
        num_stuck++;
        report_stuck(worker);
        // It may be ending right now; either way we hear of its end.
        (void) call_task_kill(INIT_TASK, worker);
        *since = now;
    }

    ASSERT_OK(timer_set(STUCK_MS));
}

static void wait_for_worker(task_t worker) {
    uint64_t seen = *counter;
    uint64_t since = sys_clock();
    check_progress(worker, &seen, &since);
    while (true) {
        struct message m;
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
            continue;
        }

        // Workers notify us of all kinds of things: look whether they are true.
        if ((m.notifications.data & NOTIFY_ASYNC) && pull_exit(worker)) {
            return;
        }

        if (m.notifications.data & NOTIFY_TIMER) {
            check_progress(worker, &seen, &since);
        }
    }
}

static int option(const char *name, int otherwise) {
    const char *value = cmdline_option(name);
    return value != NULL ? atoi(value) : otherwise;
}

void main(void) {
    unsigned seed = (unsigned) option("seed", (int) (sys_clock() & INT32_MAX));
    uint64_t calls = (uint64_t) option("calls", DEFAULT_CALLS);
    printf("fuzz: --seed=%u --calls=%llu\n", seed, (unsigned long long) calls);

    vaddr_t page;
    paddr_t paddr;
    ASSERT_OK(call_vm_alloc_pages(INIT_TASK, 1, 0, &page, &paddr));
    counter = (volatile uint64_t *) page;
    remember_tasks();
    for (unsigned i = 0; *counter < calls; i++) {
        wait_for_worker(start_worker(seed + i * 2654435761u));
        forget_finished();
    }

    bool good = check_tasks();
    good = check_servers() && good;
    printf("fuzz: %llu calls by %u workers: %u crashed, %u finished, %u got stuck; %s\n",
           (unsigned long long) *counter, num_crashed + num_finished + num_stuck, num_crashed,
           num_finished, num_stuck, good ? "all others are alive" : "FAILED");
    task_exit_with(!good);
}
