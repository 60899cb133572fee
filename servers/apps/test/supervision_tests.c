#include <resea/ipc.h>
#include <resea/task.h>
#include <string.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

static error_t call_nop(task_t *cached) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    m.benchmark_nop.value = 1;
    error_t err = ipc_call_service("test_peer", cached, &m);
    return err == OK ? m.benchmark_nop_reply.value : err;
}

static void test_serve_and_lookup(void) {
    CHECK_OK(ipc_serve("test"));
    CHECK_OK(ipc_serve("test.second"));
    task_t peer = peer_task();
    CHECK_EQ(ipc_lookup("test_peer"), peer);
    // Those that one may not call one can't look up.
    CHECK_EQ(ipc_lookup("test"), ERR_NOT_PERMITTED);
    CHECK_EQ(ipc_lookup("random"), ERR_NOT_PERMITTED);
}

static void test_serve_denied(void) {
    CHECK_EQ(ipc_serve("test_peer"), ERR_NOT_PERMITTED);
    CHECK_EQ(ipc_serve("random"), ERR_NOT_PERMITTED);
    CHECK_EQ(ipc_serve("no.such.service"), ERR_NOT_PERMITTED);
    CHECK_LT(ipc_serve(""), 0);
}

/// A service that nobody may ever serve isn't waited for.
static void test_lookup_unknown(void) {
    CHECK_LT(ipc_lookup("no.such.service"), 0);
    CHECK_LT(ipc_lookup(""), 0);
}

/// A server that crashes: its caller is told at once, it is started anew, a lookup finds it.
static void test_restart(void) {
    task_t old = peer_task();
    task_t cached = old;
    CHECK_EQ(peer_do(old, TEST_ACTION_CRASH, 0), ERR_ABORTED);
    task_t new = peer_restarted();
    CHECK_OK(new);
    CHECK_NE(new, old);
    CHECK_EQ(find_task("test_peer"), new);

    // The call that finds the new server by itself.
    CHECK_EQ(call_nop(&cached), 2);
    CHECK_EQ(cached, new);

    // Our own rights to talk to it came over, and so did its name.
    CHECK_EQ(peer_do(new, TEST_ACTION_NOTIFY_CALLER, 0), OK);
}

static void test_restart_again_and_again(void) {
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(peer_do(peer_task(), TEST_ACTION_CRASH, 0), ERR_ABORTED);
        peer_restarted();
    }
    task_t cached = 0;
    CHECK_EQ(call_nop(&cached), 2);
}

/// Its policy is to restart it when it crashes, and not when it exits.
static void test_no_restart_after_exit(void) {
    peer_task();
    peer_end();
    CHECK_EQ(find_task("test_peer"), 0);
    CHECK_NE(peer_task(), 0);
}

const struct test_case supervision_cases[] = {
    {"supervision.serve_and_lookup", test_serve_and_lookup},
    {"supervision.serve_denied", test_serve_denied},
    {"supervision.lookup_unknown", test_lookup_unknown},
    {"supervision.restart", test_restart},
    {"supervision.restart_again_and_again", test_restart_again_and_again},
    {"supervision.no_restart_after_exit", test_no_restart_after_exit},
    {NULL, NULL},
};
