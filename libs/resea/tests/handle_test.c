#include "../../common/tests/random.h"
#include "fake.h"

#include <resea/handle.h>
#include <stdlib.h>
#include <unittest.h>

// Its allocations go through the fake, which can fail them.
#define malloc(size)       fake_malloc(size)
#define realloc(ptr, size) fake_realloc(ptr, size)
#include "../src/handle.c"
#undef malloc
#undef realloc

#define ALICE 5
#define BOB   (5 | (1 << TASK_SLOT_BITS))

static int data[3];

TEST("a handle leads its owner to its data, and nobody else") {
    fake_reset();
    handle_t handle = handle_alloc(ALICE);
    TEST_EXPECT_GT(handle, 0);
    TEST_EXPECT_EQ(handle_get(ALICE, handle), NULL);
    TEST_EXPECT_EQ(handle_set(ALICE, handle, &data[0]), OK);
    TEST_EXPECT_EQ(handle_get(ALICE, handle), &data[0]);
    TEST_EXPECT_EQ(handle_get(BOB, handle), NULL);
    TEST_EXPECT_EQ(handle_set(BOB, handle, &data[1]), ERR_NOT_FOUND);
    handle_free(BOB, handle);
    TEST_EXPECT_EQ(handle_get(ALICE, handle), &data[0]);
    handle_free(ALICE, handle);
    TEST_EXPECT_EQ(handle_get(ALICE, handle), NULL);
}

TEST("numbers that are no handles lead nowhere") {
    fake_reset();
    handle_t handle = handle_alloc(ALICE);
    handle_set(ALICE, handle, &data[0]);
    handle_t wrong[] = {0, -1, INT32_MIN, INT32_MAX, handle + 1, handle | (1 << 30), 0xffff};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT_EQ(handle_get(ALICE, wrong[i]), NULL);
        handle_free(ALICE, wrong[i]);
    }
    TEST_EXPECT_EQ(handle_get(0, handle + 1), NULL);
    TEST_EXPECT_EQ(handle_get(ALICE, handle), &data[0]);
    handle_free(ALICE, handle);
}

TEST("a freed handle isn't good for what takes its place") {
    fake_reset();
    handle_t first = handle_alloc(ALICE);
    handle_free(ALICE, first);
    handle_t second = handle_alloc(ALICE);
    handle_set(ALICE, second, &data[0]);
    TEST_EXPECT_NE(first, second);
    TEST_EXPECT_EQ(handle_get(ALICE, first), NULL);
    handle_free(ALICE, first);
    TEST_EXPECT_EQ(handle_get(ALICE, second), &data[0]);
    handle_free(ALICE, second);
}

static int num_freed;

static void count_freed(void *freed) {
    TEST_EXPECT_EQ(freed, &data[0]);
    num_freed++;
}

TEST("all handles of an owner are freed at once, and no others") {
    fake_reset();
    handle_t bobs = handle_alloc(BOB);
    handle_set(BOB, bobs, &data[1]);
    handle_t handles[100];
    for (int i = 0; i < 100; i++) {
        handles[i] = handle_alloc(ALICE);
        handle_set(ALICE, handles[i], &data[0]);
    }
    num_freed = 0;
    handle_free_all(ALICE, count_freed);
    TEST_EXPECT_EQ(num_freed, 100);
    for (int i = 0; i < 100; i++) {
        TEST_EXPECT_EQ(handle_get(ALICE, handles[i]), NULL);
    }
    TEST_EXPECT_EQ(handle_get(BOB, bobs), &data[1]);
    handle_free_all(ALICE, count_freed);
    handle_free_all(BOB, NULL);
    TEST_EXPECT_EQ(handle_get(BOB, bobs), NULL);
    TEST_EXPECT_EQ(num_freed, 100);
}

TEST("an owner can't have more than its share") {
    fake_reset();
    for (int i = 0; i < HANDLES_PER_OWNER; i++) {
        TEST_EXPECT_GT(handle_alloc(ALICE), 0);
    }
    TEST_EXPECT_EQ(handle_alloc(ALICE), ERR_NO_MEMORY);
    TEST_EXPECT_GT(handle_alloc(BOB), 0);
    handle_free_all(ALICE, NULL);
    TEST_EXPECT_GT(handle_alloc(ALICE), 0);
    handle_free_all(ALICE, NULL);
    handle_free_all(BOB, NULL);
}

TEST("without memory there are no new handles, and the old ones work") {
    fake_reset();
    handle_t handle = handle_alloc(ALICE);
    handle_set(ALICE, handle, &data[0]);
    fake_mallocs_left = 0;
    TEST_EXPECT_EQ(handle_alloc(BOB), ERR_NO_MEMORY);
    while (handle_alloc(ALICE) > 0) {}
    TEST_EXPECT_EQ(handle_get(ALICE, handle), &data[0]);
    handle_free_all(ALICE, NULL);
}

TEST("handles stay unique in a long random sequence") {
    fake_reset();
    static handle_t handles[200];
    uint32_t seed = 9;
    for (int i = 0; i < 50000; i++) {
        uint32_t n = random_below(&seed, 200);
        task_t owner = (n % 2 == 0) ? ALICE : BOB;
        void *value = &handles[n];
        if (handles[n] == 0) {
            handles[n] = handle_alloc(owner);
            TEST_EXPECT_EQ(handle_set(owner, handles[n], value), OK);
        } else {
            TEST_EXPECT_EQ(handle_get(owner, handles[n]), value);
            handle_free(owner, handles[n]);
            TEST_EXPECT_EQ(handle_get(owner, handles[n]), NULL);
            handles[n] = 0;
        }
    }
    handle_free_all(ALICE, NULL);
    handle_free_all(BOB, NULL);
}
