#include <string.h>
#include <unittest.h>

#include "fake.h"

static struct socket s;

static struct socket_address peer(void) {
    return (struct socket_address){ip_addr_from_v4(0x0a000202), 80};
}

static void open_connection(void) {
    fake_reset();
    struct socket_address remote = peer();
    TEST_EXPECT_EQ(socket_connect(&remote, SOCKET_FOREVER, &s), OK);
}

TEST("connect waits until there is a connection") {
    fake_reset();
    fake.connect_in = 1;
    struct socket_address remote = peer();
    // A notification that is about nothing comes first.
    fake.notifications = SOCKET_NOTIFY;
    TEST_EXPECT_EQ(socket_connect(&remote, 1000, &s), OK);
    TEST_EXPECT_EQ(fake.connect_in, 0);
    TEST_EXPECT_EQ(fake.watches, 1);
    socket_close(&s);
    TEST_EXPECT_EQ(fake.closed, 1);
    socket_close(&s);
    TEST_EXPECT_EQ(fake.closed, 1);
}

TEST("connect gives up in time, and leaves nothing behind") {
    fake_reset();
    fake.connect_in = 1000;
    struct socket_address remote = peer();
    TEST_EXPECT_EQ(socket_connect(&remote, 250, &s), ERR_TIMED_OUT);
    TEST_EXPECT_EQ(fake.now, 250);
    TEST_EXPECT_EQ(fake.opened, 1);
    TEST_EXPECT_EQ(fake.aborted, 1);
}

TEST("connect tells why it failed") {
    fake_reset();
    fake.connect_in = 1;
    fake.refuses = ERR_REFUSED;
    struct socket_address remote = peer();
    TEST_EXPECT_EQ(socket_connect(&remote, SOCKET_FOREVER, &s), ERR_REFUSED);
    TEST_EXPECT_EQ(fake.aborted, 1);
}

TEST("connect with no time begins to connect") {
    fake_reset();
    fake.connect_in = 1000;
    struct socket_address remote = peer();
    TEST_EXPECT_EQ(socket_connect(&remote, 0, &s), OK);
    socket_close(&s);
}

TEST("all addresses of a host share the time") {
    fake_reset();
    fake.connect_in = 1000000;
    TEST_EXPECT_EQ(socket_dial("two.example", 80, 1000, &s), ERR_TIMED_OUT);
    TEST_EXPECT_EQ(fake.opened, 2);
    TEST_EXPECT_EQ(fake.aborted, 2);
    TEST_EXPECT_EQ(fake.now, 1000);
    TEST_EXPECT_EQ(socket_dial("none.example", 80, 1000, &s), ERR_NOT_FOUND);
}

TEST("send_all sends all, in as many pieces as it takes") {
    open_connection();
    fake.send_room = fake.send_room_each = 3;
    TEST_EXPECT_EQ(socket_send_all(&s, "Hello, World", 12, SOCKET_FOREVER), OK);
    TEST_EXPECT_EQ(fake.received_len, 12);
    TEST_EXPECT_MEM_EQ(fake.received, "Hello, World", 12);
    size_t sent;
    fake.send_room = 0;
    TEST_EXPECT_EQ(socket_send(&s, "x", 1, 0, &sent), ERR_WOULD_BLOCK);
    socket_close(&s);
}

TEST("receive waits for what comes, and tells the end") {
    open_connection();
    fake.arrives_in = 1;
    fake.to_send = "abcdef";
    fake.send_max = 4;
    char buf[8];
    size_t len;
    TEST_EXPECT_EQ(socket_receive(&s, buf, sizeof(buf), 0, &len), ERR_WOULD_BLOCK);
    fake.notifications = SOCKET_NOTIFY;
    TEST_EXPECT_EQ(socket_receive(&s, buf, sizeof(buf), SOCKET_FOREVER, &len), OK);
    TEST_EXPECT_EQ(len, 4);
    TEST_EXPECT_MEM_EQ(buf, "abcd", 4);
    TEST_EXPECT_EQ(socket_receive(&s, buf, sizeof(buf), SOCKET_FOREVER, &len), OK);
    TEST_EXPECT_EQ(len, 2);
    TEST_EXPECT_EQ(socket_receive(&s, buf, sizeof(buf), SOCKET_FOREVER, &len), ERR_END);
    socket_close(&s);
}

TEST("accept tells who it is") {
    fake_reset();
    struct socket_address local = {.port = 80}, remote;
    struct socket client;
    TEST_EXPECT_EQ(socket_listen(&local, 8, &s), OK);
    TEST_EXPECT_EQ(fake.listeners, 1);
    TEST_EXPECT_EQ(socket_accept(&s, 100, &client, &remote), ERR_TIMED_OUT);
    fake.has_client = true;
    TEST_EXPECT_EQ(socket_accept(&s, 0, &client, &remote), OK);
    TEST_EXPECT_EQ(remote.port, 4000);
    TEST_EXPECT_EQ(ip_addr_v4(&remote.ip), 0x0a000202);
    socket_close(&client);
    socket_close(&s);
    TEST_EXPECT_EQ(fake.closed, 2);
}
