#include "../../common/tests/random.h"
#include "fake.h"
#include "renamed.h"

#include <config.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#define HEAP_SIZE (256 * 1024)

static uint8_t arena[HEAP_SIZE] __attribute__((aligned(16)));

static void init_heap(void) {
    fake_reset();
    memset(arena, 0x5a, sizeof(arena));
    resea_heap_init(arena, sizeof(arena));
}

/// Gives memory that debug builds keep for their checks back to the heap.
static void give_back_everything(void) {
    TEST_EXPECT_EQ(resea_malloc(2 * HEAP_SIZE), NULL);
}

static struct malloc_stats stats(void) {
    struct malloc_stats s;
    malloc_get_stats(&s);
    return s;
}

TEST("blocks are aligned, and apart from each other") {
    init_heap();
    uint8_t *last = NULL;
    for (size_t size = 0; size < 200; size++) {
        uint8_t *block = resea_malloc(size);
        TEST_EXPECT_NE(block, NULL);
        TEST_EXPECT_EQ((vaddr_t) block % 16, 0);
        TEST_EXPECT(last == NULL || block >= last + size - 1);
        memset(block, 0xff, size);
        last = block;
    }
    TEST_EXPECT_EQ(stats().num_used, 200);
}

TEST("blocks that begin with a page leave what is in front of them to others") {
    init_heap();
    void *first = resea_malloc(100);
    void *pages[4];
    for (size_t i = 0; i < 4; i++) {
        pages[i] = resea_malloc_aligned(PAGE_SIZE + i * 100, PAGE_SIZE);
        TEST_EXPECT_NE(pages[i], NULL);
        TEST_EXPECT_EQ((vaddr_t) pages[i] % PAGE_SIZE, 0);
        memset(pages[i], 0xff, PAGE_SIZE + i * 100);
    }
    void *small = resea_malloc(200);
    TEST_EXPECT(small > first && small < pages[3]);
    TEST_EXPECT_EQ(resea_malloc_aligned(SIZE_MAX - PAGE_SIZE, PAGE_SIZE), NULL);
    TEST_EXPECT_EQ(resea_malloc_aligned(HEAP_SIZE - PAGE_SIZE, PAGE_SIZE), NULL);
    resea_free(small);
    for (size_t i = 0; i < 4; i++) {
        resea_free(pages[i]);
    }
    resea_free(first);
    give_back_everything();
    TEST_EXPECT_EQ(stats().num_used, 0);
    TEST_EXPECT_EQ(stats().num_free, 0);
    TEST_EXPECT_EQ(stats().never_used, HEAP_SIZE);
}

TEST("what is freed becomes one piece again") {
    init_heap();
    void *blocks[64];
    for (int i = 0; i < 64; i++) {
        blocks[i] = resea_malloc((size_t) i * 50);
    }
    for (int i = 0; i < 64; i++) {
        // Every second one, then the others, some from the front and some from the back.
        int index = (i < 32) ? 2 * i : 2 * (63 - i) + 1;
        resea_free(blocks[index]);
    }
    give_back_everything();
    TEST_EXPECT_EQ(stats().num_used, 0);
    TEST_EXPECT_EQ(stats().num_free, 0);
    TEST_EXPECT_EQ(stats().never_used, HEAP_SIZE);
}

TEST("a heap that is full says so, and works again after a free") {
    init_heap();
    void *blocks[HEAP_SIZE / 4096];
    int count = 0;
    while ((blocks[count] = resea_malloc(4096)) != NULL) {
        count++;
    }
    TEST_EXPECT_GE(count, 60);
    resea_free(blocks[count / 2]);
    blocks[count / 2] = resea_malloc(4096);
    TEST_EXPECT_NE(blocks[count / 2], NULL);
    TEST_EXPECT_EQ(resea_malloc(4096), NULL);

    for (int i = 0; i < count; i++) {
        resea_free(blocks[i]);
    }
    TEST_EXPECT_NE(resea_malloc(HEAP_SIZE - 100), NULL);
}

TEST("sizes that no heap can hold are refused") {
    init_heap();
    TEST_EXPECT_EQ(resea_malloc(SIZE_MAX), NULL);
    TEST_EXPECT_EQ(resea_malloc(SIZE_MAX - 16), NULL);
    TEST_EXPECT_EQ(resea_malloc(SIZE_MAX / 2 + 1), NULL);
    char *block = resea_malloc(10);
    memcpy(block, "abc", 4);
    TEST_EXPECT_EQ(resea_realloc(block, SIZE_MAX - 8), NULL);
    TEST_EXPECT_EQ(resea_realloc(block, HEAP_SIZE), NULL);
    TEST_EXPECT_STR_EQ(block, "abc");
    resea_free(block);
    resea_free(NULL);
}

TEST("realloc grows in place if the memory behind the block is free") {
    init_heap();
    char *block = resea_malloc(2000);
    TEST_EXPECT_EQ(resea_realloc(block, 20000), block);  // into what was never used
    char *next = resea_malloc(5000);
    char *last = resea_malloc(10);
    resea_free(next);
    TEST_EXPECT_EQ(resea_realloc(block, 24000), block);  // into what was freed
    memset(block, 'x', 24000);
    char *moved = resea_realloc(block, 30000);
    TEST_EXPECT_NE(moved, block);
    TEST_EXPECT_GT(moved, last);
    for (int i = 0; i < 24000; i++) {
        TEST_EXPECT_EQ(moved[i], 'x');
    }
    TEST_EXPECT_EQ(resea_realloc(moved, 10), moved);
    TEST_EXPECT_EQ(moved[9], 'x');
    TEST_EXPECT_NE(resea_realloc(NULL, 10), NULL);
}

TEST("a large block costs no memory before it is used, and can be shrunk in place") {
    init_heap();
    uint8_t *block = resea_malloc(64 * 1024);
    for (int i = 0; i < 60 * 1024; i++) {
        TEST_EXPECT_EQ(block[i], 0x5a);
    }
    resea_malloc_shrink(block, 100);
    TEST_EXPECT_LT(stats().used, 200);
    uint8_t *next = resea_malloc(16);
    TEST_EXPECT_LT(next - block, 200);

    // The same, with something behind it.
    block = resea_malloc(1000);
    next = resea_malloc(16);
    resea_malloc_shrink(block, 0);
    TEST_EXPECT_EQ(stats().num_free, 1);
    resea_free(block);
    resea_free(next);
}

TEST("strings are duplicated") {
    init_heap();
    TEST_EXPECT_STR_EQ(resea_strdup("hello"), "hello");
    TEST_EXPECT_STR_EQ(resea_strdup(""), "");
    char unterminated[3] = {'a', 'b', 'c'};
    TEST_EXPECT_STR_EQ(resea_strndup(unterminated, 3), "abc");
    TEST_EXPECT_STR_EQ(resea_strndup("hello", 2), "he");
    TEST_EXPECT_STR_EQ(resea_strndup("hello", 99), "hello");
}

#define MODEL_BLOCKS 128

/// What a block should contain: `len` times the same byte.
struct model_block {
    uint8_t *ptr;
    size_t len;
    uint8_t fill;
};

static void check_block(const struct model_block *block, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (block->ptr[i] != block->fill) {
            TEST_EXPECT_EQ(block->ptr[i], block->fill);
            return;
        }
    }
}

static void fill_block(struct model_block *block, uint8_t *ptr, size_t len, uint32_t *seed) {
    block->ptr = ptr;
    block->len = len;
    block->fill = (uint8_t) random_next(seed);
    memset(ptr, block->fill, len);
}

static size_t random_size(uint32_t *seed) {
    return random_below(seed, UINT32_C(1) << (1 + random_below(seed, 13)));
}

static void do_something(struct model_block *block, uint32_t *seed) {
    size_t size = random_size(seed);
    if (block->ptr == NULL) {
        uint8_t *ptr = resea_malloc(size);
        if (ptr != NULL) {
            fill_block(block, ptr, size, seed);
        }
        return;
    }

    check_block(block, block->len);
    switch (random_below(seed, 3)) {
    case 0:
        resea_free(block->ptr);
        block->ptr = NULL;
        break;
    case 1:
        block->len = MIN(size, block->len);
        resea_malloc_shrink(block->ptr, block->len);
        break;
    default: {
        uint8_t *ptr = resea_realloc(block->ptr, size);
        if (ptr != NULL) {
            block->ptr = ptr;
            check_block(block, MIN(size, block->len));
            fill_block(block, ptr, size, seed);
        }
    }
    }
}

TEST("a long random sequence keeps every block's contents") {
    init_heap();
    static struct model_block blocks[MODEL_BLOCKS];
    uint32_t seed = 8;
    for (int i = 0; i < 200000; i++) {
        do_something(&blocks[random_below(&seed, MODEL_BLOCKS)], &seed);
        if (i % 1000 == 0) {
            struct malloc_stats s = stats();
            TEST_EXPECT_EQ(s.used + s.free + s.never_used, HEAP_SIZE);
        }
    }

    for (int i = 0; i < MODEL_BLOCKS; i++) {
        if (blocks[i].ptr != NULL) {
            check_block(&blocks[i], blocks[i].len);
            resea_free(blocks[i].ptr);
        }
    }
    give_back_everything();
    TEST_EXPECT_EQ(stats().never_used, HEAP_SIZE);
}

TEST("freeing what malloc didn't return stops the program") {
    init_heap();
    int local = 0;
    char *block = resea_malloc(100);
    TEST_EXPECT(PANICS("malloc: 0x", resea_free(&local)));
    TEST_EXPECT(PANICS("malloc: 0x", resea_free(block + 1)));
    TEST_EXPECT(PANICS("malloc: 0x", resea_free(arena)));
    TEST_EXPECT(PANICS("malloc: 0x", resea_free(&arena[HEAP_SIZE])));
}

#ifdef CONFIG_MALLOC_CHECKS

TEST("a double free stops the program") {
    init_heap();
    char *small = resea_malloc(10);
    char *large = resea_malloc(5000);
    char *last = resea_malloc(5000);
    resea_free(small);
    TEST_EXPECT(PANICS("malloc: double free", resea_free(small)));
    TEST_EXPECT(PANICS("malloc: double free", small = resea_realloc(small, 5)));
    resea_free(large);
    TEST_EXPECT(PANICS("malloc: double free", resea_free(large)));
    resea_free(last);
    TEST_EXPECT(PANICS("malloc: double free", resea_free(last)));
}

TEST("a write beyond a block's end stops the program") {
    init_heap();
    volatile char *block = resea_malloc(13);
    block[13] = 'x';
    TEST_EXPECT(PANICS("beyond its end: it has 13 bytes, and byte 13 was changed",
                       resea_free((void *) block)));
    TEST_EXPECT(PANICS("beyond its end", stats()));

    init_heap();
    block = resea_malloc(10000);
    block[10000] = 'x';
    TEST_EXPECT(PANICS("beyond its end", resea_malloc_shrink((void *) block, 10)));
}

TEST("a write in front of a block stops the program") {
    init_heap();
    volatile char *block = resea_malloc(16);
    block[-1] = 'x';
    TEST_EXPECT(PANICS("written in front of it", resea_free((void *) block)));
    TEST_EXPECT(PANICS("written in front of the block", stats()));
}

static void use_heap_for_a_while(void) {
    for (int i = 0; i < 100; i++) {
        resea_free(resea_malloc(24));
    }
}

TEST("a write to a freed block stops the program when its memory is to be used again") {
    init_heap();
    volatile char *block = resea_malloc(24);
    resea_free((void *) block);
    use_heap_for_a_while();

    block = resea_malloc(24);
    resea_free((void *) block);
    block[5] = 'x';
    TEST_EXPECT(PANICS("after it was freed: byte 5 was changed", use_heap_for_a_while()));
}

TEST("new and freed blocks don't contain what was there") {
    init_heap();
    volatile uint8_t *block = resea_malloc(24);
    TEST_EXPECT_EQ(block[0], 0xcd);
    block[0] = 1;
    resea_free((void *) block);
    TEST_EXPECT_EQ(block[0], 0xfe);
}

#endif
