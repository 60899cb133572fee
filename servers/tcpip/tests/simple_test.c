#include <inet/addr.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

#define PORT      2007
#define LOCALHOST 0x7f000001

/// Pulls a message. Returns its type, or the error.
static int pull(task_t task, handle_t *handle) {
    task_t before = world_self;
    world_self = task;
    struct message m;
    memset(&m, 0, sizeof(m));
    m.type = ASYNC_MSG;
    world_send(task, &m);
    m = world_late_reply(task);
    *handle = m.tcpip_received.handle;
    world_self = before;
    return m.type;
}

static handle_t listener, near_end, far_end;

/// CLIENT connects to OTHER.
static void make_connection(void) {
    world_begin();
    world_self = OTHER;
    TEST_EXPECT_EQ(call_tcpip_listen(SERVER, PORT, 4, &listener), OK);
    world_self = CLIENT;
    // Over loopback, the connection is made before the call returns.
    TEST_EXPECT_EQ(call_tcpip_connect(SERVER, LOCALHOST, PORT, &near_end), OK);
    TEST_EXPECT_EQ(world_notifications(OTHER) & NOTIFY_ASYNC, NOTIFY_ASYNC);
    handle_t handle;
    TEST_EXPECT_EQ(pull(OTHER, &handle), TCPIP_NEW_CLIENT_MSG);
    TEST_EXPECT_EQ(handle, listener);
    world_self = OTHER;
    TEST_EXPECT_EQ(call_tcpip_accept(SERVER, listener, &far_end), OK);
    handle_t another;
    TEST_EXPECT_EQ(call_tcpip_accept(SERVER, listener, &another), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(pull(OTHER, &handle), ERR_EMPTY);
    world_self = CLIENT;
}

static size_t read_some(handle_t handle, size_t max, const char *expected) {
    void *data;
    size_t len = 0;
    TEST_EXPECT_EQ(call_tcpip_read(SERVER, handle, max, &data, &len), OK);
    TEST_EXPECT_EQ(len, strlen(expected));
    TEST_EXPECT_MEM_EQ(data, expected, MIN(len, strlen(expected)));
    free(data);
    return len;
}

TEST("what is received is told again until all has been read, then the end") {
    make_connection();
    TEST_EXPECT_EQ(call_tcpip_write(SERVER, near_end, "abcdef", 6), OK);
    TEST_EXPECT_EQ(call_tcpip_close(SERVER, near_end), OK);
    handle_t handle;
    world_self = OTHER;
    TEST_EXPECT_EQ(pull(OTHER, &handle), TCPIP_RECEIVED_MSG);
    TEST_EXPECT_EQ(handle, far_end);
    TEST_EXPECT_EQ(pull(OTHER, &handle), ERR_EMPTY);
    read_some(far_end, 4, "abcd");
    TEST_EXPECT_EQ(world_notifications(OTHER) & NOTIFY_ASYNC, NOTIFY_ASYNC);
    TEST_EXPECT_EQ(pull(OTHER, &handle), TCPIP_RECEIVED_MSG);
    read_some(far_end, 4, "ef");
    TEST_EXPECT_EQ(pull(OTHER, &handle), TCPIP_CLOSED_MSG);
    TEST_EXPECT_EQ(handle, far_end);
    read_some(far_end, 4, "");
    TEST_EXPECT_EQ(pull(OTHER, &handle), ERR_EMPTY);
    TEST_EXPECT_EQ(call_tcpip_close(SERVER, far_end), OK);
    TEST_EXPECT_EQ(call_tcpip_close(SERVER, far_end), ERR_NOT_FOUND);
}

TEST("a new client is told for each that waits") {
    make_connection();
    handle_t second, third, handle;
    TEST_EXPECT_EQ(call_tcpip_connect(SERVER, LOCALHOST, PORT, &second), OK);
    TEST_EXPECT_EQ(call_tcpip_connect(SERVER, LOCALHOST, PORT, &third), OK);
    world_self = OTHER;
    for (int i = 0; i < 2; i++) {
        TEST_EXPECT_EQ(pull(OTHER, &handle), TCPIP_NEW_CLIENT_MSG);
        TEST_EXPECT_EQ(call_tcpip_accept(SERVER, listener, &handle), OK);
    }
    TEST_EXPECT_EQ(pull(OTHER, &handle), ERR_EMPTY);
}

TEST("a write that finds no room is answered when there is some") {
    make_connection();
    static uint8_t data[60000];
    error_t err = OK;
    size_t written = 0;
    while (IS_OK(err) && written < 100 * sizeof(data)) {
        err = call_tcpip_write(SERVER, near_end, data, sizeof(data));
        written += sizeof(data);
    }
    TEST_EXPECT_EQ(err, DONT_REPLY);
    world_self = OTHER;
    size_t received = 0;
    for (int i = 0; i < 10000 && received < written; i++) {
        void *bytes;
        size_t len;
        TEST_EXPECT_EQ(call_tcpip_read(SERVER, far_end, 65536, &bytes, &len), OK);
        free(bytes);
        received += len;
        if (len == 0) {
            world_pass(250);
        }
    }
    TEST_EXPECT_EQ(received, written);
    TEST_EXPECT_EQ(world_late_reply(CLIENT).type, TCPIP_WRITE_REPLY_MSG);
}

TEST("a client that ends while it waits is no trouble") {
    make_connection();
    static uint8_t data[60000];
    while (IS_OK(call_tcpip_write(SERVER, near_end, data, sizeof(data)))) {}
    world_end_task(CLIENT);
    world_self = OTHER;
    void *bytes;
    size_t len;
    error_t err = call_tcpip_read(SERVER, far_end, 100, &bytes, &len);
    TEST_EXPECT(err == ERR_RESET || err == OK);
    if (IS_OK(err)) {
        free(bytes);
    }
}

TEST("who isn't there refuses, and what is wrong is refused") {
    world_begin();
    handle_t handle;
    TEST_EXPECT_EQ(call_tcpip_connect(SERVER, LOCALHOST, PORT, &handle), ERR_REFUSED);
    TEST_EXPECT_EQ(call_tcpip_connect(SERVER, 0x08080808, PORT, &handle), ERR_UNREACHABLE);
    TEST_EXPECT_EQ(call_tcpip_connect(SERVER, LOCALHOST, 0, &handle), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_tcpip_listen(SERVER, 0, 1, &handle), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_tcpip_listen(SERVER, PORT, -5, &handle), OK);
    handle_t again;
    TEST_EXPECT_EQ(call_tcpip_listen(SERVER, PORT, 1, &again), ERR_IN_USE);
    TEST_EXPECT_EQ(call_tcpip_write(SERVER, handle, "x", 1), ERR_INVALID_ARG);
    void *data;
    size_t len;
    TEST_EXPECT_EQ(call_tcpip_read(SERVER, handle, 1, &data, &len), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(pull(40, &again), ERR_EMPTY);
}
