#include <config.h>
#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

static volatile int result;
static volatile task_t target;

static error_t send_to(task_t dst, int type, unsigned flags) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = type;
    return raw_ipc(dst, dst, &m, flags);
}

static void do_nothing(void) {}

static void wait_forever(void) {
    struct message m;
    result = raw_ipc(0, IPC_ANY, &m, IPC_RECV);
}

/// A task ID that was valid once.
static task_t dead_task(void) {
    task_t tid = thread_start(do_nothing);
    thread_join(tid);
    return tid;
}

static void test_flags(void) {
    task_t peer = peer_task();
    CHECK_EQ(send_to(peer, BENCHMARK_NOP_MSG, 0), ERR_INVALID_ARG);
    CHECK_EQ(send_to(peer, BENCHMARK_NOP_MSG, IPC_NOBLOCK), ERR_INVALID_ARG);
    CHECK_EQ(send_to(peer, BENCHMARK_NOP_MSG, IPC_REPLY), ERR_INVALID_ARG);
    CHECK_EQ(send_to(peer, BENCHMARK_NOP_MSG, IPC_CALL | (IPC_FLAGS + 1) << 1), ERR_INVALID_ARG);
    CHECK_EQ(send_to(peer, BENCHMARK_NOP_MSG, ~0u), ERR_INVALID_ARG);
}

static void test_types(void) {
    task_t peer = peer_task();
    // Bits that have no meaning.
    CHECK_EQ(send_to(peer, BENCHMARK_NOP_MSG | (1 << 26), IPC_SEND), ERR_INVALID_ARG);
    CHECK_EQ(send_to(peer, BENCHMARK_NOP_MSG | (1 << 30), IPC_SEND), ERR_INVALID_ARG);
    // An OoL kind that doesn't exist, and an OoL message too short for pointer and length.
    CHECK_EQ(send_to(peer, MSG_TYPE(5, 1, 0, 3, 16), IPC_SEND), ERR_INVALID_ARG);
    CHECK_EQ(send_to(peer, MSG_TYPE(5, 1, 0, MSG_OOL_BYTES, sizeof(void *)), IPC_SEND),
             ERR_INVALID_ARG);
    // Messages that only the kernel may send: nobody can fake a page fault or an exit.
    CHECK_EQ(send_to(peer, NOTIFICATIONS_MSG, IPC_SEND), ERR_INVALID_ARG);
    CHECK_EQ(send_to(peer, PAGE_FAULT_MSG, IPC_SEND), ERR_INVALID_ARG);
    CHECK_EQ(send_to(INIT_TASK, EXCEPTION_MSG, IPC_SEND), ERR_INVALID_ARG);
}

static void test_invalid_tasks(void) {
    task_t dead = dead_task();
    const task_t tasks[] = {
        0, -1, INT32_MIN, INT32_MAX, dead, TASK_ID(0, 1), TASK_ID(1, 1), CONFIG_NUM_TASKS + 1};
    for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
        CHECK_EQ(send_to(tasks[i], BENCHMARK_NOP_MSG, IPC_SEND), ERR_INVALID_TASK);
        CHECK_EQ(send_to(tasks[i], BENCHMARK_NOP_MSG, IPC_SEND | IPC_REPLY), ERR_INVALID_TASK);
        CHECK_EQ(ipc_notify(tasks[i], NOTIFY_USER_BASE), ERR_INVALID_TASK);
        if (tasks[i] != IPC_ANY) {
            CHECK_EQ(send_to(tasks[i], 0, IPC_RECV), ERR_INVALID_TASK);
        }
    }
}

/// A message never reaches the task that took over a dead one's slot.
static void test_reused_slot(void) {
    task_t dead = dead_task();
    bool reused = false;
    for (int i = 0; i < MAX_THREADS && !reused; i++) {
        task_t tid = thread_start(wait_forever);
        reused = TASK_SLOT(tid) == TASK_SLOT(dead);
        CHECK_NE(tid, dead);
    }
    CHECK_EQ(send_to(dead, BENCHMARK_NOP_MSG, IPC_SEND), ERR_INVALID_TASK);
}

static void test_self(void) {
    CHECK_EQ(send_to(main_task, BENCHMARK_NOP_MSG, IPC_SEND), ERR_INVALID_ARG);
    CHECK_EQ(send_to(main_task, BENCHMARK_NOP_MSG, IPC_CALL), ERR_INVALID_ARG);
}

static void send_to_target(void) {
    result = send_to(target, BENCHMARK_NOP_MSG, IPC_SEND);
}

static void call_target(void) {
    result = send_to(target, BENCHMARK_NOP_MSG, IPC_CALL);
}

static void recv_from_target(void) {
    result = send_to(target, 0, IPC_RECV);
}

/// A receiver that waits for one task gets an error at once when that task dies.
static void test_closed_recv_aborted(void) {
    target = thread_start(wait_forever);
    thread_wait_state(target, TASK_RECEIVING);
    task_t waiter = thread_start(recv_from_target);
    thread_wait_state(waiter, TASK_RECEIVING);
    thread_destroy(target);
    thread_join(waiter);
    CHECK_EQ(result, ERR_ABORTED);
}

/// Runs `run`, which blocks on the peer, and lets the peer exit meanwhile.
static void expect_aborted(void (*run)(void), enum task_state state) {
    target = peer_task();
    // From now on the peer listens to the main task alone.
    CHECK_EQ(peer_do(target, TEST_ACTION_LISTEN_TO_CALLER, 0), OK);
    task_t waiter = thread_start(run);
    thread_wait_state(waiter, state);
    peer_end();
    thread_join(waiter);
    CHECK_EQ(result, ERR_ABORTED);
}

static void test_send_aborted(void) {
    expect_aborted(send_to_target, TASK_SENDING);
}

static void test_call_aborted(void) {
    expect_aborted(call_target, TASK_SENDING);
}

/// The peer has taken the call and dies instead of answering.
static void test_call_aborted_in_service(void) {
    CHECK_EQ(peer_do(peer_task(), TEST_ACTION_CRASH, 0), ERR_ABORTED);
    peer_restarted();
}

static void test_reply_to_one_who_does_not_wait(void) {
    task_t thread = thread_start(wait_forever);
    thread_wait_state(thread, TASK_RECEIVING);
    target = thread_start(recv_from_target);
    // It waits, but for somebody else.
    error_t err = send_to(target, BENCHMARK_NOP_MSG, IPC_SEND | IPC_REPLY);
    CHECK(err == ERR_WOULD_BLOCK || err == ERR_NOT_PERMITTED);
}

/// Neither phase blocks: the message is sent, and the answer isn't waited for.
static void test_nonblocking_call(void) {
    task_t peer = peer_task();
    thread_wait_state(peer, TASK_RECEIVING);
    CHECK_EQ(send_to(peer, BENCHMARK_NOP_MSG, IPC_CALL | IPC_NOBLOCK), ERR_WOULD_BLOCK);
}

/// A payload too large for a server that receives from anybody is its sender's problem alone, even if
/// it comes as a reply.
static void test_oversized_reply_to_server(void) {
    // More than a command line.
    static const uint8_t payload[USER_ARGS_LEN + 1];
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_WITH_OOL_MSG;
    m.ool_ptr = (void *) (uintptr_t) payload;
    m.ool_len = sizeof(payload);
    // On another CPU vm may be busy with what came before: a reply doesn't wait for it.
    error_t err;
    while ((err = raw_ipc(INIT_TASK, 0, &m, IPC_SEND | IPC_REPLY)) == ERR_WOULD_BLOCK) {
        thread_rest(1);
    }
    CHECK_EQ(err, ERR_TOO_LARGE);
    CHECK_OK(ipc_lookup("test_peer"));
}

const struct test_case ipc_error_cases[] = {
    {"ipc.flags", test_flags},
    {"ipc.types", test_types},
    {"ipc.invalid_tasks", test_invalid_tasks},
    {"ipc.reused_slot", test_reused_slot},
    {"ipc.self", test_self},
    {"ipc.closed_recv_aborted", test_closed_recv_aborted},
    {"ipc.send_aborted", test_send_aborted},
    {"ipc.call_aborted", test_call_aborted},
    {"ipc.call_aborted_in_service", test_call_aborted_in_service},
    {"ipc.nonblocking_call", test_nonblocking_call},
    {"ipc.oversized_reply_to_server", test_oversized_reply_to_server},
    {"ipc.reply_to_one_who_does_not_wait", test_reply_to_one_who_does_not_wait},
    {NULL, NULL},
};
