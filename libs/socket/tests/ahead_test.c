#include <string.h>
#include <unittest.h>

#include "fake.h"

static unsigned told;

/// Reads datagrams until there are none.
static void read_datagrams(struct socket *socket, unsigned events __unused) {
    char buf[4];
    size_t len;
    struct socket_address from;
    error_t err;
    while (IS_OK(err = socket_receive_from(socket, buf, sizeof(buf), 0, &len, &from))) {
        TEST_EXPECT_EQ(len, 1);
        TEST_EXPECT_EQ(buf[0], 'd');
        TEST_EXPECT_EQ(from.port, 53);
        told++;
    }
    TEST_EXPECT_EQ(err, ERR_WOULD_BLOCK);
}

static void only_count(struct socket *socket __unused, unsigned events __unused) {
    told++;
}

static void begin(struct socket *socket, enum socket_kind kind,
                  void (*ready)(struct socket *socket, unsigned events)) {
    fake_reset();
    told = 0;
    TEST_EXPECT_EQ(socket_open(kind, socket), OK);
    socket->ready = ready;
}

/// Something to read comes; the library looks. Returns how many calls that took.
static unsigned arrive(const struct socket *socket) {
    unsigned calls = fake.calls;
    fake_event(socket->handle, SOCKET_READABLE);
    socket_take_notifications(SOCKET_NOTIFY);
    return fake.calls - calls;
}

/// Receives some bytes as they come, so that the next ones come with their event.
static void receive_first(struct socket *socket, size_t max) {
    char buf[8];
    size_t len;
    fake.to_send = "first";
    TEST_EXPECT_EQ(socket_receive(socket, buf, max, 0, &len), OK);
    fake.to_send = "";
}

static void expect_receive(struct socket *socket, size_t max, const char *text) {
    char buf[8];
    size_t len = 0;
    TEST_EXPECT_EQ(socket_receive(socket, buf, max, 0, &len), OK);
    TEST_EXPECT_EQ(len, strlen(text));
    TEST_EXPECT(!memcmp(buf, text, MIN(len, strlen(text))));
}

TEST("the next datagram comes with its event") {
    struct socket a;
    begin(&a, SOCKET_KIND_DATAGRAM, read_datagrams);
    fake.datagrams = 1;
    TEST_EXPECT_EQ(arrive(&a), 2);
    fake.datagrams = 1;
    TEST_EXPECT_EQ(arrive(&a), 1);
    // Those behind it are asked for.
    fake.datagrams = 3;
    TEST_EXPECT_EQ(arrive(&a), 3);
    TEST_EXPECT_EQ(told, 5);
    // An event without one.
    TEST_EXPECT_EQ(arrive(&a), 2);
    socket_close(&a);
}

TEST("what has happened to several sockets comes as a list") {
    struct socket a, b;
    begin(&a, SOCKET_KIND_DATAGRAM, read_datagrams);
    fake.datagrams = 1;
    arrive(&a);
    TEST_EXPECT_EQ(socket_open(SOCKET_KIND_DATAGRAM, &b), OK);
    b.ready = only_count;
    told = 0;
    fake.datagrams = 1;
    fake_event(b.handle, SOCKET_WRITABLE);
    TEST_EXPECT_EQ(arrive(&a), 2);
    TEST_EXPECT_EQ(told, 2);
    // And what has happened to another one.
    TEST_EXPECT_EQ(arrive(&b), 1);
    TEST_EXPECT_EQ(told, 3);
    socket_close(&a);
    socket_close(&b);
}

TEST("bytes that came with an event are read piece by piece, and in order") {
    struct socket a;
    begin(&a, SOCKET_KIND_STREAM, only_count);
    receive_first(&a, 8);
    fake.to_send = "abcdefghijkl";
    TEST_EXPECT_EQ(arrive(&a), 1);
    unsigned calls = fake.calls;
    expect_receive(&a, 5, "abcde");
    // An event meanwhile brings nothing.
    TEST_EXPECT_EQ(arrive(&a), 1);
    expect_receive(&a, 8, "fgh");
    TEST_EXPECT_EQ(fake.calls, calls + 1);
    expect_receive(&a, 8, "ijkl");
    size_t len;
    char buf[1];
    TEST_EXPECT_EQ(socket_receive(&a, buf, 1, 0, &len), ERR_END);
    socket_close(&a);
}

TEST("a function that waits takes what came with the event") {
    struct socket a;
    begin(&a, SOCKET_KIND_STREAM, NULL);
    receive_first(&a, 8);
    fake.to_send = "xy";
    fake.arrives_in = 1;
    char buf[8];
    size_t len;
    TEST_EXPECT_EQ(socket_receive(&a, buf, sizeof(buf), SOCKET_FOREVER, &len), OK);
    TEST_EXPECT_EQ(len, 2);
    socket_close(&a);
}

TEST("short datagrams and long ones are sent") {
    struct socket a;
    static const char data[513] = "short";
    begin(&a, SOCKET_KIND_DATAGRAM, NULL);
    struct socket_address to = {ip_addr_from_v4(0x0a000202), 7};
    TEST_EXPECT_EQ(socket_send_to(&a, &to, data, 6), OK);
    TEST_EXPECT_EQ(fake.received_len, 6);
    TEST_EXPECT_STR_EQ(fake.received, "short");
    TEST_EXPECT_EQ(socket_send_to(&a, &to, "", 0), OK);
    TEST_EXPECT_EQ(fake.received_len, 0);
    TEST_EXPECT_EQ(socket_send_to(&a, &to, data, 512), OK);
    TEST_EXPECT_EQ(fake.received_len, 512);
    TEST_EXPECT_EQ(socket_send_to(&a, &to, data, 513), OK);
    TEST_EXPECT_EQ(fake.received_len, 513);
    socket_close(&a);
}

TEST("what nobody has read goes with its socket, and with the server") {
    struct socket a, b;
    begin(&a, SOCKET_KIND_STREAM, only_count);
    receive_first(&a, 8);
    fake.to_send = "lost";
    arrive(&a);
    socket_close(&a);
    TEST_EXPECT_EQ(socket_open(SOCKET_KIND_STREAM, &a), OK);
    fake.to_send = "new";
    expect_receive(&a, 8, "new");
    fake.to_send = "lost";
    arrive(&a);
    fake_end_server();
    socket_take_notifications(NOTIFY_ASYNC);
    char buf[8];
    size_t len;
    TEST_EXPECT_EQ(socket_receive(&a, buf, sizeof(buf), 0, &len), ERR_ABORTED);
    TEST_EXPECT_EQ(socket_open(SOCKET_KIND_STREAM, &b), OK);
    fake.to_send = "new";
    expect_receive(&b, 8, "new");
    socket_close(&a);
    socket_close(&b);
}
