// Two ends over a link that loses, duplicates, reorders and damages, in virtual time: what is written comes out,
// whole and in order, and nothing is left behind.

#include <message.h>
#include <string.h>
#include <unittest.h>

#include "network.h"

#define PORT 80

struct end {
    struct tcp *tcp;
    uint64_t to_send;
    uint64_t sent;
    uint64_t received;
    uint32_t send_state;
    uint32_t receive_state;
    bool shut;
    bool ended;
    bool damaged;
    error_t failed;
};

static uint8_t next_byte(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (uint8_t) (*state >> 24);
}

static void pump_out(struct end *end) {
    uint8_t bytes[8192];
    while (end->sent < end->to_send) {
        size_t len = MIN(MIN(sizeof(bytes), tcp_writable(end->tcp)), end->to_send - end->sent);
        if (len == 0) {
            return;
        }
        for (size_t i = 0; i < len; i++) {
            bytes[i] = next_byte(&end->send_state);
        }
        TEST_EXPECT_EQ(tcp_write(end->tcp, bytes, len), (int64_t) len);
        end->sent += len;
    }
    if (!end->shut && (tcp_events(end->tcp) & SOCKET_FAILED) == 0) {
        end->shut = true;
        tcp_shutdown_send(end->tcp);
    }
}

static void pump_in(struct end *end) {
    uint8_t bytes[16384];
    for (;;) {
        int64_t len = tcp_read(end->tcp, bytes, sizeof(bytes));
        if (len == ERR_END) {
            end->ended = true;
            return;
        }
        if (len < 0) {
            end->failed = (error_t) len;
        }
        if (len <= 0) {
            return;
        }
        for (int64_t i = 0; i < len; i++) {
            end->damaged |= bytes[i] != next_byte(&end->receive_state);
        }
        end->received += (uint64_t) len;
    }
}

static void run(const struct network_link *link, uint64_t forth, uint64_t back) {
    error_t err;
    struct ip_addr any = {{0}}, server = network_addr(2);
    network_connect(link);
    struct tcp *listener = tcp_listen(&server, PORT, 4, &err);
    struct end a = {.to_send = forth, .send_state = 1, .receive_state = 2};
    struct end b = {.to_send = back, .send_state = 2, .receive_state = 1};
    a.tcp = tcp_connect(&any, 0, &server, PORT, &err);
    TEST_EXPECT_EQ(err, OK);
    while (!(a.ended && b.ended) && a.failed == OK && b.failed == OK && network_step()) {
        if (b.tcp == NULL) {
            b.tcp = tcp_accept(listener);
        }
        if (b.tcp != NULL) {
            pump_in(&a);
            pump_in(&b);
            pump_out(&a);
            pump_out(&b);
        }
    }
    TEST_EXPECT_EQ(a.failed, OK);
    TEST_EXPECT_EQ(b.failed, OK);
    TEST_EXPECT_EQ(a.received, back);
    TEST_EXPECT_EQ(b.received, forth);
    TEST_EXPECT(!a.damaged && !b.damaged);
    tcp_close(a.tcp);
    if (b.tcp != NULL) {
        tcp_close(b.tcp);
    }
    tcp_close(listener);
    network_connect(NULL);
}

TEST("16 MiB go both ways over a link without faults") {
    network_begin();
    const struct network_link link = {.delay = 5, .seed = 1};
    run(&link, 16 << 20, 16 << 20);
    network_end();
}

TEST("16 MiB go both ways with segmentation by the device") {
    network_begin();
    network_features = NET_TX_CHECKSUM | NET_TX_SEGMENT4;
    const struct network_link link = {.delay = 5, .seed = 2};
    run(&link, 16 << 20, 16 << 20);
    TEST_EXPECT_GT(network_batches, 0);
    network_end();
}

TEST("16 MiB go both ways over a narrow link that drops what it can't hold") {
    network_begin();
    const struct network_link link = {.delay = 10, .bytes_per_ms = 1250, .queue = 30000, .seed = 3};
    run(&link, 16 << 20, 16 << 20);
    network_end();
}

/// With everything that can go wrong, at a rate in 1/10000.
static void run_bad(unsigned rate, unsigned features, uint32_t seed) {
    network_begin();
    network_features = features;
    const struct network_link link = {
        .loss = rate,
        .duplication = rate / 2,
        .reordering = rate * 2,
        .corruption = rate / 4,
        .delay = 10,
        .seed = seed,
    };
    run(&link, 16 << 20, 16 << 20);
    network_end();
}

TEST("16 MiB go both ways intact though 0.1 % is lost") {
    run_bad(10, 0, 4);
}

TEST("16 MiB go both ways intact though 1 % is lost") {
    run_bad(100, 0, 5);
}

TEST("16 MiB go both ways intact though 1 % is lost, with segmentation by the device") {
    run_bad(100, NET_TX_CHECKSUM | NET_TX_SEGMENT4, 6);
}

TEST("16 MiB go both ways intact though 5 % is lost") {
    run_bad(500, 0, 7);
}

TEST("4 MiB go both ways intact though 10 % is lost") {
    network_begin();
    const struct network_link link = {.loss = 1000, .reordering = 2000, .delay = 10, .seed = 8};
    run(&link, 4 << 20, 4 << 20);
    network_end();
}
