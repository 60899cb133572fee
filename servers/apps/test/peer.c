#include "peer.h"

#include <idl_client.h>
#include <resea/async.h>
#include <resea/printf.h>

#include "test.h"
#include "thread.h"

static task_t peer;

task_t launch(const char *cmdline) {
    task_t task;
    error_t err = call_task_launch(INIT_TASK, cmdline, &task);
    return err == OK ? task : err;
}

task_t peer_task(void) {
    if (peer == 0 || state_of(peer) == TASK_UNUSED) {
        ASSERT_OK(launch("test_peer"));
        peer = ipc_lookup("test_peer");
        ASSERT_OK(peer);
    }

    return peer;
}

int peer_do(task_t task, int action, int arg) {
    int result;
    error_t err = call_test_act(task, action, arg, &result);
    return err == OK ? result : err;
}

void peer_end(void) {
    // The one we know, or the one that vm has started in its place.
    task_t serving = ipc_lookup("test_peer");
    CHECK_OK(call_task_watch(INIT_TASK, serving));
    CHECK_OK(peer_do(serving, TEST_ACTION_EXIT, 0));
    CHECK_EQ(wait_exit(serving), 0);
    peer = 0;
}

/// Whether the message tells of the end of `task`.
static bool is_exit(const struct message *m, task_t task) {
    return m->type == TASK_EXITED_MSG && m->task_exited.task == task;
}

int wait_exit(task_t task) {
    while (true) {
        struct message m;
        error_t err = thread_recv(IPC_ANY, &m);
        if (err != OK || m.type != NOTIFICATIONS_MSG) {
            check_failed(__FILE__, __LINE__, "message %x instead of an exit", (unsigned) m.type);
            return ERR_ABORTED;
        }

        while (async_recv(INIT_TASK, &m) == OK) {
            if (is_exit(&m, task)) {
                bool exited = m.task_exited.reason == TASK_END_REASON_EXITED;
                return exited ? m.task_exited.status : ERR_ABORTED;
            }
        }
    }
}

int run_program(const char *cmdline) {
    task_t task = launch(cmdline);
    if (IS_ERROR(task)) {
        return task;
    }

    error_t err = call_task_watch(INIT_TASK, task);
    return err == OK ? wait_exit(task) : err;
}
