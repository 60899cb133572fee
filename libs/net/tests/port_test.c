#include <string.h>
#include <unittest.h>

#include "world.h"

// The server's half against a driver that does what it should, and one that doesn't.

static struct net_port *port;
static struct net_received received;

static bool given_back[NUM_BUFFERS];
static unsigned num_given_back;
static void *sent_tokens[NET_TX_LEN];
static unsigned num_sent;

static void note_buffer(void *context, unsigned buffer) {
    TEST_EXPECT_EQ(context, &world_rings);
    TEST_EXPECT_LT(buffer, NUM_BUFFERS);
    TEST_EXPECT(!given_back[buffer]);
    given_back[buffer] = true;
    num_given_back++;
}

static void note_token(void *context, void *token) {
    TEST_EXPECT_EQ(context, &world_rings);
    sent_tokens[num_sent] = token;
    num_sent++;
}

static void begin(void) {
    memset(&world_rings, 0, sizeof(world_rings));
    port = net_port_new(&world_rings, NUM_BUFFERS);
    memset(given_back, 0, sizeof(given_back));
    num_given_back = 0;
    num_sent = 0;
}

static void end(void) {
    net_port_free(port, note_buffer, note_token, &world_rings);
}

static void driver_receives(uint32_t place, uint16_t len, uint16_t flags) {
    struct net_desc *desc = &world_rings.rx[world_rings.driver.rx % NET_RX_LEN];
    *desc = (struct net_desc){.place = place, .len = len, .flags = flags};
    world_rings.driver.rx++;
}

static void *token(unsigned number) {
    return &world_pool[number];
}

static void send_one(unsigned number) {
    const struct net_desc desc = {.place = number * NET_BUFFER_LEN, .len = 60};
    void *tokens[] = {token(number)};
    net_port_send(port, &desc, tokens, 1);
}

TEST("a frame to be sent is in the ring, with its pieces tied together") {
    begin();
    const struct net_desc descs[] = {
        {.place = 4, .len = 54, .flags = NET_DESC_TX_CHECKSUM, .csum_start = 34, .csum_offset = 16},
        {.place = NET_BUFFER_LEN, .len = 100, .flags = NET_DESC_MORE},
    };
    void *tokens[] = {NULL, token(1)};
    net_port_send(port, descs, tokens, 2);
    TEST_EXPECT_EQ(world_rings.stack.tx, 2);
    TEST_EXPECT_EQ(world_rings.tx[0].flags, NET_DESC_TX_CHECKSUM | NET_DESC_MORE);
    TEST_EXPECT_EQ(world_rings.tx[0].csum_start, 34);
    TEST_EXPECT_EQ(world_rings.tx[1].flags, 0);
    TEST_EXPECT_EQ(net_port_sent(port), NULL);
    world_rings.driver.tx = 2;
    TEST_EXPECT_EQ(net_port_sent(port), token(1));
    TEST_EXPECT_EQ(net_port_sent(port), NULL);
    end();
    TEST_EXPECT_EQ(num_sent, 0);
}

TEST("the ring has room for what it holds, and wants to be told when there is none") {
    begin();
    for (unsigned i = 0; i < NET_TX_LEN; i++) {
        TEST_EXPECT(net_port_has_room(port, 1));
        send_one(i);
    }
    TEST_EXPECT(!net_port_has_room(port, 1));
    TEST_EXPECT(net_port_has_room(port, 0));
    TEST_EXPECT(net_port_wait(port));
    TEST_EXPECT_EQ(world_rings.stack.waits, NET_WAITS_RX | NET_WAITS_TX);
    world_rings.driver.tx = 3;
    TEST_EXPECT(!net_port_wait(port));
    for (unsigned i = 0; i < 3; i++) {
        TEST_EXPECT_EQ(net_port_sent(port), token(i));
    }
    TEST_EXPECT_EQ(net_port_sent(port), NULL);
    TEST_EXPECT(net_port_has_room(port, 3));
    TEST_EXPECT(!net_port_has_room(port, 4));
    end();
    TEST_EXPECT_EQ(num_sent, NET_TX_LEN - 3);
    TEST_EXPECT_EQ(sent_tokens[0], token(3));
}

TEST("for a slow device little waits in the ring, but one frame always may") {
    begin();
    net_port_limit(port, 4);
    TEST_EXPECT(net_port_has_room(port, 9));
    send_one(0);
    TEST_EXPECT(net_port_has_room(port, 3));
    TEST_EXPECT(!net_port_has_room(port, 4));
    for (unsigned i = 1; i < 6; i++) {
        send_one(i);
    }
    TEST_EXPECT(!net_port_has_room(port, 1));
    TEST_EXPECT(net_port_wait(port));
    TEST_EXPECT_EQ(world_rings.stack.waits, NET_WAITS_RX | NET_WAITS_TX);
    world_rings.driver.tx = 3;
    TEST_EXPECT_EQ(net_port_sent(port), token(0));
    TEST_EXPECT_EQ(net_port_sent(port), token(1));
    TEST_EXPECT_EQ(net_port_sent(port), token(2));
    TEST_EXPECT(net_port_has_room(port, 1));
    net_port_limit(port, UINT32_MAX);
    TEST_EXPECT(net_port_has_room(port, NET_TX_LEN - 3));
    TEST_EXPECT(!net_port_has_room(port, NET_TX_LEN - 2));
    end();
}

TEST("a few frames that are sent are nothing to be woken for") {
    begin();
    send_one(1);
    world_rings.driver.tx = 1;
    TEST_EXPECT(net_port_wait(port));
    TEST_EXPECT_EQ(world_rings.stack.waits, NET_WAITS_RX);
    for (unsigned i = 1; i < NET_PORT_TX_ENOUGH; i++) {
        send_one(i);
    }
    TEST_EXPECT(!net_port_wait(port));
    TEST_EXPECT_EQ(net_port_sent(port), token(1));
    TEST_EXPECT(net_port_wait(port));
    end();
}

TEST("a driver that says it has sent what wasn't given has sent nothing") {
    static const uint32_t wild[] = {3, NET_TX_LEN, 0x80000000, UINT32_MAX};
    for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        begin();
        send_one(1);
        send_one(2);
        TEST_EXPECT(!net_port_has_room(port, NET_TX_LEN));
        world_rings.driver.tx = wild[i];
        TEST_EXPECT_EQ(net_port_sent(port), NULL);
        TEST_EXPECT(net_port_wait(port));
        world_rings.driver.tx = 1;
        TEST_EXPECT_EQ(net_port_sent(port), token(1));
        end();
        TEST_EXPECT_EQ(num_sent, 1);
    }
}

TEST("the driver gets as many buffers as it should have") {
    begin();
    TEST_EXPECT_EQ(net_port_wants(port, 10), 10);
    for (unsigned i = 0; i < 10; i++) {
        net_port_give(port, i);
    }
    TEST_EXPECT_EQ(world_rings.stack.free, 10);
    TEST_EXPECT_EQ(world_rings.free[9], 9 * NET_BUFFER_LEN);
    TEST_EXPECT_EQ(net_port_wants(port, 10), 0);
    TEST_EXPECT_EQ(net_port_wants(port, 12), 2);
    world_rings.driver.free = 10;
    TEST_EXPECT_EQ(net_port_wants(port, 10), 0);
    driver_receives(4 * NET_BUFFER_LEN + 10, 100, NET_DESC_RX_CHECKED);
    TEST_EXPECT(net_port_receive(port, &received));
    TEST_EXPECT_EQ(received.buffer, 4);
    TEST_EXPECT_EQ(received.offset, 10);
    TEST_EXPECT_EQ(received.len, 100);
    TEST_EXPECT_EQ(received.flags, NET_DESC_RX_CHECKED);
    TEST_EXPECT_EQ(world_rings.stack.rx, 1);
    TEST_EXPECT_EQ(net_port_wants(port, 10), 1);
    end();
    TEST_EXPECT_EQ(num_given_back, 9);
    TEST_EXPECT(!given_back[4]);
    TEST_EXPECT(given_back[0]);
}

TEST("no more buffers are given than can come back, or than the ring of empty ones holds") {
    begin();
    TEST_EXPECT_EQ(net_port_wants(port, NUM_BUFFERS), NET_RX_LEN);
    for (unsigned i = 0; i < NET_RX_LEN; i++) {
        net_port_give(port, i);
    }
    TEST_EXPECT_EQ(net_port_wants(port, NUM_BUFFERS), 0);
    // A driver that gives them back without saying that it took them.
    for (unsigned i = 0; i < NET_RX_LEN; i++) {
        driver_receives(i * NET_BUFFER_LEN, 60, 0);
        TEST_EXPECT(net_port_receive(port, &received));
    }
    TEST_EXPECT_EQ(net_port_wants(port, NUM_BUFFERS), 0);
    world_rings.driver.free = UINT32_MAX;
    TEST_EXPECT_EQ(net_port_wants(port, NUM_BUFFERS), 0);
    world_rings.driver.free = NET_RX_LEN + 1;
    TEST_EXPECT_EQ(net_port_wants(port, NUM_BUFFERS), 0);
    world_rings.driver.free = NET_RX_LEN - 1;
    TEST_EXPECT_EQ(net_port_wants(port, NUM_BUFFERS), NET_RX_LEN - 1);
    end();
}

TEST("a buffer that the driver hasn't got is skipped") {
    begin();
    net_port_give(port, 7);
    net_port_give(port, 8);
    driver_receives(6 * NET_BUFFER_LEN, 60, 0);
    driver_receives(NUM_BUFFERS * NET_BUFFER_LEN, 60, 0);
    driver_receives(UINT32_MAX, 60, 0);
    driver_receives(7 * NET_BUFFER_LEN, 60, 0);
    driver_receives(7 * NET_BUFFER_LEN, 60, 0);
    driver_receives(8 * NET_BUFFER_LEN + 1, NET_BUFFER_LEN, 0);
    TEST_EXPECT(net_port_receive(port, &received));
    TEST_EXPECT_EQ(received.buffer, 7);
    TEST_EXPECT(net_port_receive(port, &received));
    TEST_EXPECT_EQ(received.buffer, 8);
    TEST_EXPECT_EQ(received.len, 0);
    TEST_EXPECT(!net_port_receive(port, &received));
    TEST_EXPECT_EQ(world_rings.stack.rx, 6);
    end();
    TEST_EXPECT_EQ(num_given_back, 0);
}

TEST("a driver that says it has received more than the ring holds has received nothing") {
    static const uint32_t wild[] = {NET_RX_LEN + 1, 0x80000000, UINT32_MAX};
    for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        begin();
        net_port_give(port, 0);
        world_rings.driver.rx = wild[i];
        TEST_EXPECT(!net_port_receive(port, &received));
        TEST_EXPECT(net_port_wait(port));
        end();
        TEST_EXPECT_EQ(num_given_back, 1);
    }
}

TEST("frames that never end are only pieces") {
    begin();
    for (unsigned i = 0; i < NET_RX_LEN; i++) {
        net_port_give(port, i);
        driver_receives(i * NET_BUFFER_LEN, NET_BUFFER_LEN, NET_DESC_MORE);
    }
    unsigned num_pieces = 0;
    while (net_port_receive(port, &received)) {
        TEST_EXPECT_EQ(received.flags, NET_DESC_MORE);
        num_pieces++;
    }
    TEST_EXPECT_EQ(num_pieces, NET_RX_LEN);
    end();
}

TEST("a driver that waits is woken once for what is new") {
    begin();
    world_rings.driver.waits = NET_WAITS_TX;
    TEST_EXPECT(!net_port_kick(port));
    send_one(0);
    TEST_EXPECT(net_port_kick(port));
    TEST_EXPECT_EQ(world_rings.driver.waits, 0);
    TEST_EXPECT(!net_port_kick(port));
    world_rings.driver.waits = NET_WAITS_TX;
    net_port_give(port, 3);
    TEST_EXPECT(!net_port_kick(port));
    world_rings.driver.waits = NET_WAITS_TX | NET_WAITS_FREE;
    TEST_EXPECT(!net_port_kick(port));
    net_port_give(port, 4);
    TEST_EXPECT(net_port_kick(port));
    end();
}

TEST("what is received before waiting is seen") {
    begin();
    net_port_give(port, 0);
    TEST_EXPECT(net_port_wait(port));
    driver_receives(0, 60, 0);
    TEST_EXPECT(!net_port_wait(port));
    TEST_EXPECT(net_port_receive(port, &received));
    TEST_EXPECT(net_port_wait(port));
    end();
}

TEST("dropped frames are counted by the driver") {
    begin();
    world_rings.driver.rx_dropped = 42;
    TEST_EXPECT_EQ(net_port_dropped(port), 42);
    end();
}
