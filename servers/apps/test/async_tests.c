#include <resea/async.h>
#include <resea/ipc.h>
#include <string.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

#define COUNT MIN(3, ASYNC_QUEUE_MAX)

/// Waits for the notification that something can be pulled.
static void wait_for_async(void) {
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.type, NOTIFICATIONS_MSG);
    CHECK_EQ(m.notifications.data & NOTIFY_ASYNC, NOTIFY_ASYNC);
}

static void test_messages_in_order(void) {
    task_t peer = peer_task();
    CHECK_EQ(peer_do(peer, TEST_ACTION_SEND_ASYNC, COUNT), OK);
    wait_for_async();
    for (int i = 1; i <= COUNT; i++) {
        struct message m;
        CHECK_OK(async_recv(peer, &m));
        CHECK_EQ(m.type, BENCHMARK_NOP_MSG);
        CHECK_EQ(m.src, peer);
        CHECK_EQ(m.benchmark_nop.value, i);
        // While there are more, we are told so again.
        if (i < COUNT) {
            wait_for_async();
        }
    }

    struct message m;
    CHECK_EQ(async_recv(peer, &m), ERR_EMPTY);
}

static void test_nothing_queued(void) {
    struct message m;
    CHECK_EQ(async_recv(peer_task(), &m), ERR_EMPTY);
    CHECK(async_is_empty(peer_task()));
    CHECK_EQ(async_reply(peer_task()), ERR_EMPTY);
}

static void test_to_dead_task(void) {
    task_t peer = peer_task();
    peer_end();
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    CHECK_EQ(async_send(peer, &m), ERR_INVALID_TASK);
    CHECK(async_is_empty(peer));
    CHECK_EQ(async_recv(peer, &m), ERR_INVALID_TASK);
}

/// The queue is bounded: a receiver that never pulls can't eat the sender's memory.
static void test_queue_is_bounded(void) {
    task_t peer = peer_task();
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    for (int i = 0; i < ASYNC_QUEUE_MAX; i++) {
        if (!CHECK_OK(async_send(peer, &m))) {
            break;
        }
    }
    CHECK_EQ(async_send(peer, &m), ERR_NO_MEMORY);
    CHECK(!async_is_empty(peer));
    peer_end();
    CHECK_EQ(async_send(peer, &m), ERR_INVALID_TASK);
    CHECK(async_is_empty(peer));
}

const struct test_case async_cases[] = {
    {"async.messages_in_order", test_messages_in_order},
    {"async.nothing_queued", test_nothing_queued},
    {"async.to_dead_task", test_to_dead_task},
    {"async.queue_is_bounded", test_queue_is_bounded},
    {NULL, NULL},
};
