#include <string.h>
#include <unittest.h>

#include "../../../../../libs/common/tests/random.h"
#include "../tx.h"
#include "card.h"

#define FIRST 256u

static const struct net_desc plain = {.flags = 0};

static uint8_t *buffer(unsigned number) {
    return &card_pool[(FIRST + number) * NET_BUFFER_LEN];
}

static void fill(unsigned number, unsigned seed) {
    for (size_t i = 0; i < NET_BUFFER_LEN; i++) {
        buffer(number)[i] = (uint8_t) (i * 7 + i / 251 + seed);
    }
}

/// Sends a frame of one piece.
static void send(unsigned number, uint16_t len) {
    card_send(&plain, FIRST + number, &len, 1);
}

TEST("frames go out behind a header, and come back in the order they came in") {
    for (unsigned modern = 0; modern < 2; modern++) {
        card_begin(modern, CARD_ALL, 4);
        uint16_t heads[3];
        for (unsigned i = 0; i < 3; i++) {
            fill(i, i);
            send(i, (uint16_t) (60 + i * 700));
        }
        TEST_EXPECT(!card_work());
        TEST_EXPECT_EQ(pci_device.queues[1].notified, 1);
        for (unsigned i = 0; i < 3; i++) {
            static const struct card_header nothing;
            const struct card_frame *frame = card_sent();
            TEST_EXPECT_EQ(frame->len, 60 + i * 700);
            TEST_EXPECT_MEM_EQ(frame->bytes, buffer(i), frame->len);
            TEST_EXPECT_MEM_EQ(&frame->header, &nothing, 12);
            heads[i] = frame->head;
        }
        TEST_EXPECT_EQ(card_sent(), NULL);
        // The device may finish them in another one.
        card_finish(heads[2]);
        card_finish(heads[1]);
        (void) card_work();
        TEST_EXPECT_EQ(card_done(), 0);
        card_finish(heads[0]);
        (void) card_work();
        TEST_EXPECT_EQ(card_done(), 3);
        card_end();
    }
}

TEST("pieces become one frame") {
    card_begin(true, CARD_ALL, 4);
    uint16_t lens[NET_PIECES_MAX];
    for (unsigned i = 0; i < NET_PIECES_MAX; i++) {
        fill(i, i);
        lens[i] = (uint16_t) (1 + i % 41);
    }
    card_send(&plain, FIRST, lens, NET_PIECES_MAX);
    (void) card_work();
    const struct card_frame *frame = card_sent();
    TEST_EXPECT_EQ(frame->num_pieces, NET_PIECES_MAX);
    size_t offset = 0;
    for (unsigned i = 0; i < NET_PIECES_MAX; i++) {
        TEST_EXPECT_MEM_EQ(&frame->bytes[offset], buffer(i), lens[i]);
        offset += lens[i];
    }
    TEST_EXPECT_EQ(frame->len, offset);
    card_finish(frame->head);
    (void) card_work();
    TEST_EXPECT_EQ(card_done(), NET_PIECES_MAX);
    card_end();
}

TEST("the device is told where a checksum belongs, and how to cut a segment") {
    card_begin(true, CARD_ALL, 4);
    const struct net_desc checksum = {
        .flags = NET_DESC_TX_CHECKSUM, .csum_start = 34, .csum_offset = 6, .mss = 7};
    uint16_t len = 100;
    card_send(&checksum, FIRST, &len, 1);
    (void) card_work();
    const struct card_header *header = &card_sent()->header;
    const struct card_header for_checksum = {.flags = 1, .csum_start = 34, .csum_offset = 6};
    TEST_EXPECT_MEM_EQ(header, &for_checksum, sizeof(*header));

    for (unsigned i = 0; i < 2; i++) {
        uint16_t start = (i == 0) ? 34 : 54;
        const struct net_desc segment = {
            .flags = NET_DESC_TX_SEGMENT,
            .csum_start = start,
            .csum_offset = 16,
            .mss = 1400,
            .header_len = (uint16_t) (start + 20),
        };
        const uint16_t lens[] = {segment.header_len, 2048, 2048};
        buffer(0)[14] = (i == 0) ? 0x45 : 0x60;
        card_send(&segment, FIRST, lens, 3);
        (void) card_work();
        const struct card_header expected = {
            .flags = 1,
            .gso_type = (i == 0) ? 1 : 4,
            .header_len = segment.header_len,
            .gso_size = 1400,
            .csum_start = start,
            .csum_offset = 16,
        };
        TEST_EXPECT_MEM_EQ(&card_sent()->header, &expected, sizeof(expected));
    }
    card_end();
}

TEST("a segment that the device can't cut is as good as sent") {
    // Of IPv6 the device said nothing.
    card_begin(true, CARD_ALL & ~BIT(12), 4);
    for (unsigned i = 0; i < 2; i++) {
        const struct net_desc segment = {
            .flags = NET_DESC_TX_SEGMENT,
            .csum_start = 54,
            .csum_offset = 16,
            .mss = 1400,
            .header_len = 74,
        };
        const uint16_t lens[] = {74, 2048};
        buffer(0)[14] = (i == 0) ? 0x60 : 0x05;
        card_send(&segment, FIRST, lens, 2);
        send(2, 99);
        (void) card_work();
        const struct card_frame *frame = card_sent();
        TEST_EXPECT_EQ(frame->len, 99);
        TEST_EXPECT_EQ(card_done(), 2);
        card_finish(frame->head);
        (void) card_work();
        TEST_EXPECT_EQ(card_done(), 1);
    }
    card_end();
}

TEST("few frames are collected when there is time, without an interrupt") {
    card_begin(true, CARD_ALL, 4);
    send(0, 60);
    (void) card_work();
    TEST_EXPECT(card_timer_runs);
    card_finish(card_sent()->head);
    TEST_EXPECT_EQ(card_tx_interrupts(), 0);
    card_tick();
    TEST_EXPECT_EQ(card_done(), 1);
    TEST_EXPECT(!card_timer_runs);
    // The device takes its time: the timer goes on.
    send(0, 60);
    (void) card_work();
    card_tick();
    TEST_EXPECT_EQ(card_done(), 0);
    TEST_EXPECT(card_timer_runs);
    card_end();
}

TEST("of many frames an interrupt tells when half of them are sent") {
    card_begin(true, CARD_ALL, 4);
    for (unsigned i = 0; i < 40; i++) {
        send(i, 60);
    }
    (void) card_work();
    TEST_EXPECT(!card_timer_runs);
    for (unsigned i = 0; i < 19; i++) {
        card_finish(card_sent()->head);
    }
    TEST_EXPECT_EQ(card_tx_interrupts(), 0);
    card_finish(card_sent()->head);
    TEST_EXPECT_EQ(card_tx_interrupts(), 1);
    (void) card_work();
    TEST_EXPECT_EQ(card_done(), 20);
    // The rest are few.
    TEST_EXPECT(card_timer_runs);
    for (unsigned i = 0; i < 20; i++) {
        card_finish(card_sent()->head);
    }
    TEST_EXPECT_EQ(card_tx_interrupts(), 1);
    card_tick();
    TEST_EXPECT_EQ(card_done(), 20);
    card_end();
}

static void work(void) {
    (void) card_work();
}

TEST("a device that breaks its queue's rules ends the driver") {
    card_begin(true, CARD_ALL, 8);
    send(0, 60);
    (void) card_work();
    *card_used_index(1) = 2;
    TEST_EXPECT(card_panics(work));
    card_end();
    // One that finishes what nobody asked for.
    card_begin(true, CARD_ALL, 8);
    send(0, 60);
    (void) card_work();
    card_finish(77);
    TEST_EXPECT(card_panics(work));
    card_end();
}

TEST("frames of any size go round, however long the queue is") {
    uint32_t state = 9;
    static const uint16_t sizes[] = {4, 16, 64, 128, 256};
    for (unsigned kind = 0; kind < 5; kind++) {
        card_init(true, CARD_ALL);
        pci_device.queues[1].size = sizes[kind];
        card_begin_with(8);
        unsigned num_sent = 0, num_done = 0, num_seen = 0;
        while (num_seen < 3000) {
            uint16_t lens[NET_PIECES_MAX];
            unsigned count = 1 + random_below(&state, MIN(card_device.max_pieces, 30));
            for (unsigned i = 0; i < count; i++) {
                lens[i] = (uint16_t) (1 + random_below(&state, 40));
            }
            for (unsigned i = random_below(&state, 20);
                 i > 0 && net_port_has_room(card_port, count); i--) {
                card_send(&plain, FIRST, lens, count);
                num_sent += count;
            }
            while (card_work()) {}
            const struct card_frame *frame;
            for (unsigned i = random_below(&state, 40); i > 0 && (frame = card_sent()) != NULL;
                 i--) {
                num_seen += frame->num_pieces;
                card_finish(frame->head);
            }
            num_done += card_done();
        }
        // Whatever is left comes when an interrupt, or the timer, is waited for.
        for (unsigned i = 0; i < 1000 && num_done != num_sent; i++) {
            const struct card_frame *frame;
            while ((frame = card_sent()) != NULL) {
                card_finish(frame->head);
            }
            TEST_EXPECT(card_timer_runs || card_interrupts());
            if (card_timer_runs) {
                card_tick();
            } else {
                (void) card_work();
            }
            num_done += card_done();
        }
        TEST_EXPECT_EQ(num_done, num_sent);
        card_end();
    }
}
