// Memory: many connections at once and one after the other, buffers that become scarce, blocks that stay behind.

#include <message.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "script.h"

static const struct network_link quick = {.delay = 1, .seed = 1};

static struct tcp *connect_to(unsigned host, uint16_t port) {
    error_t err;
    struct ip_addr any = {{0}}, server = network_addr(host);
    struct tcp *tcp = tcp_connect(&any, 0, &server, port, &err);
    TEST_EXPECT_EQ(err, OK);
    return tcp;
}

static struct tcp *wait_for(struct tcp *listener) {
    struct tcp *tcp;
    while ((tcp = tcp_accept(listener)) == NULL && network_step()) {}
    TEST_EXPECT(tcp != NULL);
    return tcp;
}

static void wait_for_data(struct tcp *tcp, size_t len) {
    while (tcp_readable(tcp) < len && network_step()) {}
    TEST_EXPECT_GE(tcp_readable(tcp), len);
}

TEST("10,000 connections, one after the other, a request and an answer each") {
    script_begin();
    script_listen(16);
    network_connect(&quick);
    unsigned least = buf_num_free();
    char bytes[100] = {0};
    for (int i = 0; i < 10000; i++) {
        struct tcp *client = connect_to(2, OUR_PORT);
        struct tcp *server = wait_for(script_listener);
        TEST_EXPECT_EQ(tcp_write(client, bytes, 100), 100);
        wait_for_data(server, 100);
        TEST_EXPECT_EQ(tcp_read(server, bytes, 100), 100);
        TEST_EXPECT_EQ(tcp_write(server, bytes, 100), 100);
        wait_for_data(client, 100);
        TEST_EXPECT_EQ(tcp_read(client, bytes, 100), 100);
        // Either side closes first.
        tcp_close((i % 2 == 0) ? client : server);
        tcp_close((i % 2 == 0) ? server : client);
        least = MIN(least, buf_num_free());
    }
    TEST_EXPECT_GE(least, buf_count() - 64);
    unsigned blocks = 0;
    struct tcp_info info;
    while (tcp_info(blocks, &info)) {
        blocks++;
    }
    TEST_EXPECT_LE(blocks, 1 + TCP_TIME_WAIT_MAX + 8);
    network_connect(NULL);
    script_end();
}

TEST("256 connections at once, with data both ways") {
    script_begin();
    script_listen(256);
    network_connect(&quick);
    struct tcp *clients[256], *servers[256];
    for (int i = 0; i < 256; i++) {
        clients[i] = connect_to(2, OUR_PORT);
    }
    for (int i = 0; i < 256; i++) {
        servers[i] = wait_for(script_listener);
    }
    uint8_t bytes[3000];
    memset(bytes, 7, sizeof(bytes));
    for (int i = 0; i < 256; i++) {
        TEST_EXPECT_EQ(tcp_write(clients[i], bytes, sizeof(bytes)), (int64_t) sizeof(bytes));
        TEST_EXPECT_EQ(tcp_write(servers[i], bytes, sizeof(bytes)), (int64_t) sizeof(bytes));
    }
    for (int i = 0; i < 256; i++) {
        wait_for_data(clients[i], sizeof(bytes));
        wait_for_data(servers[i], sizeof(bytes));
        TEST_EXPECT_EQ(tcp_read(clients[i], bytes, sizeof(bytes)), (int64_t) sizeof(bytes));
        TEST_EXPECT_EQ(tcp_read(servers[i], bytes, sizeof(bytes)), (int64_t) sizeof(bytes));
    }
    for (int i = 0; i < 256; i++) {
        tcp_close(clients[i]);
        tcp_close(servers[i]);
    }
    network_connect(NULL);
    script_end();
}

/// Takes buffers away until so many are left.
static struct buf *hoard(unsigned left) {
    struct buf *held = NULL;
    while (buf_num_free() > left) {
        struct buf *buf = buf_alloc(true);
        buf->next = held;
        held = buf;
    }
    return held;
}

TEST("buffers for sending adapt to what is free, and nobody gets the last ones") {
    script_begin();
    ESTABLISH(.mss = 1000);
    struct buf *held = hoard(buf_count() / 8 + 40);
    size_t writable = tcp_writable(script_tcp);
    TEST_EXPECT_GE(writable, TCP_LIMIT_MIN);
    script_tcp->send_limit = TCP_LIMIT_MAX;
    while (script_write(100000) > 0) {}
    TEST_EXPECT_GE(buf_num_free(), buf_count() / 8);
    script_drain();
    buf_free(held);
    script_end();
}

TEST("without a buffer nothing is written, and it goes on when there are some") {
    script_begin();
    ESTABLISH(.mss = 1000);
    struct buf *held = hoard(buf_count() / 16);
    TEST_EXPECT_EQ(script_write(100), 0);
    buf_free(held);
    TEST_EXPECT_EQ(script_write(100), 100);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 100);
    script_end();
}

TEST("the window that is told adapts to what is free") {
    script_begin();
    ESTABLISH(.mss = 1000, .scale = 1);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 1000);
    script_pass(40);
    script_drain();
    uint32_t before = tcp_receive_window(script_tcp);
    struct buf *held = hoard(100);
    for (uint32_t seq = 2001; seq < 2001 + 150000; seq += 1000) {
        IN(.flags = A, .seq = seq, .ack = 1, .len = 1000);
        script_read(tcp_readable(script_tcp));
        script_drain();
    }
    uint32_t after = tcp_receive_window(script_tcp);
    TEST_EXPECT_GE(before, 100000);
    TEST_EXPECT_LE(after, 100 * NET_BUFFER_LEN / 8 + 2000);
    TEST_EXPECT_GE(after, 2000);
    buf_free(held);
    script_end();
}

TEST("who doesn't read gets no more when buffers are scarce, who does goes on") {
    script_begin();
    ESTABLISH(.mss = 1000, .scale = 1);
    struct buf *held = hoard(buf_count() / 8);
    uint32_t seq = 1001;
    for (; seq < 1001 + 20000; seq += 1000) {
        IN(.flags = A, .seq = seq, .ack = 1, .len = 1000);
    }
    TEST_EXPECT_LE(tcp_readable(script_tcp), 3000);
    seq = 1001 + (uint32_t) tcp_readable(script_tcp);
    for (unsigned i = 0; i < 50; i++, seq += 1000) {
        script_read(tcp_readable(script_tcp));
        IN(.flags = A, .seq = seq, .ack = 1, .len = 1000);
        TEST_EXPECT_EQ(tcp_readable(script_tcp), 1000);
    }
    // A new connection is told of little room: its SYN has one of the buffers.
    buf_free(held);
    tcp_abort(script_tcp);
    script_drain();
    script_next_peer();
    held = hoard(64);
    IN(.flags = S, .seq = PEER_SEQ);
    OUT(.flags = S | A, .ack = PEER_SEQ + 1, .window = 63 * NET_BUFFER_LEN / 8);
    IN(.flags = A, .seq = PEER_SEQ + 1, .ack = 1);
    script_accept();
    buf_free(held);
    script_end();
}

TEST("what comes early is dropped when buffers are scarce") {
    script_begin();
    ESTABLISH(.mss = 1000);
    struct buf *held = hoard(buf_count() / 16);
    IN(.flags = A, .seq = 2001, .ack = 1, .len = 1000);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    TEST_EXPECT(script_tcp->reorder == NULL);
    buf_free(held);
    script_end();
}

TEST("orphans have a bound: more are reset") {
    script_begin();
    script_listen(8);
    for (unsigned i = 0; i < TCP_ORPHANS_MAX + 10; i++) {
        ESTABLISH(.mss = 1000);
        tcp_close(script_tcp);
        script_tcp = NULL;
        struct script_segment sent;
        TEST_EXPECT(script_take(&sent));
        TEST_EXPECT_EQ(sent.flags & R, (i < TCP_ORPHANS_MAX) ? 0 : R);
        script_next_peer();
    }
    TEST_EXPECT_EQ(tcp_num_orphans, TCP_ORPHANS_MAX);
    script_end();
}

TEST("TIME-WAIT blocks have a bound: the oldest goes") {
    script_begin();
    script_listen(8);
    for (unsigned i = 0; i < TCP_TIME_WAIT_MAX + 10; i++) {
        ESTABLISH(.mss = 1000);
        tcp_close(script_tcp);
        script_tcp = NULL;
        IN(.flags = F | A, .seq = 1001, .ack = 2);
        script_drain();
        script_next_peer();
    }
    unsigned blocks = 0;
    struct tcp_info info;
    while (tcp_info(blocks, &info)) {
        blocks++;
    }
    TEST_EXPECT_EQ(blocks, 1 + TCP_TIME_WAIT_MAX);
    script_peer_port = PEER_PORT;
    IN(.flags = F | A, .seq = 1001, .ack = 2);
    OUT(.flags = R, .seq = 2);
    script_end();
}

TEST("ports for connecting: none that is in use, none that is known beforehand") {
    script_begin();
    struct tcp *some[64];
    unsigned in_order = 0;
    uint16_t last = 0;
    for (unsigned i = 0; i < 64; i++) {
        some[i] = connect_to(9, 80);
        struct tcp_info info;
        tcp_info_of(some[i], &info);
        TEST_EXPECT_GE(info.local_port, 49152);
        in_order += info.local_port == last + 1 ? 1 : 0;
        last = info.local_port;
        for (unsigned k = 0; k < i; k++) {
            TEST_EXPECT_NE(some[k]->node.local_port, info.local_port);
        }
    }
    TEST_EXPECT_LT(in_order, 8);
    for (unsigned i = 0; i < 64; i++) {
        tcp_abort(some[i]);
    }
    script_end();
}

TEST("all counters have names") {
    uint64_t value;
    for (unsigned i = 0; i < TCP_NUM_COUNTERS; i++) {
        const char *name = tcp_counter(i, &value);
        TEST_EXPECT(name != NULL && strncmp(name, "tcp.", 4) == 0 && strlen(name) < 24);
    }
    TEST_EXPECT(tcp_counter(TCP_NUM_COUNTERS, &value) == NULL);
}
