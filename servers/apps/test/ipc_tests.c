#include <config.h>
#include <kernel_abi.h>
#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

// What the threads below tell.
static volatile int result;
static volatile unsigned attempts;

static void send_one(void) {
    struct message m = nop_message(1);
    result = raw_ipc(main_task, 0, &m, IPC_SEND);
}

static void send_two(void) {
    struct message m = nop_message(2);
    result = raw_ipc(main_task, 0, &m, IPC_SEND);
}

static void call_main(void) {
    struct message m = nop_message(10);
    result = raw_ipc(main_task, main_task, &m, IPC_CALL);
    if (result == OK && m.type == BENCHMARK_NOP_REPLY_MSG) {
        result = m.benchmark_nop_reply.value;
    }
}

static void test_send_recv(void) {
    task_t thread = thread_start(send_one);
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.type, BENCHMARK_NOP_MSG);
    CHECK_EQ(m.src, thread);
    CHECK_EQ(m.benchmark_nop.value, 1);
    thread_join(thread);
    CHECK_EQ(result, OK);
}

/// The sender is there first, and is queued.
static void test_send_before_recv(void) {
    task_t thread = thread_start(send_one);
    thread_wait_state(thread, TASK_SENDING);
    struct message m;
    CHECK_OK(thread_recv(thread, &m));
    CHECK_EQ(m.benchmark_nop.value, 1);
    thread_join(thread);
}

static void test_senders_queue_in_order(void) {
    task_t first = thread_start(send_one);
    thread_wait_state(first, TASK_SENDING);
    task_t second = thread_start(send_two);
    thread_wait_state(second, TASK_SENDING);

    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.src, first);
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.src, second);
    thread_join(first);
    thread_join(second);
}

/// A closed receive passes others by.
static void test_closed_recv(void) {
    task_t first = thread_start(send_one);
    thread_wait_state(first, TASK_SENDING);
    task_t second = thread_start(send_two);
    struct message m;
    CHECK_OK(thread_recv(second, &m));
    CHECK_EQ(m.src, second);
    CHECK_EQ(m.benchmark_nop.value, 2);
    CHECK_OK(thread_recv(first, &m));
    CHECK_EQ(m.benchmark_nop.value, 1);
    thread_join(first);
    thread_join(second);
}

static void test_call_reply(void) {
    task_t thread = thread_start(call_main);
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.benchmark_nop.value, 10);
    CHECK_EQ(state_of(thread), TASK_RECEIVING);
    m.type = BENCHMARK_NOP_REPLY_MSG;
    m.benchmark_nop_reply.value = 20;
    ipc_reply(thread, &m);
    thread_join(thread);
    CHECK_EQ(result, 20);
}

static void test_reply_err(void) {
    task_t thread = thread_start(call_main);
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    ipc_reply_err(thread, ERR_UNAVAILABLE);
    thread_join(thread);
    // The raw system call delivers errors as messages.
    CHECK_EQ(result, OK);
}

static void call_then_notify(void) {
    call_main();
    sys_notify(main_task, NOTIFY_USER_BASE);
}

static void test_replyrecv(void) {
    task_t thread = thread_start(call_then_notify);
    struct message m;
    CHECK_OK(thread_recv(thread, &m));
    m.type = BENCHMARK_NOP_REPLY_MSG;
    m.benchmark_nop_reply.value = 30;
    CHECK_OK(thread_replyrecv(thread, &m));
    CHECK_EQ(m.type, NOTIFICATIONS_MSG);
    CHECK_EQ(m.src, KERNEL_TASK);
    CHECK_EQ(m.notifications.data, NOTIFY_USER_BASE);
    thread_join(thread);
    CHECK_EQ(result, 30);
}

/// A server is not disturbed by a client that doesn't wait for its reply.
static void test_replyrecv_to_nobody(void) {
    task_t thread = thread_start(send_one);
    struct message m;
    CHECK_OK(thread_recv(thread, &m));
    sys_notify(main_task, NOTIFY_USER_BASE);
    m = nop_message(0);
    CHECK_OK(raw_ipc(thread, IPC_ANY, &m, IPC_SEND | IPC_REPLY | IPC_RECV));
    CHECK_EQ(m.type, NOTIFICATIONS_MSG);
    thread_join(thread);
}

static void test_call_thousand_times(void) {
    task_t peer = peer_task();
    for (int i = 1; i <= 1000; i++) {
        struct message m = nop_message(i);
        if (!CHECK_OK(ipc_call(peer, &m)) || !CHECK_EQ(m.benchmark_nop_reply.value, i + 1)) {
            return;
        }
    }
}

static void test_noblock(void) {
    struct message m = nop_message(0);
    CHECK_EQ(raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);

    task_t thread = thread_start(send_one);
    thread_wait_state(thread, TASK_SENDING);
    CHECK_EQ(raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK), OK);
    CHECK_EQ(m.benchmark_nop.value, 1);
    thread_join(thread);
}

static void send_noblock(void) {
    struct message m = nop_message(7);
    do {
        result = raw_ipc(main_task, 0, &m, IPC_SEND | IPC_NOBLOCK);
        attempts++;
    } while (result == ERR_WOULD_BLOCK);
}

/// A sender that doesn't block gets through once the receiver waits, and not before.
static void test_send_noblock(void) {
    attempts = 0;
    task_t thread = thread_start(send_noblock);
    struct message m;
    while (attempts < 2) {
        thread_serve_faults();
    }
    CHECK_EQ(result, ERR_WOULD_BLOCK);

    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.benchmark_nop.value, 7);
    thread_join(thread);
    CHECK_EQ(result, OK);
}

static void send_with_more(void) {
    struct message m = nop_message(5);
    memset(&m.raw[MSG_LEN(BENCHMARK_NOP_MSG)], 0xaa, sizeof(m.raw) - MSG_LEN(BENCHMARK_NOP_MSG));
    result = raw_ipc(main_task, 0, &m, IPC_SEND);
}

/// Whether a byte behind the payload is cleared: with an MMU, if it would travel in a register.
#ifdef CONFIG_MMU
#    define IS_CLEARED(i) ((i) < IPC_WORDS * sizeof(uintptr_t))
#else
#    define IS_CLEARED(i) true
#endif

/// What the type doesn't cover isn't copied: nothing leaks.
static void test_payload_length(void) {
    task_t thread = thread_start(send_with_more);
    thread_wait_state(thread, TASK_SENDING);
    struct message m;
    memset(&m, 0x55, sizeof(m));
    CHECK_OK(raw_ipc(0, thread, &m, IPC_RECV));
    CHECK_EQ(m.benchmark_nop.value, 5);
    for (size_t i = MSG_LEN(BENCHMARK_NOP_MSG); i < sizeof(m.raw); i++) {
        if (!CHECK_EQ(m.raw[i], IS_CLEARED(i) ? 0 : 0x55)) {
            break;
        }
    }
    thread_join(thread);
}

#define LONGEST_MSG MSG_TYPE(1023, 1, 0, MSG_OOL_NONE, MESSAGE_PAYLOAD_SIZE)

static void send_longest(void) {
    struct message m;
    memset(&m, 0x77, sizeof(m));
    m.type = LONGEST_MSG;
    result = raw_ipc(main_task, 0, &m, IPC_SEND);
}

static void test_longest_message(void) {
    task_t thread = thread_start(send_longest);
    struct message m;
    CHECK_OK(thread_recv(thread, &m));
    CHECK_EQ(m.type, LONGEST_MSG);
    CHECK_EQ(m.raw[0], 0x77);
    CHECK_EQ(m.raw[sizeof(m.raw) - 1], 0x77);
    thread_join(thread);
}

static void send_error(void) {
    struct message m;
    memset(&m, 0x77, sizeof(m));
    m.type = ERR_IN_USE;
    result = raw_ipc(main_task, 0, &m, IPC_SEND);
}

/// Errors travel in the type, without a payload.
static void test_error_message(void) {
    task_t thread = thread_start(send_error);
    thread_wait_state(thread, TASK_SENDING);
    struct message m;
    bzero(&m, sizeof(m));
    CHECK_OK(raw_ipc(0, IPC_ANY, &m, IPC_RECV));
    CHECK_EQ(m.type, ERR_IN_USE);
    CHECK_EQ(m.src, thread);
    CHECK_EQ(m.raw[0], 0);
    thread_join(thread);

    thread = thread_start(send_error);
    // The library returns what a task sends to those who wait for it only.
    CHECK_EQ(thread_recv(thread, &m), ERR_IN_USE);
    thread_join(thread);
}

const struct test_case ipc_cases[] = {
    {"ipc.send_recv", test_send_recv},
    {"ipc.send_before_recv", test_send_before_recv},
    {"ipc.senders_queue_in_order", test_senders_queue_in_order},
    {"ipc.closed_recv", test_closed_recv},
    {"ipc.call_reply", test_call_reply},
    {"ipc.reply_err", test_reply_err},
    {"ipc.replyrecv", test_replyrecv},
    {"ipc.replyrecv_to_nobody", test_replyrecv_to_nobody},
    {"ipc.call_thousand_times", test_call_thousand_times},
    {"ipc.noblock", test_noblock},
    {"ipc.send_noblock", test_send_noblock},
    {"ipc.payload_length", test_payload_length},
    {"ipc.longest_message", test_longest_message},
    {"ipc.error_message", test_error_message},
    {NULL, NULL},
};
