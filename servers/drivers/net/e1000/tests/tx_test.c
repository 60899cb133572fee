#include <string.h>
#include <unittest.h>

#include "../nic.h"
#include "../registers.h"
#include "../tx.h"
#include "stack.h"

#define FIRST    256u
#define TX_DESCS 255

static const struct net_desc plain = {.flags = 0};

static uint8_t *buffer(unsigned number) {
    return &stack_pool[(FIRST + number) * NET_BUFFER_LEN];
}

static void fill(uint8_t *bytes, size_t len, unsigned seed) {
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t) (i * 7 + i / 251 + seed);
    }
}

static unsigned get16(const uint8_t *bytes) {
    return (unsigned) bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, unsigned value) {
    bytes[0] = (uint8_t) (value >> 8);
    bytes[1] = (uint8_t) value;
}

static uint32_t add16(uint32_t sum, const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        sum += (i % 2 == 0) ? (uint32_t) bytes[i] << 8 : bytes[i];
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/// The sum of the pseudo header of a frame, over IPv4 or IPv6, without options.
static uint32_t pseudo_sum(const uint8_t *frame, size_t tcp_len) {
    uint32_t sum = (uint32_t) tcp_len + 6;
    return (frame[14] >> 4 == 4) ? add16(sum, &frame[26], 8) : add16(sum, &frame[22], 32);
}

/// Writes the headers of a TCP segment with so many bytes of payload, as the stack would.
static void write_headers(uint8_t *frame, bool ipv6, size_t payload_len) {
    size_t ip_len = ipv6 ? 40 : 20;
    uint8_t *ip = &frame[14], *tcp = &ip[ip_len];
    fill(frame, 14 + ip_len + 20, 3);
    put16(&frame[12], ipv6 ? 0x86dd : 0x0800);
    size_t total = ip_len + 20 + payload_len;
    ip[0] = ipv6 ? 0x60 : 0x45;
    if (ipv6) {
        put16(&ip[4], (unsigned) (20 + payload_len));
        ip[6] = 6;
    } else {
        put16(&ip[2], (unsigned) total);
        put16(&ip[4], 0xfffe);
        ip[9] = 6;
        put16(&ip[10], 0);
        put16(&ip[10], ~add16(0, ip, 20) & 0xffff);
    }
    put16(&tcp[4], 0xffff);
    put16(&tcp[6], 0xf000);
    tcp[12] = 5 << 4;
    tcp[13] = 0x19;  // ACK, PSH, FIN.
    put16(&tcp[16], pseudo_sum(frame, 20 + payload_len));
}

static struct net_desc segment(bool ipv6, uint16_t mss) {
    uint16_t start = ipv6 ? 54 : 34;
    return (struct net_desc){
        .flags = NET_DESC_TX_SEGMENT,
        .csum_start = start,
        .csum_offset = 16,
        .mss = mss,
        .header_len = (uint16_t) (start + 20),
    };
}

TEST("frames go out as they are, in order, and come back") {
    stack_begin(false, 4);
    for (unsigned i = 0; i < 3; i++) {
        uint16_t len = (uint16_t) (60 + i * 700);
        fill(buffer(i), len, i);
        stack_send(&plain, FIRST + i, &len, 1);
    }
    TEST_EXPECT(!stack_work());
    TEST_EXPECT_EQ(card.num_sent, 3);
    for (unsigned i = 0; i < 3; i++) {
        TEST_EXPECT_EQ(card.sent[i].len, 60 + i * 700);
        TEST_EXPECT_MEM_EQ(card.sent[i].bytes, buffer(i), card.sent[i].len);
    }
    TEST_EXPECT_EQ(stack_sent(), 3);
    TEST_EXPECT(!tx_is_busy());
    TEST_EXPECT_EQ(card_interrupts(), 0);
    stack_end();
}

TEST("pieces become one frame") {
    stack_begin(false, 4);
    static const uint16_t lens[] = {54, 1, 400, 1000};
    uint8_t expected[1455];
    size_t len = 0;
    for (unsigned i = 0; i < 4; i++) {
        fill(buffer(i), lens[i], i);
        memcpy(&expected[len], buffer(i), lens[i]);
        len += lens[i];
    }
    stack_send(&plain, FIRST, lens, 4);
    (void) stack_work();
    TEST_EXPECT_EQ(card.num_sent, 1);
    TEST_EXPECT_EQ(card.sent[0].len, len);
    TEST_EXPECT_MEM_EQ(card.sent[0].bytes, expected, len);
    TEST_EXPECT_EQ(stack_sent(), 4);
    stack_end();
}

/// Sends a TCP segment in one frame, whose checksum the card is to fill in.
static void send_checksummed(bool ipv6, const uint8_t *payload, uint16_t len) {
    write_headers(buffer(0), ipv6, len);
    memcpy(buffer(1), payload, len);
    const uint16_t lens[] = {ipv6 ? 74 : 54, len};
    struct net_desc like = segment(ipv6, 0);
    like.flags = NET_DESC_TX_CHECKSUM;
    stack_send(&like, FIRST, lens, 2);
    (void) stack_work();
    TEST_EXPECT_EQ(stack_sent(), 2);
}

static void expect_checksum(const struct card_frame *frame) {
    size_t start = (frame->bytes[14] >> 4 == 4) ? 34 : 54;
    size_t len = frame->len - start;
    TEST_EXPECT_EQ(add16(pseudo_sum(frame->bytes, len), &frame->bytes[start], len), 0xffff);
}

TEST("the card fills checksums in; the same offsets need no new context") {
    stack_begin(false, 4);
    uint8_t payload[1001];
    fill(payload, sizeof(payload), 9);
    for (uint16_t i = 0; i < 5; i++) {
        send_checksummed(false, payload, (uint16_t) (1001 - i));
        expect_checksum(&card.sent[i]);
        TEST_EXPECT_EQ(card.num_contexts, 1);
    }
    send_checksummed(true, payload, 700);
    expect_checksum(&card.sent[5]);
    TEST_EXPECT_EQ(card.num_contexts, 2);
    stack_end();
}

/// Sends a long segment; returns its payload's length.
static size_t send_segment(uint16_t mss, unsigned num_buffers) {
    uint16_t lens[NET_PIECES_MAX];
    size_t payload_len = num_buffers * (size_t) NET_BUFFER_LEN - 100;
    write_headers(buffer(0), false, payload_len);
    lens[0] = 54;
    for (unsigned i = 1; i <= num_buffers; i++) {
        lens[i] = (i == num_buffers) ? NET_BUFFER_LEN - 100 : NET_BUFFER_LEN;
        fill(buffer(i), lens[i], i);
    }
    struct net_desc like = segment(false, mss);
    stack_send(&like, FIRST, lens, num_buffers + 1);
    (void) stack_work();
    TEST_EXPECT_EQ(stack_sent(), num_buffers + 1);
    return payload_len;
}

/// Checks a frame that was cut out of a segment; returns its payload's length.
static size_t expect_part(const struct card_frame *frame, unsigned number, size_t offset,
                          size_t payload_len) {
    const uint8_t *ip = &frame->bytes[14], *tcp = &ip[20], *payload = &tcp[20];
    size_t len = frame->len - (size_t) (payload - frame->bytes);
    TEST_EXPECT_EQ(get16(&ip[2]), 40 + len);
    TEST_EXPECT_EQ(get16(&ip[4]), (0xfffe + number) & 0xffff);
    TEST_EXPECT_EQ(add16(0, ip, 20), 0xffff);
    TEST_EXPECT_EQ(get16(&tcp[4]) << 16 | get16(&tcp[6]), (uint32_t) (0xfffff000 + offset));
    TEST_EXPECT_EQ(tcp[13], (offset + len == payload_len) ? 0x19 : 0x10);
    expect_checksum(frame);
    for (size_t i = 0; i < len; i++) {
        size_t at = offset + i;
        TEST_EXPECT_EQ(payload[i],
                       buffer((unsigned) (1 + at / NET_BUFFER_LEN))[at % NET_BUFFER_LEN]);
    }
    return len;
}

static void expect_segments(uint16_t mss, unsigned num_buffers) {
    size_t payload_len = send_segment(mss, num_buffers);
    size_t offset = 0;
    for (unsigned i = 0; i < card.num_sent; i++) {
        offset += expect_part(&card.sent[i], i, offset, payload_len);
    }
    TEST_EXPECT_EQ(offset, payload_len);
    TEST_EXPECT_EQ(card.num_sent, (payload_len + mss - 1) / mss);
}

TEST("the card cuts segments, with right headers and checksums") {
    static const uint16_t sizes[] = {1460, 1448, 536, 512};
    for (unsigned i = 0; i < 4; i++) {
        stack_begin(false, 4);
        expect_segments(sizes[i], 5 + i * 3);
        stack_end();
    }
}

TEST("the length of the whole doesn't matter: the pseudo header is right for each part") {
    // 0xffff and 0 are the same sum: lengths around where it overflows.
    for (size_t buffers = 1; buffers < 32; buffers += 3) {
        stack_begin(false, 4);
        expect_segments(1000, (unsigned) buffers);
        stack_end();
    }
}

TEST("segments and checksums have contexts of their own") {
    stack_begin(false, 4);
    uint8_t payload[100] = {1};
    send_checksummed(false, payload, 100);
    (void) send_segment(1460, 2);
    TEST_EXPECT_EQ(card.num_contexts, 2);
    unsigned sent = card.num_sent;
    send_checksummed(false, payload, 99);
    TEST_EXPECT_EQ(card.num_contexts, 2);
    expect_checksum(&card.sent[sent]);
    stack_end();
}

TEST("what a context can't say is not sent, and comes back in order") {
    stack_begin(false, 4);
    uint16_t len = 600;
    struct net_desc like = {.flags = NET_DESC_TX_CHECKSUM, .csum_start = 250, .csum_offset = 16};
    stack_send(&like, FIRST, &len, 1);
    (void) stack_work();
    TEST_EXPECT_EQ(card.num_sent, 0);
    TEST_EXPECT_EQ(stack_sent(), 1);
    // Nor can the card cut what isn't IPv4.
    const uint16_t lens[] = {74, 2000};
    write_headers(buffer(0), true, 2000);
    like = segment(true, 1000);
    stack_send(&like, FIRST, lens, 2);
    (void) stack_work();
    TEST_EXPECT_EQ(card.num_sent, 0);
    TEST_EXPECT_EQ(stack_sent(), 2);
    like = (struct net_desc){.flags = NET_DESC_TX_CHECKSUM, .csum_start = 20, .csum_offset = 16};
    card.slow = true;
    stack_send(&plain, FIRST, &len, 1);
    (void) stack_work();
    stack_send(&like, FIRST, &len, 1);
    (void) stack_work();
    TEST_EXPECT_EQ(stack_sent(), 0);
    card_send(1);
    (void) stack_work();
    TEST_EXPECT_EQ(stack_sent(), 2);
    TEST_EXPECT_EQ(card.num_sent, 1);
    stack_end();
}

TEST("a card that is slow interrupts when it has sent something, and one that isn't doesn't") {
    stack_begin(false, 4);
    card.slow = true;
    uint16_t len = 60;
    stack_send(&plain, FIRST, &len, 1);
    TEST_EXPECT(!stack_work());
    TEST_EXPECT(tx_is_busy());
    TEST_EXPECT_EQ(card_interrupts(), 0);
    card_send(1);
    TEST_EXPECT_EQ(card_interrupts(), E1000_CAUSE_SENT);
    TEST_EXPECT_EQ(card.delayed, 1);
    TEST_EXPECT(!stack_work());
    TEST_EXPECT_EQ(stack_sent(), 1);
    card.slow = false;
    stack_send(&plain, FIRST, &len, 1);
    TEST_EXPECT(!stack_work());
    TEST_EXPECT_EQ(stack_sent(), 1);
    TEST_EXPECT_EQ(card_interrupts(), 0);
    stack_end();
}

TEST("a full ring goes on when there is room again, without a doorbell") {
    stack_begin(false, 4);
    card.slow = true;
    uint16_t len = 60;
    unsigned num_given = 0;
    for (; num_given < 250; num_given++) {
        buffer(0)[0] = (uint8_t) num_given;
        stack_send(&plain, FIRST + num_given % 200, &len, 1);
    }
    TEST_EXPECT(!stack_work());
    unsigned descs = card_register(E1000_TDT);
    TEST_EXPECT_LT(descs, num_given);
    TEST_EXPECT_LE(descs, TX_DESCS);
    card_send(descs);
    // Nobody knows who waits for so many: at once.
    TEST_EXPECT_EQ(card.delayed, 0);
    TEST_EXPECT_EQ(card_interrupts(), E1000_CAUSE_SENT);
    TEST_EXPECT(!stack_work());
    card_send(UINT32_MAX);
    (void) stack_work();
    TEST_EXPECT_EQ(card.num_sent, num_given);
    TEST_EXPECT_EQ(stack_sent(), num_given);
    stack_end();
}

TEST("the ring goes round, whatever the frames are") {
    stack_begin(false, 4);
    uint32_t state = 1;
    unsigned frames = 0;
    for (unsigned round = 0; round < 3000; round++) {
        state = state * 1103515245 + 12345;
        card.slow = (state >> 16) % 2;
        unsigned pieces = 1 + (state >> 17) % 8;
        uint16_t lens[8];
        for (unsigned i = 0; i < pieces; i++) {
            lens[i] = (uint16_t) (1 + (state >> (i + 8)) % 150);
        }
        struct net_desc like = plain;
        lens[0] += 80;
        if ((state >> 20) % 4 == 0) {
            like = (struct net_desc){.flags = NET_DESC_TX_CHECKSUM,
                                     .csum_start = (uint16_t) (34 + (state >> 24) % 2 * 20),
                                     .csum_offset = 6};
        }
        if (net_port_has_room(stack_port, pieces)) {
            stack_send(&like, FIRST, lens, pieces);
            frames++;
        }
        while (stack_work()) {}
        card_send((state >> 12) % 20);
        (void) stack_sent();
        TEST_EXPECT_LE(card.num_sent, CARD_FRAMES_MAX);
        if (card.num_sent > 200) {
            frames -= card.num_sent;
            card.num_sent = 0;
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        card_send(UINT32_MAX);
        (void) stack_work();
        (void) stack_sent();
    }
    TEST_EXPECT_EQ(card.num_sent, frames);
    TEST_EXPECT(!tx_is_busy());
    stack_end();
}

TEST("the 82574 keeps what it has to") {
    stack_begin(true, 4);
    TEST_EXPECT(card_register(E1000_TXDCTL) & E1000_TXDCTL_82574);
    stack_end();
    stack_begin(false, 4);
    TEST_EXPECT_EQ(card_register(E1000_TXDCTL), 0);
    stack_end();
}
