#include "fake.h"

#include <resea/async.h>
#include <resea/malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

// Its allocations go through the fake, which can fail them.
#define malloc(size) fake_malloc(size)
#include "../src/async.c"
#undef malloc

#define RECEIVER 5
#define OTHER    6

static error_t delivery_error;
static struct message delivered;
static char delivered_payload[64];

static error_t kernel(task_t peer __unused, struct message *m, unsigned flags,
                      const struct ool_buffer *ool __unused) {
    TEST_EXPECT_EQ(flags, IPC_SEND | IPC_REPLY);
    if (delivery_error != OK && m->type >= 0) {
        return delivery_error;
    }
    memcpy(&delivered, m, sizeof(*m));
    if (ool_is_present(m)) {
        TEST_EXPECT_LE(m->ool_len, sizeof(delivered_payload));
        memcpy(delivered_payload, m->ool_ptr, m->ool_len);
    }
    return OK;
}

static void start(void) {
    fake_reset();
    fake_ipc = kernel;
    delivery_error = OK;
    memset(&delivered, 0, sizeof(delivered));
    memset(delivered_payload, 0, sizeof(delivered_payload));
}

static error_t send_value(task_t dst, int value) {
    struct message m = {.type = BENCHMARK_NOP_MSG, .benchmark_nop = {.value = value}};
    return async_send(dst, &m);
}

TEST("messages are delivered in order, to whom they are for") {
    start();
    TEST_EXPECT(async_is_empty(RECEIVER));
    TEST_EXPECT_EQ(send_value(RECEIVER, 1), OK);
    TEST_EXPECT_EQ(fake_notified, RECEIVER);
    TEST_EXPECT_EQ(fake_notifications, NOTIFY_ASYNC);
    TEST_EXPECT_EQ(send_value(OTHER, 100), OK);
    TEST_EXPECT_EQ(send_value(RECEIVER, 2), OK);
    TEST_EXPECT(!async_is_empty(RECEIVER));

    for (int i = 1; i <= 2; i++) {
        fake_num_notified = 0;
        TEST_EXPECT_EQ(async_reply(RECEIVER), OK);
        TEST_EXPECT_EQ(delivered.type, BENCHMARK_NOP_MSG);
        TEST_EXPECT_EQ(delivered.benchmark_nop.value, i);
        // There is more to pull after the first one only.
        TEST_EXPECT_EQ(fake_num_notified, 2 - i);
    }
    TEST_EXPECT(async_is_empty(RECEIVER));
    TEST_EXPECT_EQ(async_reply(OTHER), OK);
    TEST_EXPECT_EQ(delivered.benchmark_nop.value, 100);
}

TEST("who pulls from an empty queue is told so") {
    start();
    TEST_EXPECT_EQ(async_reply(RECEIVER), ERR_EMPTY);
    TEST_EXPECT_EQ(delivered.type, ERR_EMPTY);
}

TEST("payloads are copied when the message is queued") {
    start();
    char path[] = "/hello";
    struct message m = {.type = FS_OPEN_MSG};
    m.fs_open.path = path;
    TEST_EXPECT_EQ(async_send(RECEIVER, &m), OK);
    m = (struct message){.type = FS_WRITE_MSG};
    m.fs_write.data = path;
    m.fs_write.data_len = 3;
    m.fs_write.offset = 77;
    TEST_EXPECT_EQ(async_send(RECEIVER, &m), OK);
    memset(path, 'x', sizeof(path) - 1);

    TEST_EXPECT_EQ(async_reply(RECEIVER), OK);
    TEST_EXPECT_STR_EQ(delivered_payload, "/hello");
    TEST_EXPECT_EQ(delivered.fs_open.path_len, 7);
    TEST_EXPECT_EQ(async_reply(RECEIVER), OK);
    TEST_EXPECT_MEM_EQ(delivered_payload, "/he", 3);
    TEST_EXPECT_EQ(delivered.fs_write.data_len, 3);
    TEST_EXPECT_EQ(delivered.fs_write.offset, 77);
}

TEST("a message that can't be delivered now stays in the queue") {
    start();
    TEST_EXPECT_EQ(send_value(RECEIVER, 1), OK);
    delivery_error = ERR_WOULD_BLOCK;
    TEST_EXPECT_EQ(async_reply(RECEIVER), ERR_WOULD_BLOCK);
    delivery_error = OK;
    TEST_EXPECT_EQ(async_reply(RECEIVER), OK);
    TEST_EXPECT_EQ(delivered.benchmark_nop.value, 1);
}

TEST("what is queued for a task that is gone is dropped") {
    start();
    TEST_EXPECT_EQ(send_value(RECEIVER, 1), OK);
    fake_notify_error = ERR_INVALID_TASK;
    TEST_EXPECT_EQ(send_value(RECEIVER, 2), ERR_INVALID_TASK);
    TEST_EXPECT(async_is_empty(RECEIVER));

    fake_notify_error = OK;
    TEST_EXPECT_EQ(send_value(RECEIVER, 3), OK);
    TEST_EXPECT_EQ(send_value(RECEIVER, 4), OK);
    delivery_error = ERR_INVALID_TASK;
    TEST_EXPECT_EQ(async_reply(RECEIVER), ERR_INVALID_TASK);
    TEST_EXPECT(async_is_empty(RECEIVER));
}

TEST("a message that the receiver can't hold doesn't hold up the others") {
    start();
    TEST_EXPECT_EQ(send_value(RECEIVER, 1), OK);
    TEST_EXPECT_EQ(send_value(RECEIVER, 2), OK);
    delivery_error = ERR_TOO_LARGE;
    TEST_EXPECT_EQ(async_reply(RECEIVER), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(delivered.type, ERR_TOO_LARGE);
    delivery_error = OK;
    TEST_EXPECT_EQ(async_reply(RECEIVER), OK);
    TEST_EXPECT_EQ(delivered.benchmark_nop.value, 2);
}

TEST("a receiver that pulls nothing can't use up the sender's memory") {
    start();
    for (int i = 0; i < ASYNC_QUEUE_MAX; i++) {
        TEST_EXPECT_EQ(send_value(RECEIVER, i), OK);
    }
    TEST_EXPECT_EQ(send_value(RECEIVER, 0), ERR_NO_MEMORY);
    TEST_EXPECT_EQ(send_value(OTHER, 0), OK);
    for (int i = 0; i < ASYNC_QUEUE_MAX; i++) {
        TEST_EXPECT_EQ(async_reply(RECEIVER), OK);
        TEST_EXPECT_EQ(delivered.benchmark_nop.value, i);
    }
    TEST_EXPECT_EQ(async_reply(OTHER), OK);
}

TEST("whichever allocation fails, nothing is queued and nothing is lost") {
    for (int left = 0; left < 3; left++) {
        start();
        fake_mallocs_left = left;
        struct message m = {.type = FS_OPEN_MSG};
        m.fs_open.path = "/hello";
        TEST_EXPECT_EQ(async_send(RECEIVER, &m), ERR_NO_MEMORY);
        TEST_EXPECT(async_is_empty(RECEIVER));
        TEST_EXPECT_EQ(fake_num_notified, 0);
    }

    start();
    struct message m = {.type = FS_OPEN_MSG};
    TEST_EXPECT_EQ(async_send(RECEIVER, &m), ERR_INVALID_ARG);
    TEST_EXPECT(async_is_empty(RECEIVER));
}

TEST("pages can't be lent asynchronously") {
    start();
    struct message m = {.type = BENCHMARK_LOOK_MSG};
    m.ool_ptr = &m;
    m.ool_len = PAGE_SIZE;
    TEST_EXPECT_EQ(async_send(RECEIVER, &m), ERR_INVALID_ARG);
    TEST_EXPECT(async_is_empty(RECEIVER));
    TEST_EXPECT_EQ(fake_num_notified, 0);
}
