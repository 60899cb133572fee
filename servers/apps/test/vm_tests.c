#include <idl_client.h>
#include <resea/malloc.h>
#include <resea/task.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

static void test_launch(void) {
    CHECK_EQ(run_program("hello --quiet"), 0);
    CHECK_EQ(run_program("test_crasher exit 3"), 3);
    CHECK_EQ(run_program("test_crasher exit -7"), -7);
    CHECK_EQ(run_program("test_crasher expect \"two words\""), 0);
}

static void test_launch_errors(void) {
    CHECK_EQ(launch("no_such_program"), ERR_NOT_FOUND);
    CHECK_EQ(launch(""), ERR_INVALID_ARG);
    CHECK_EQ(launch(" hello"), ERR_INVALID_ARG);
    CHECK_LT(launch("manifest"), 0);
    char long_line[USER_ARGS_LEN + 1];
    memset(long_line, 'x', sizeof(long_line));
    long_line[sizeof(long_line) - 1] = '\0';
    CHECK_LT(launch(long_line), 0);
}

static void test_longest_cmdline(void) {
    char line[USER_ARGS_LEN] = "hello --quiet ";
    size_t len = strlen(line);
    memset(&line[len], 'x', sizeof(line) - len - 1);
    line[sizeof(line) - 1] = '\0';
    CHECK_EQ(run_program(line), 0);
}

static void test_kill(void) {
    task_t task = launch("test_crasher hang");
    CHECK_OK(task);
    CHECK_OK(call_task_watch(INIT_TASK, task));
    CHECK_OK(call_task_kill(INIT_TASK, task));
    CHECK_EQ(wait_exit(task), ERR_ABORTED);
    CHECK_EQ(state_of(task), TASK_UNUSED);
    CHECK_EQ(call_task_kill(INIT_TASK, task), ERR_INVALID_TASK);
    // What somebody else launched.
    CHECK_EQ(call_task_kill(INIT_TASK, find_task("shell")), ERR_NOT_PERMITTED);
    CHECK_LT(call_task_kill(INIT_TASK, INIT_TASK), 0);
    CHECK_EQ(call_task_kill(INIT_TASK, -1), ERR_INVALID_TASK);
}

/// Watching a task that has ended tells so at once.
static void test_late_watch(void) {
    task_t task = launch("test_crasher exit 5");
    while (state_of(task) != TASK_UNUSED) {
        thread_rest(1);
    }
    CHECK_OK(call_task_watch(INIT_TASK, task));
    CHECK_EQ(wait_exit(task), 5);
}

static void test_status(void) {
    bool running;
    enum task_end_reason reason;
    int status;
    task_t task = launch("test_crasher hang");
    CHECK_OK(call_task_status(INIT_TASK, task, &running, &reason, &status));
    CHECK(running);
    CHECK_OK(call_task_watch(INIT_TASK, task));
    CHECK_OK(call_task_kill(INIT_TASK, task));
    CHECK_EQ(wait_exit(task), ERR_ABORTED);
    CHECK_OK(call_task_status(INIT_TASK, task, &running, &reason, &status));
    CHECK(!running);
    CHECK_EQ(reason, TASK_END_REASON_KILLED);

    CHECK_EQ(run_program("test_crasher exit 9"), 9);
    CHECK_EQ(call_task_status(INIT_TASK, -1, &running, &reason, &status), ERR_INVALID_TASK);
}

static void test_unwatch(void) {
    task_t task = launch("test_crasher hang");
    CHECK_OK(call_task_watch(INIT_TASK, task));
    CHECK_OK(call_task_unwatch(INIT_TASK, task));
    CHECK_LT(call_task_unwatch(INIT_TASK, task), 0);
    CHECK_OK(call_task_kill(INIT_TASK, task));
    struct message m;
    CHECK_EQ(raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);
    CHECK_EQ(call_task_watch(INIT_TASK, -1), ERR_INVALID_TASK);
}

static void test_programs(void) {
    char name[TASK_PROGRAM_NAME_LEN];
    bool found = false;
    unsigned index = 0;
    while (call_task_program(INIT_TASK, index, name) == OK) {
        found = found || strcmp(name, "hello") == 0;
        index++;
    }
    CHECK(found);
    CHECK_EQ(call_task_program(INIT_TASK, index, name), ERR_END);
    CHECK_EQ(call_task_program(INIT_TASK, UINT32_MAX, name), ERR_END);
}

static void test_task_ids(void) {
    task_t tid;
    CHECK_OK(call_task_alloc(INIT_TASK, 0, &tid));
    CHECK_OK(call_task_free(INIT_TASK, tid));
    CHECK_LT(call_task_free(INIT_TASK, tid), 0);
    CHECK_LT(call_task_free(INIT_TASK, INIT_TASK), 0);
    CHECK_LT(call_task_free(INIT_TASK, peer_task()), 0);
    // A pager that didn't ask.
    CHECK_LT(call_task_alloc(INIT_TASK, peer_task(), &tid), 0);
}

static size_t free_pages(void) {
    size_t total = 0, free = 0;
    CHECK_OK(call_vm_stats(INIT_TASK, &total, &free));
    CHECK_LE(free, total);
    return free;
}

/// What a task leaves behind comes back: two runs of the same program need the same.
static void test_memory_comes_back(void) {
    CHECK_EQ(run_program("hello --quiet"), 0);
    size_t before = free_pages();
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(run_program("test_crasher trap"), ERR_ABORTED);
    }
    // An object for each task slot that is used for the first time is kept.
    CHECK_GE(free_pages() + 2, before);
}

const struct test_case vm_cases[] = {
    {"vm.launch", test_launch},
    {"vm.launch_errors", test_launch_errors},
    {"vm.longest_cmdline", test_longest_cmdline},
    {"vm.kill", test_kill},
    {"vm.late_watch", test_late_watch},
    {"vm.status", test_status},
    {"vm.unwatch", test_unwatch},
    {"vm.programs", test_programs},
    {"vm.task_ids", test_task_ids},
    {"vm.memory_comes_back", test_memory_comes_back},
    {NULL, NULL},
};
