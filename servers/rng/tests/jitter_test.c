#include "../jitter.h"

#include "../../../libs/common/tests/random.h"

#include <unittest.h>

#define SAMPLES 1000

/// Bits that are counted when the clock shows `time(i)`.
static unsigned count(uint64_t (*time)(unsigned i)) {
    struct jitter jitter = {0};
    for (unsigned i = 0; i < SAMPLES; i++) {
        jitter_add(&jitter, time(i));
    }
    return jitter_bits(&jitter);
}

static uint64_t standing(unsigned i __unused) {
    return 1234567;
}

static uint64_t steady(unsigned i) {
    return 5000 + 321ull * i;
}

static uint64_t slowing_down(unsigned i) {
    return 5000 + 321ull * i + 17ull * i * i;
}

/// Interrupted once in a while.
static uint64_t interrupted(unsigned i) {
    return steady(i) + 9999ull * (i / 100);
}

static uint64_t noisy(unsigned i) {
    static uint32_t seed = 3;
    static uint64_t now;
    now = (i == 0) ? 77 : now + 300 + random_below(&seed, 1000);
    return now;
}

TEST("time that passes regularly counts for nothing, or next to nothing") {
    TEST_EXPECT_EQ(count(standing), 0);
    TEST_EXPECT_EQ(count(steady), 0);
    TEST_EXPECT_EQ(count(slowing_down), 0);
    TEST_EXPECT_LE(count(interrupted), 9 * 3 / JITTER_SAMPLES_PER_BIT);
}

TEST("time that varies counts for a bit in eight samples, and no more") {
    TEST_EXPECT_LE(count(noisy), SAMPLES / JITTER_SAMPLES_PER_BIT);
    TEST_EXPECT_GT(count(noisy), SAMPLES / JITTER_SAMPLES_PER_BIT * 9 / 10);
}

TEST("the work stays inside of its memory") {
    uint32_t seed = UINT32_MAX;
    for (int i = 0; i < 100000; i++) {
        seed = jitter_work(seed);
    }
    TEST_EXPECT_LT(seed, 4096);
}
