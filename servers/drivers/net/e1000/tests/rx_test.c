#include <string.h>
#include <unittest.h>

#include "../driver.h"
#include "../registers.h"
#include "stack.h"

#define GOOD    (E1000_RX_END | E1000_RX_NOT_CHECKED)
#define CHECKED (E1000_RX_END | E1000_RX_TCP_CHECKED | E1000_RX_IP_CHECKED)

static struct net_received received;

static void receive(size_t len, uint64_t result) {
    static uint8_t frame[4096];
    memset(frame, (int) len, sizeof(frame));
    TEST_EXPECT(card_receive(frame, len, result));
}

/// The next frame that the stack gets has that length; 0: it gets a buffer with nothing in it.
static void expect(size_t len) {
    TEST_EXPECT(net_port_receive(stack_port, &received));
    TEST_EXPECT_EQ(received.len, len);
    TEST_EXPECT_EQ(received.offset, 0);
    const uint8_t *bytes = &stack_pool[received.buffer * NET_BUFFER_LEN];
    TEST_EXPECT(len == 0 || (bytes[0] == (uint8_t) len && bytes[len - 1] == (uint8_t) len));
}

static void expect_nothing(void) {
    TEST_EXPECT(!net_port_receive(stack_port, &received));
}

TEST("a frame comes in the buffer that was given for it") {
    stack_begin(false, 8);
    receive(60, GOOD);
    receive(1514, GOOD);
    receive(1518, GOOD);
    TEST_EXPECT_EQ(card_interrupts(), E1000_CAUSE_RX);
    TEST_EXPECT(!stack_work());
    TEST_EXPECT_EQ(card_interrupts(), 0);
    expect(60);
    TEST_EXPECT_EQ(received.flags, 0);
    expect(1514);
    expect(1518);
    expect_nothing();
    TEST_EXPECT_EQ(net_port_dropped(stack_port), 0);
    stack_end();
}

TEST("checksums count as right only if all of them were looked at") {
    static const struct {
        uint64_t result;
        bool checked;
    } cases[] = {
        {CHECKED, true},
        {CHECKED | E1000_RX_NOT_CHECKED, false},
        {CHECKED & ~E1000_RX_TCP_CHECKED, false},
        {CHECKED & ~E1000_RX_IP_CHECKED, false},
        {CHECKED | UINT64_C(1) << 45, false},
        {CHECKED | UINT64_C(1) << 46, false},
        {GOOD, false},
    };
    stack_begin(false, 16);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        receive(100, cases[i].result);
        (void) stack_work();
        expect(100);
        TEST_EXPECT_EQ(received.flags, cases[i].checked ? NET_DESC_RX_CHECKED : 0);
    }
    stack_end();
}

TEST("what is damaged, too short or too long is dropped, and its buffer comes back") {
    stack_begin(false, 32);
    static const unsigned errors[] = {40, 41, 42, 44, 47};
    for (unsigned i = 0; i < 5; i++) {
        receive(100, GOOD | UINT64_C(1) << errors[i]);
    }
    receive(0, GOOD);
    receive(13, GOOD);
    receive(1519, GOOD);
    receive(65535, GOOD);
    // A frame in three buffers, and a good one behind it.
    receive(2048, 0);
    receive(2048, 0);
    receive(100, GOOD);
    receive(77, GOOD);
    (void) stack_work();
    for (unsigned i = 0; i < 12; i++) {
        expect(0);
    }
    expect(77);
    expect_nothing();
    TEST_EXPECT_EQ(net_port_dropped(stack_port), 12);
    stack_end();
}

TEST("frames that found no buffer are counted") {
    stack_begin(false, 2);
    receive(60, GOOD);
    receive(61, GOOD);
    for (unsigned i = 0; i < 3; i++) {
        TEST_EXPECT(!card_receive("x", 60, GOOD));
    }
    (void) stack_work();
    TEST_EXPECT_EQ(net_port_dropped(stack_port), 3);
    TEST_EXPECT(!card_receive("x", 60, GOOD));
    expect(60);
    stack_give(2);
    (void) stack_work();
    receive(62, GOOD);
    (void) stack_work();
    expect(61);
    expect(62);
    TEST_EXPECT_EQ(net_port_dropped(stack_port), 4);
    stack_end();
}

TEST("the ring goes round with as many buffers as it holds") {
    stack_begin(false, 256);
    uint32_t state = 7;
    unsigned num_received = 0, num_seen = 0;
    for (unsigned round = 0; round < 2000; round++) {
        state = state * 1103515245 + 12345;
        for (unsigned i = (state >> 16) % 60; i > 0; i--) {
            uint8_t frame[100];
            memcpy(frame, &num_received, sizeof(num_received));
            if (card_receive(frame, sizeof(frame), GOOD)) {
                num_received++;
            }
        }
        (void) stack_work();
        while (net_port_receive(stack_port, &received)) {
            unsigned number;
            memcpy(&number, &stack_pool[received.buffer * NET_BUFFER_LEN], sizeof(number));
            TEST_EXPECT_EQ(number, num_seen);
            num_seen++;
        }
        if (round % 3 != 0) {
            stack_give(256);
        }
    }
    TEST_EXPECT_EQ(num_seen, num_received);
    TEST_EXPECT_GT(num_seen, 30000);
    stack_end();
}

TEST("interrupts come less often while frames come in bulk") {
    stack_begin(false, 64);
    uint32_t quick = card_register(E1000_ITR);
    for (unsigned i = 0; i < 20; i++) {
        receive(60, GOOD);
    }
    (void) stack_work();
    uint32_t slow = card_register(E1000_ITR);
    TEST_EXPECT_GT(slow, quick);
    (void) stack_work();
    TEST_EXPECT_EQ(card_register(E1000_ITR), slow);
    receive(60, GOOD);
    (void) stack_work();
    TEST_EXPECT_EQ(card_register(E1000_ITR), quick);
    stack_end();
}

TEST("a driver that is stopped receives nothing, and starts anew") {
    stack_begin(false, 8);
    receive(60, GOOD);
    driver.stop(&stack_device);
    TEST_EXPECT(!card_receive("x", 60, GOOD));
    TEST_EXPECT_EQ(card_interrupts(), 0);
    stack_end();
    // Without the card's help, too.
    stack_begin(false, 8);
    card.is_not_reset = true;
    driver.stop(&stack_device);
    TEST_EXPECT(!card_receive("x", 60, GOOD));
    TEST_EXPECT_EQ(card_register(E1000_TCTL) & E1000_TCTL_EN, 0);
    TEST_EXPECT_EQ(driver.start(&stack_device), OK);
    TEST_EXPECT_EQ(card_register(E1000_RDH), 0);
    TEST_EXPECT_EQ(card_register(E1000_TDH), 0);
    stack_end();
}
