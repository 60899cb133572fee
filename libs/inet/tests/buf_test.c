#include <inet/buf.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

static const char text[] = "abcdefghijklmnopqrstuvwxyz0123456789";
#define TEXT_LEN (sizeof(text) - 1)

static void expect_text(const struct buf *packet, const char *expected) {
    char out[64] = "";
    TEST_EXPECT_EQ(packet->total, strlen(expected));
    buf_copy_out(packet, 0, out, packet->total);
    TEST_EXPECT_STR_EQ(out, expected);
}

TEST("what is urgent gets the last buffers") {
    world_reset();
    struct buf *taken = NULL;
    unsigned count = 0;
    for (struct buf *buf; (buf = buf_alloc(false)) != NULL; count++) {
        buf->next = taken;
        taken = buf;
    }
    TEST_EXPECT_EQ(count, WORLD_BUFFERS - WORLD_BUFFERS / BUF_RESERVE_SHARE);
    struct buf *urgent = buf_alloc(true);
    TEST_EXPECT(urgent != NULL);
    buf_free(urgent);
    buf_free(taken);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("a buffer is free when its last reference is gone") {
    world_reset();
    struct buf *buf = buf_alloc(false);
    buf_ref(buf);
    buf_unref(buf);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS - 1);
    TEST_EXPECT(buf_numbered(buf_number(buf)) == buf);
    buf_unref(buf);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("buf_pull_up joins pieces, and keeps what is in front") {
    for (size_t piece = 1; piece < 12; piece++) {
        for (size_t len = 0; len <= TEXT_LEN; len++) {
            world_reset();
            struct buf *packet = world_packet(text, TEXT_LEN, piece);
            if (piece % 2 == 0) {
                memmove(packet->base + NET_BUFFER_LEN - piece, buf_data(packet), piece);
                packet->start = (uint16_t) (NET_BUFFER_LEN - piece);
            }
            memcpy(buf_data(packet) - 4, "head", 4);
            TEST_EXPECT(buf_pull_up(packet, len));
            TEST_EXPECT_GE(packet->len, len);
            TEST_EXPECT_MEM_EQ(buf_data(packet), text, len);
            TEST_EXPECT_MEM_EQ(buf_data(packet) - 4, "head", 4);
            expect_text(packet, text);
            buf_free(packet);
            TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
        }
    }
}

TEST("buf_pull_up of more than there is") {
    world_reset();
    struct buf *packet = world_packet(text, TEXT_LEN, 10);
    TEST_EXPECT(!buf_pull_up(packet, TEXT_LEN + 1));
    expect_text(packet, text);
    buf_free(packet);
}

TEST("packets are trimmed at both ends, across pieces") {
    for (size_t piece = 1; piece < 40; piece += 3) {
        for (size_t front = 0; front <= TEXT_LEN; front++) {
            world_reset();
            struct buf *packet = world_packet(text, TEXT_LEN, piece);
            size_t back = (TEXT_LEN - front) / 2;
            buf_trim_front(packet, front);
            buf_trim_back(packet, back);
            char expected[64] = "";
            memcpy(expected, text + front, TEXT_LEN - front - back);
            expect_text(packet, expected);
            buf_trim_back(packet, 1000);
            expect_text(packet, "");
            TEST_EXPECT_EQ(packet->len, 0);
            buf_trim_front(packet, 1000);
            buf_free(packet);
            TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
        }
    }
}
