#include "../storage.h"

#include <string.h>
#include <unittest.h>

#define LEN (4 * STORAGE_CHUNK)

static uint8_t in[LEN], out[LEN];

TEST("what was never written is zero") {
    TEST_EXPECT_EQ(storage_init(LEN), OK);
    memset(out, 0xaa, sizeof(out));
    storage_read(0, out, sizeof(out));
    TEST_EXPECT_MEM_EQ(in, out, LEN);
}

TEST("what was written comes back, across chunks, and nothing else changes") {
    TEST_EXPECT_EQ(storage_init(LEN), OK);
    uint32_t number = 1;
    for (int i = 0; i < 200; i++) {
        number = number * 1664525 + 1013904223;
        size_t offset = (number >> 8) % (LEN / 512) * 512;
        size_t len = MIN((number >> 20) % 200 * 512, LEN - offset);
        memset(&in[offset], i + 1, len);
        TEST_EXPECT_EQ(storage_write(offset, &in[offset], len), OK);
    }
    storage_read(0, out, LEN);
    TEST_EXPECT_MEM_EQ(in, out, LEN);
    storage_read(512 * 3, out, LEN - 512 * 3);
    TEST_EXPECT_MEM_EQ(&in[512 * 3], out, LEN - 512 * 3);
    memset(in, 0, LEN);
}
