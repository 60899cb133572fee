#include "peer.h"

#include <idl_client.h>
#include <resea/async.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "test.h"
#include "thread.h"

static task_t peer;

task_t launch(const char *cmdline) {
    task_t task;
    error_t err = call_task_launch(INIT_TASK, cmdline, &task);
    if (err == ERR_IN_USE && peer != 0) {
        // Without an MMU, the peer and the programs that tests launch share their RAM.
        peer_end();
        err = call_task_launch(INIT_TASK, cmdline, &task);
    }
    return err == OK ? task : err;
}

task_t peer_restarted(void) {
    peer = ipc_lookup("test_peer");
    ASSERT_OK(peer);
    return peer;
}

task_t peer_task(void) {
    if (peer != 0) {
        return peer;
    }

    ASSERT_OK(launch("test_peer"));
    return peer_restarted();
}

struct message nop_message(int value) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    m.benchmark_nop.value = value;
    return m;
}

int peer_do(task_t task, int action, int arg) {
    int result;
    error_t err = call_test_act(task, action, arg, &result);
    return err == OK ? result : err;
}

void peer_end(void) {
    CHECK_OK(call_task_watch(INIT_TASK, peer));
    CHECK_OK(peer_do(peer, TEST_ACTION_EXIT, 0));
    CHECK_EQ(wait_exit(peer), 0);
    peer = 0;
}

/// Whether the message tells of the end of `task`.
static bool is_exit(const struct message *m, task_t task) {
    return m->type == TASK_EXITED_MSG && m->task_exited.task == task;
}

/// Takes what vm has to tell. True if the end of `task` is among it; `*status` is set then.
static bool pull_exit(task_t task, int *status) {
    struct message m;
    while (async_recv(INIT_TASK, &m) == OK) {
        if (is_exit(&m, task)) {
            bool exited = m.task_exited.reason == TASK_END_REASON_EXITED;
            *status = exited ? m.task_exited.status : ERR_ABORTED;
            return true;
        }
    }

    return false;
}

int wait_exit(task_t task) {
    // Threads may have something to say meanwhile, whose messages are for others than us.
    struct message kept[MAX_THREADS];
    size_t num_kept = 0;
    int status = ERR_ABORTED;
    while (true) {
        struct message m;
        error_t err = thread_recv(IPC_ANY, &m);
        if (err == OK && m.type == NOTIFICATIONS_MSG) {
            if (pull_exit(task, &status)) {
                break;
            }
        } else if (err == OK && num_kept < MAX_THREADS) {
            kept[num_kept++] = m;
        } else {
            check_failed(__FILE__, __LINE__, "message %x instead of an exit", (unsigned) m.type);
            break;
        }
    }

    for (size_t i = 0; i < num_kept; i++) {
        CHECK(thread_keep(&kept[i]));
    }

    return status;
}

task_t peer_fresh(void) {
    peer_task();
    peer_end();
    return peer_task();
}

void peer_kill(void) {
    CHECK_OK(call_task_kill(INIT_TASK, peer));
    // To its supervisor that was a crash.
    peer_restarted();
    peer_end();
}

int run_program(const char *cmdline) {
    task_t task = launch(cmdline);
    if (IS_ERROR(task)) {
        return task;
    }

    error_t err = call_task_watch(INIT_TASK, task);
    return err == OK ? wait_exit(task) : err;
}

void payload_fill(uint8_t *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t) (i * 7 + i / 256);
    }
}

void payload_echo(const uint8_t *data, size_t len) {
    void *echoed;
    size_t echoed_len;
    error_t err = call_benchmark_nop_with_ool(peer_task(), data, len, &echoed, &echoed_len);
    if (!CHECK_OK(err)) {
        return;
    }

    CHECK_EQ(echoed_len, len);
    CHECK(len == 0 || memcmp(echoed, data, len) == 0);
    free(echoed);
}
