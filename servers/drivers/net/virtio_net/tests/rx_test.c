#include <string.h>
#include <unittest.h>

#include "../../../../../libs/common/tests/random.h"
#include "card.h"

#define NEEDS_CSUM 1
#define DATA_VALID 2

static const struct card_header plain;
static struct net_received received;
static uint8_t frame[70000];

static void fill(unsigned seed) {
    for (size_t i = 0; i < sizeof(frame); i++) {
        frame[i] = (uint8_t) (i * 7 + i / 251 + seed);
    }
}

/// The next piece that the stack gets has that many bytes of `frame`, from `offset` on.
static void expect_piece(size_t offset, size_t len, unsigned flags) {
    TEST_EXPECT(net_port_receive(card_port, &received));
    TEST_EXPECT_EQ(received.len, len);
    TEST_EXPECT_EQ(received.flags, flags);
    const uint8_t *bytes = &card_pool[received.buffer * NET_BUFFER_LEN + received.offset];
    TEST_EXPECT_MEM_EQ(bytes, &frame[offset], len);
}

/// It gets a buffer with nothing in it.
static void expect_dropped(void) {
    TEST_EXPECT(net_port_receive(card_port, &received));
    TEST_EXPECT_EQ(received.len, 0);
    TEST_EXPECT_EQ(received.flags & NET_DESC_MORE, 0);
}

static void expect_nothing(void) {
    TEST_EXPECT(!net_port_receive(card_port, &received));
}

TEST("a frame comes behind its header, whichever the device has") {
    static const struct {
        bool modern;
        uint64_t features;
        size_t header_len;
    } cases[] = {
        {true, CARD_ALL, 12},
        {true, BIT(5), 12},
        {false, CARD_ALL, 12},
        {false, BIT(5) | BIT(27), 10},
        // The header has a descriptor of its own.
        {false, BIT(5), 10},
        {false, BIT(5) | BIT(15), 12},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        card_begin(cases[i].modern, cases[i].features, 8);
        fill(i);
        TEST_EXPECT(card_receive(&plain, frame, 60));
        TEST_EXPECT(card_receive(&plain, frame, 1514));
        TEST_EXPECT(card_receive(&plain, frame, NET_BUFFER_LEN - cases[i].header_len));
        TEST_EXPECT_EQ(card_rx_interrupts(), 1);
        TEST_EXPECT(!card_work());
        expect_piece(0, 60, 0);
        TEST_EXPECT_EQ(received.offset, cases[i].header_len);
        expect_piece(0, 1514, 0);
        expect_piece(0, NET_BUFFER_LEN - cases[i].header_len, 0);
        expect_nothing();
        TEST_EXPECT_EQ(net_port_dropped(card_port), 0);
        card_end();
    }
}

TEST("a long frame comes in several buffers") {
    card_begin(true, CARD_ALL, 64);
    fill(1);
    const struct card_header header = {.flags = NEEDS_CSUM, .gso_type = 1, .gso_size = 1448};
    TEST_EXPECT(card_receive(&header, frame, 65000));
    TEST_EXPECT(card_receive(&plain, frame, 100));
    (void) card_work();
    size_t offset = 0;
    for (unsigned i = 0; i < 32; i++) {
        size_t len = MIN(65000 - offset, NET_BUFFER_LEN - (i == 0 ? 12 : 0));
        unsigned more = (i < 31) ? NET_DESC_MORE : 0;
        expect_piece(offset, len, (i == 0 ? NET_DESC_RX_TRUSTED : 0) | more);
        TEST_EXPECT_EQ(received.offset, (i == 0) ? 12 : 0);
        offset += len;
    }
    TEST_EXPECT_EQ(offset, 65000);
    expect_piece(0, 100, 0);
    expect_nothing();
    card_end();
}

TEST("the buffers of a frame may come one after the other") {
    card_begin(true, CARD_ALL, 8);
    fill(2);
    struct card_header header = {.num_buffers = 3};
    memcpy(frame, &header, sizeof(header));
    TEST_EXPECT(card_fill(frame, 100, 100));
    (void) card_work();
    expect_piece(12, 88, NET_DESC_MORE);
    TEST_EXPECT(card_fill(&frame[100], 50, 50));
    (void) card_work();
    expect_piece(100, 50, NET_DESC_MORE);
    TEST_EXPECT(card_fill(&frame[150], 2048, 2048));
    (void) card_work();
    expect_piece(150, 2048, 0);
    card_end();
}

static void write_ipv4(unsigned first_byte, uint16_t type) {
    static const uint8_t header[] = {0x45, 0, 0,  84, 0x12, 0x34, 0x40, 0, 64, 1,
                                     0,    0, 10, 0,  2,    15,   10,   0, 2,  2};
    fill(3);
    frame[12] = (uint8_t) (type >> 8);
    frame[13] = (uint8_t) type;
    memcpy(&frame[14], header, sizeof(header));
    frame[14] = (uint8_t) first_byte;
    uint32_t sum = 0;
    for (unsigned i = 0; i < 10; i++) {
        sum += (uint32_t) frame[14 + 2 * i] << 8 | frame[15 + 2 * i];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    frame[24] = (uint8_t) (sum >> 8);
    frame[25] = (uint8_t) sum;
}

/// What the stack is told of a frame.
static unsigned flags_of(unsigned header_flags, size_t len) {
    const struct card_header header = {.flags = (uint8_t) header_flags};
    TEST_EXPECT(card_receive(&header, frame, len));
    (void) card_work();
    TEST_EXPECT(net_port_receive(card_port, &received));
    TEST_EXPECT_EQ(received.len, len);
    return received.flags;
}

TEST("what the device says of checksums") {
    card_begin(true, CARD_ALL, 32);
    write_ipv4(0x45, 0x0800);
    TEST_EXPECT_EQ(flags_of(0, 98), 0);
    TEST_EXPECT_EQ(flags_of(DATA_VALID, 98), NET_DESC_RX_CHECKED);
    TEST_EXPECT_EQ(flags_of(NEEDS_CSUM, 98), NET_DESC_RX_TRUSTED);
    TEST_EXPECT_EQ(flags_of(NEEDS_CSUM | DATA_VALID, 98), NET_DESC_RX_TRUSTED);
    TEST_EXPECT_EQ(flags_of(0xfc, 98), 0);
    // The device doesn't look at IPv4's header, whose checksum is wrong; or there isn't a whole one.
    frame[24] ^= 1;
    TEST_EXPECT_EQ(flags_of(DATA_VALID, 98), 0);
    frame[24] ^= 1;
    TEST_EXPECT_EQ(flags_of(DATA_VALID, 33), 0);
    TEST_EXPECT_EQ(flags_of(DATA_VALID, 34), NET_DESC_RX_CHECKED);
    write_ipv4(0x46, 0x0800);
    TEST_EXPECT_EQ(flags_of(DATA_VALID, 98), 0);
    write_ipv4(0x60, 0x86dd);
    TEST_EXPECT_EQ(flags_of(DATA_VALID, 98), NET_DESC_RX_CHECKED);
    card_end();
    // It was not asked.
    card_begin(true, CARD_ALL & ~BIT(1), 32);
    write_ipv4(0x45, 0x0800);
    TEST_EXPECT_EQ(flags_of(DATA_VALID, 98), 0);
    TEST_EXPECT_EQ(flags_of(NEEDS_CSUM, 98), 0);
    card_end();
}

static void fill_with(uint16_t num_buffers, size_t len, uint32_t says) {
    const struct card_header header = {.num_buffers = num_buffers};
    uint8_t bytes[NET_BUFFER_LEN];
    memcpy(bytes, frame, sizeof(bytes));
    memcpy(bytes, &header, sizeof(header));
    TEST_EXPECT(card_fill(bytes, len, says));
}

TEST("what is too short, or in too many buffers, is dropped with all of its buffers") {
    card_begin(true, CARD_ALL, 128);
    fill(4);
    fill_with(1, 25, 25);
    fill_with(1, 12, 12);
    fill_with(1, 0, 0);
    fill_with(0, 100, 100);
    fill_with(2, 20, 20);
    fill_with(1, 100, 100);
    fill_with(35, 2048, 2048);
    for (unsigned i = 0; i < 34; i++) {
        fill_with(1, 2048, 2048);
    }
    TEST_EXPECT(card_receive(&plain, frame, 77));
    (void) card_work();
    for (unsigned i = 0; i < 6 + 35; i++) {
        expect_dropped();
    }
    expect_piece(0, 77, 0);
    expect_nothing();
    TEST_EXPECT_EQ(net_port_dropped(card_port), 6 + 35);
    card_end();
}

TEST("a device that claims to have written more than fits gets what fits") {
    card_begin(true, CARD_ALL, 8);
    fill(5);
    fill_with(1, 2048, UINT32_MAX);
    (void) card_work();
    TEST_EXPECT(net_port_receive(card_port, &received));
    TEST_EXPECT_EQ(received.len, 2036);
    card_end();
}

static void work(void) {
    (void) card_work();
}

TEST("a device that breaks its queue's rules ends the driver") {
    card_begin(true, CARD_ALL, 8);
    *card_used_index(0) = 9;
    TEST_EXPECT(card_panics(work));
    card_end();
    card_begin(true, CARD_ALL, 8);
    fill_with(1, 100, 100);
    *card_used_index(0) = 2;
    TEST_EXPECT(card_panics(work));
    card_end();
}

TEST("a new queue begins with a frame, whatever came in the old one") {
    card_begin(true, CARD_ALL, 8);
    fill(6);
    fill_with(5, 100, 100);
    (void) card_work();
    card_restart();
    TEST_EXPECT(card_receive(&plain, frame, 200));
    (void) card_work();
    expect_piece(0, 200, 0);
    expect_nothing();
    card_end();
}

TEST(
    "queues go round with as many buffers as they hold, and interrupts come when they are wanted") {
    uint32_t state = 7;
    static const uint64_t features[] = {CARD_ALL, BIT(5)};
    for (unsigned kind = 0; kind < 4; kind++) {
        card_begin(kind & 1, features[kind / 2], 256);
        unsigned num_received = 0, num_seen = 0;
        for (unsigned round = 0; round < 2000; round++) {
            unsigned interrupts = card_rx_interrupts(), before = num_received;
            for (unsigned i = random_below(&state, 60); i > 0; i--) {
                memcpy(frame, &num_received, sizeof(num_received));
                num_received += card_receive(&plain, frame, 100);
            }
            TEST_EXPECT_EQ(card_rx_interrupts() - interrupts, num_received != before);
            TEST_EXPECT(!card_work());
            while (net_port_receive(card_port, &received)) {
                unsigned number;
                const uint8_t *bytes =
                    &card_pool[received.buffer * NET_BUFFER_LEN + received.offset];
                memcpy(&number, bytes, sizeof(number));
                TEST_EXPECT_EQ(number, num_seen);
                num_seen++;
            }
            if (round % 3 != 0) {
                card_give(256);
            }
        }
        TEST_EXPECT_EQ(num_seen, num_received);
        TEST_EXPECT_GT(num_seen, 20000);
        card_end();
    }
}
