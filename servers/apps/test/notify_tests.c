#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "machine.h"
#include "peer.h"
#include "test.h"
#include "thread.h"

#define BIT(n) (NOTIFY_USER_BASE << (n))

static volatile int result;

/// The notifications that are pending, 0 if there are none.
static notifications_t take_pending(void) {
    struct message m;
    bzero(&m, sizeof(m));
    error_t err = raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK);
    if (err == ERR_WOULD_BLOCK) {
        return 0;
    }

    CHECK_OK(err);
    CHECK_EQ(m.type, NOTIFICATIONS_MSG);
    CHECK_EQ(m.src, KERNEL_TASK);
    return m.notifications.data;
}

static void notify_main(void) {
    result = sys_notify(main_task, BIT(1));
}

static void notify_and_send(void) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    sys_notify(main_task, BIT(2));
    result = raw_ipc(main_task, 0, &m, IPC_SEND);
}

/// Makes all system calls for which the kernel saves little, then sends a message.
static void keep_registers(void) {
    error_t kept = OK;
    for (uint64_t i = 1; i < 100; i++) {
        for (long number = 0; number < SYS_FIRST_FULL; number++) {
            if (!machine_registers_keep(i * 0x0123456789abcdefull, number, main_task, BIT(1))) {
                kept = ERR_ABORTED;
            }
        }
    }
    notify_and_send();
    result = kept;
}

/// We keep this CPU busy meanwhile, so that another one, if there is one, notifies us.
static void test_registers(void) {
    task_t thread = thread_start(keep_registers);
    thread_wait_state(thread, TASK_SENDING);
    struct message m;
    do {
        CHECK_OK(thread_recv(IPC_ANY, &m));
    } while (m.type == NOTIFICATIONS_MSG);
    thread_join(thread);
    CHECK_OK(result);
}

static void test_wakes_receiver(void) {
    task_t thread = thread_start_below(notify_main);
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.type, NOTIFICATIONS_MSG);
    CHECK_EQ(m.notifications.data, BIT(1));
    thread_join(thread);
    CHECK_EQ(result, OK);
}

static void test_pending_and_merged(void) {
    CHECK_OK(ipc_notify(main_task, BIT(0)));
    CHECK_OK(ipc_notify(main_task, BIT(3)));
    CHECK_OK(ipc_notify(main_task, BIT(3)));
    task_t thread = thread_start(notify_main);
    thread_join(thread);
    CHECK_EQ(take_pending(), BIT(0) | BIT(1) | BIT(3));
    CHECK_EQ(take_pending(), 0);
}

/// Notifications come before messages in an open receive, and not at all in a closed one.
static void test_not_in_closed_recv(void) {
    task_t thread = thread_start(notify_and_send);
    struct message m;
    CHECK_OK(thread_recv(thread, &m));
    CHECK_EQ(m.type, BENCHMARK_NOP_MSG);
    CHECK_EQ(take_pending(), BIT(2));
    thread_join(thread);
}

static void test_before_messages(void) {
    task_t thread = thread_start(notify_and_send);
    thread_wait_state(thread, TASK_SENDING);
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.type, NOTIFICATIONS_MSG);
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.type, BENCHMARK_NOP_MSG);
    thread_join(thread);
}

/// A server may notify its client: the edge counts in both directions.
static void test_from_server(void) {
    CHECK_EQ(peer_do(peer_task(), TEST_ACTION_NOTIFY_CALLER, (int) BIT(5)), OK);
    CHECK_EQ(take_pending(), BIT(5));
}

static void test_nothing_to_tell(void) {
    CHECK_OK(ipc_notify(main_task, 0));
    CHECK_EQ(take_pending(), 0);
}

const struct test_case notify_cases[] = {
    {"notify.registers", test_registers},
    {"notify.wakes_receiver", test_wakes_receiver},
    {"notify.pending_and_merged", test_pending_and_merged},
    {"notify.not_in_closed_recv", test_not_in_closed_recv},
    {"notify.before_messages", test_before_messages},
    {"notify.from_server", test_from_server},
    {"notify.nothing_to_tell", test_nothing_to_tell},
    {NULL, NULL},
};
