#include <idl_client.h>
#include <resea/async.h>
#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

/// Launches before the first look: afterwards vm and the kernel have grown what only grows (one
/// object for each task slot, for example).
#define WARM_UP (2 * CONFIG_NUM_TASKS)

/// What must be the same after as before.
struct snapshot {
    size_t free_pages;
    unsigned num_tasks;
};

/// Launches the program and waits until it has ended. Returns its status.
static int run(const char *program) {
    task_t task;
    ASSERT_OK(call_task_launch(INIT_TASK, program, &task));
    ASSERT_OK(call_task_watch(INIT_TASK, task));
    while (true) {
        struct message m;
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
            continue;
        }

        if ((m.notifications.data & NOTIFY_ASYNC) && async_recv(INIT_TASK, &m) == OK
            && m.type == TASK_EXITED_MSG && m.task_exited.task == task) {
            return m.task_exited.reason == TASK_END_REASON_EXITED ? m.task_exited.status : -1;
        }
    }
}

static unsigned count_tasks(void) {
    unsigned count = 0;
    for (unsigned slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        struct task_info task;
        count += IS_OK(sys_info(INFO_TASK, slot, &task, sizeof(task)));
    }

    return count;
}

static struct snapshot take_snapshot(void) {
    struct snapshot snapshot;
    size_t total;
    ASSERT_OK(call_vm_stats(INIT_TASK, &total, &snapshot.free_pages));
    snapshot.num_tasks = count_tasks();
    return snapshot;
}

static bool run_many(const char *program, int times) {
    for (int i = 0; i < times; i++) {
        int status = run(program);
        if (status != 0) {
            printf("memory_leak_test: launch %d of %s ended with status %d\n", i + 1, program,
                   status);
            return false;
        }
    }

    return true;
}

static const char *option(const char *name, const char *otherwise) {
    const char *value = cmdline_option(name);
    return value != NULL ? value : otherwise;
}

void main(void) {
    int times = atoi(option("times", "1000"));
    const char *program = option("program", "hello --quiet");
    if (!run_many(program, WARM_UP)) {
        task_exit_with(1);
    }

    struct snapshot before = take_snapshot();
    bool ran = run_many(program, times);
    struct snapshot after = take_snapshot();

    printf("%d launches of %s: free pages %zu before, %zu after; tasks %u before, %u after\n",
           times, program, before.free_pages, after.free_pages, before.num_tasks, after.num_tasks);
    bool same = before.free_pages == after.free_pages && before.num_tasks == after.num_tasks;
    if (!same) {
        printf("memory_leak_test: something was not given back\n");
    }

    task_exit_with(!ran || !same);
}
