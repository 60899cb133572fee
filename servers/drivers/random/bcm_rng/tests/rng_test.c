#include "../rng.h"

#include <driver/io.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "../registers.h"

/// A generator with a script: words that it makes, one after the other, then a counter's.
static struct {
    uint32_t ctrl, int_mask, warmup;
    const uint32_t *script;
    size_t script_len, next;
    uint32_t and_mask;
    uint32_t or_mask;
    int empty;  ///< Status reads without a word. -1: for ever.
    unsigned num_reads;
    bool not_granted;
} rng;

static uint64_t now;

static void reset(void) {
    bzero(&rng, sizeof(rng));
    rng.and_mask = UINT32_MAX;
    TEST_EXPECT_EQ(rng_init(), OK);
}

static void play(const uint32_t *words, size_t len) {
    rng.script = words;
    rng.script_len = len;
    rng.next = 0;
}

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    TEST_EXPECT_EQ(paddr, RNG_PADDR);
    TEST_EXPECT_EQ(len, RNG_LEN);
    return rng.not_granted ? NULL : (io_t) &rng;
}

static uint32_t make_word(void) {
    rng.num_reads++;
    if (rng.next < rng.script_len) {
        return rng.script[rng.next++];
    }
    return ((uint32_t) rng.next++ * 2654435761u & rng.and_mask) | rng.or_mask;
}

uint32_t io_read32(io_t io __unused, offset_t offset) {
    switch (offset) {
    case RNG_CTRL:
        return rng.ctrl;
    case RNG_INT_MASK:
        return rng.int_mask;
    case RNG_STATUS:
        if (rng.empty != 0) {
            rng.empty -= rng.empty > 0;
            return rng.warmup;
        }
        return 3u << RNG_WORDS_SHIFT | rng.warmup;
    default:
        TEST_EXPECT_EQ(offset, RNG_DATA);
        TEST_EXPECT_EQ(rng.empty, 0);
        return make_word();
    }
}

void io_write32(io_t io __unused, offset_t offset, uint32_t value) {
    switch (offset) {
    case RNG_CTRL:
        TEST_EXPECT_EQ(rng.warmup, RNG_WARMUP);
        rng.ctrl = value;
        break;
    case RNG_STATUS:
        TEST_EXPECT_EQ(rng.ctrl, 0);
        rng.warmup = value;
        break;
    default:
        TEST_EXPECT_EQ(offset, RNG_INT_MASK);
        rng.int_mask = value;
    }
}

uint64_t timer_uptime(void) {
    return now++;
}

TEST("it is warmed up, without interrupts, before it is enabled") {
    reset();
    TEST_EXPECT_EQ(rng.ctrl, RNG_CTRL_ENABLE);
    TEST_EXPECT_EQ(rng.int_mask, RNG_INT_DISABLED);
    rng.empty = 2;
    TEST_EXPECT(!rng_has_word());
    TEST_EXPECT(!rng_has_word());
    TEST_EXPECT(rng_has_word());
}

TEST("one that runs is left alone") {
    reset();
    rng.warmup = 0;
    TEST_EXPECT_EQ(rng_init(), OK);
    TEST_EXPECT_EQ(rng.warmup, 0);
}

TEST("without the right to the registers there are no numbers") {
    bzero(&rng, sizeof(rng));
    rng.not_granted = true;
    TEST_EXPECT_EQ(rng_init(), ERR_NOT_PERMITTED);
}

TEST("a word is waited for, but not for ever, and the empty FIFO is never read") {
    reset();
    static const uint32_t words[] = {0x1234};
    play(words, 1);
    rng.empty = 50;
    uint32_t word = 0;
    TEST_EXPECT_EQ(rng_read(&word), OK);
    TEST_EXPECT_EQ(word, 0x1234);
    rng.empty = -1;
    TEST_EXPECT_EQ(rng_read(&word), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(rng.num_reads, 1);
}

TEST("repeated words are dropped, and too many are a broken generator") {
    reset();
    static const uint32_t words[] = {0, 0, 0, 7, 8, 8, 9, 9, 9, 9};
    play(words, sizeof(words) / sizeof(words[0]));
    static const uint32_t expected[] = {0, 7, 8, 9};
    uint32_t word = 1;
    for (size_t i = 0; i < 4; i++) {
        TEST_EXPECT_EQ(rng_read(&word), OK);
        TEST_EXPECT_EQ(word, expected[i]);
    }
    TEST_EXPECT_EQ(rng_read(&word), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(word, 9);
}

TEST("the self test finds a bit that is always 0 or always 1") {
    reset();
    TEST_EXPECT_EQ(rng_self_test(), OK);
    TEST_EXPECT_EQ(rng.num_reads, RNG_TEST_WORDS);
    rng.and_mask = ~(1u << 31);
    TEST_EXPECT_EQ(rng_self_test(), ERR_UNAVAILABLE);
    rng.and_mask = UINT32_MAX;
    rng.or_mask = 1u << 17;
    TEST_EXPECT_EQ(rng_self_test(), ERR_UNAVAILABLE);
    rng.or_mask = 0;
    TEST_EXPECT_EQ(rng_self_test(), OK);
}
