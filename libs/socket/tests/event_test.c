#include <string.h>
#include <unittest.h>

#include "fake.h"

static unsigned told, told_events;
static struct socket *victim;

static void ready(struct socket *socket, unsigned events) {
    told++;
    told_events |= events;
    if (victim != NULL) {
        socket_close(victim);
        victim = NULL;
    }
    if (events & SOCKET_FAILED) {
        socket_close(socket);
    }
}

static void open_with_ready(struct socket *socket) {
    TEST_EXPECT_EQ(socket_open(SOCKET_KIND_STREAM, socket), OK);
    socket->ready = ready;
}

static void begin(void) {
    fake_reset();
    told = told_events = 0;
}

TEST("an event is told to whom it is about") {
    begin();
    struct socket a, b;
    open_with_ready(&a);
    open_with_ready(&b);
    fake_event(b.handle, SOCKET_READABLE);
    fake_event(b.handle, SOCKET_ENDED);
    fake_event(12345, SOCKET_READABLE);
    socket_take_notifications(SOCKET_NOTIFY);
    TEST_EXPECT_EQ(told, 1);
    TEST_EXPECT_EQ(told_events, SOCKET_READABLE | SOCKET_ENDED);
    socket_take_notifications(SOCKET_NOTIFY);
    TEST_EXPECT_EQ(told, 1);
    socket_close(&a);
    socket_close(&b);
}

TEST("a socket that is closed by another's event isn't told its own") {
    begin();
    struct socket a, b;
    open_with_ready(&a);
    open_with_ready(&b);
    fake_event(a.handle, SOCKET_READABLE);
    fake_event(b.handle, SOCKET_READABLE);
    victim = &b;
    socket_take_notifications(SOCKET_NOTIFY);
    TEST_EXPECT_EQ(told, 1);
    socket_close(&a);
}

TEST("what happens while a function waits is told later") {
    begin();
    struct socket a, b;
    open_with_ready(&a);
    TEST_EXPECT_EQ(socket_open(SOCKET_KIND_STREAM, &b), OK);
    fake_event(a.handle, SOCKET_READABLE);
    fake.arrives_in = 1;
    fake.to_send = "x";
    char buf[4];
    size_t len;
    TEST_EXPECT_EQ(socket_receive(&b, buf, sizeof(buf), SOCKET_FOREVER, &len), OK);
    TEST_EXPECT_EQ(told, 0);
    TEST_EXPECT_EQ(fake.notifications, SOCKET_NOTIFY);
    socket_take_notifications(fake.notifications);
    TEST_EXPECT_EQ(told, 1);
    socket_close(&a);
    socket_close(&b);
}

static void read_all(struct socket *socket, unsigned events __unused) {
    char buf[4];
    size_t len;
    error_t err;
    while (IS_OK(err = socket_receive_from(socket, buf, sizeof(buf), 0, &len, NULL))) {
        told++;
    }
    TEST_EXPECT_EQ(err, ERR_WOULD_BLOCK);
}

TEST("whether nothing is left isn't asked where the last datagram has told") {
    begin();
    struct socket a;
    TEST_EXPECT_EQ(socket_open(SOCKET_KIND_DATAGRAM, &a), OK);
    a.ready = read_all;
    fake.datagrams = 2;
    fake_event(a.handle, SOCKET_READABLE);
    unsigned calls = fake.calls;
    socket_take_notifications(SOCKET_NOTIFY);
    TEST_EXPECT_EQ(told, 2);
    // One for the events, and one for each datagram.
    TEST_EXPECT_EQ(fake.calls, calls + 3);
    // Whoever has no loop asks each time.
    fake.datagrams = 1;
    read_all(&a, 0);
    TEST_EXPECT_EQ(told, 3);
    TEST_EXPECT_EQ(fake.calls, calls + 5);
    socket_close(&a);
}

TEST("when the server ends, its sockets fail, and new ones are the new server's") {
    begin();
    struct socket a, b;
    open_with_ready(&a);
    fake_end_server();
    socket_take_notifications(NOTIFY_ASYNC);
    TEST_EXPECT_EQ(told, 1);
    TEST_EXPECT_EQ(told_events, SOCKET_FAILED);
    size_t len;
    TEST_EXPECT_EQ(socket_send(&a, "x", 1, SOCKET_FOREVER, &len), ERR_INVALID_ARG);
    // The new server's first socket has the same number.
    fake.next_handle = a.handle;
    open_with_ready(&b);
    TEST_EXPECT_EQ(fake.lookups, 2);
    TEST_EXPECT_EQ(fake.watches, 2);
    TEST_EXPECT_EQ(socket_send(&b, "x", 1, SOCKET_FOREVER, &len), OK);
    socket_close(&b);
    TEST_EXPECT_EQ(fake.closed, 1);
}

TEST("an old socket isn't taken for a new one of the same number") {
    begin();
    struct socket a, b;
    TEST_EXPECT_EQ(socket_open(SOCKET_KIND_STREAM, &a), OK);
    fake_end_server();
    socket_take_notifications(NOTIFY_ASYNC);
    fake.next_handle = a.handle;
    open_with_ready(&b);
    fake_event(b.handle, SOCKET_READABLE);
    socket_take_notifications(SOCKET_NOTIFY);
    TEST_EXPECT_EQ(told, 1);
    size_t len;
    TEST_EXPECT_EQ(socket_send(&a, "x", 1, SOCKET_FOREVER, &len), ERR_ABORTED);
    socket_close(&a);
    TEST_EXPECT_EQ(fake.closed, 0);
    socket_close(&b);
}

TEST("who waits when the server ends is woken") {
    begin();
    struct socket a;
    TEST_EXPECT_EQ(socket_open(SOCKET_KIND_STREAM, &a), OK);
    fake.arrives_in = 1000;
    fake_end_server();
    char buf[4];
    size_t len;
    TEST_EXPECT_EQ(socket_receive(&a, buf, sizeof(buf), SOCKET_FOREVER, &len), ERR_ABORTED);
    socket_close(&a);
}

TEST("a server that ends in a call is looked up again for what can be repeated") {
    begin();
    struct socket a;
    fake.dies = true;
    TEST_EXPECT_EQ(socket_open(SOCKET_KIND_STREAM, &a), OK);
    TEST_EXPECT_EQ(fake.lookups, 2);
    struct ip_addr addrs[SOCKET_ADDRESSES_MAX];
    unsigned count;
    fake.dies = true;
    TEST_EXPECT_EQ(socket_resolve("two.example", addrs, &count), OK);
    TEST_EXPECT_EQ(count, 2);
    size_t len;
    TEST_EXPECT_EQ(socket_send(&a, "x", 1, SOCKET_FOREVER, &len), ERR_ABORTED);
    socket_close(&a);
}
