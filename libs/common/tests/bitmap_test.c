#include "random.h"

#include <bitmap.h>
#include <string.h>
#include <unittest.h>

TEST("bits are set and cleared one by one") {
    uint32_t map[BITMAP_WORDS(70)] = {0};
    TEST_EXPECT_EQ(sizeof(map), 12);
    bitmap_set(map, 0);
    bitmap_set(map, 31);
    bitmap_set(map, 69);
    bitmap_clear(map, 31);
    for (size_t i = 0; i < 70; i++) {
        TEST_EXPECT_EQ(bitmap_get(map, i), i == 0 || i == 69);
    }
}

static int find_slowly(const uint32_t *map, size_t num_bits, size_t from, bool value) {
    for (size_t i = from; i < num_bits; i++) {
        if (bitmap_get(map, i) == value) {
            return (int) i;
        }
    }
    return BITMAP_NONE;
}

static int find_run_slowly(const uint32_t *map, size_t num_bits, size_t len) {
    for (size_t start = 0; start + len <= num_bits; start++) {
        int next = find_slowly(map, num_bits, start, true);
        if (next == BITMAP_NONE || (size_t) next >= start + len) {
            return (int) start;
        }
    }
    return BITMAP_NONE;
}

TEST("finding bits and runs agrees with looking at each bit") {
    uint32_t seed = 7;
    for (int i = 0; i < 5000; i++) {
        uint32_t map[4];
        for (int j = 0; j < 4; j++) {
            // Sparse and dense words, and those that are full or empty.
            uint32_t word = random_next(&seed) & random_next(&seed) & random_next(&seed);
            map[j] = (random_below(&seed, 4) == 0) ? 0 : word;
            map[j] = (random_below(&seed, 3) == 0) ? ~map[j] : map[j];
        }
        size_t num_bits = 1 + random_below(&seed, 128);
        size_t from = random_below(&seed, 128);
        size_t len = 1 + random_below(&seed, 40);
        TEST_EXPECT_EQ(bitmap_find(map, num_bits, from, true),
                       find_slowly(map, num_bits, from, true));
        TEST_EXPECT_EQ(bitmap_find(map, num_bits, from, false),
                       find_slowly(map, num_bits, from, false));
        TEST_EXPECT_EQ(bitmap_find_clear_run(map, num_bits, len),
                       find_run_slowly(map, num_bits, len));
    }
}
