#include "../src/record.h"
#include "flash.h"

#include <kvstore.h>
#include <stdio.h>
#include <string.h>
#include <unittest.h>

static struct kvstore store;

static error_t set(const char *key, const char *value) {
    return kvstore_set(&store, key, strlen(key), value, strlen(value));
}

/// The value of a key as a string, or NULL.
static const char *get(const char *key) {
    static char text[KVSTORE_VALUE_MAX + 1];
    const void *value;
    size_t len;
    if (kvstore_get(&store, key, strlen(key), &value, &len) != OK) {
        return NULL;
    }
    memcpy(text, value, len);
    text[len] = '\0';
    return text;
}

static error_t get_error(const char *key) {
    const void *value;
    size_t len;
    return kvstore_get(&store, key, strlen(key), &value, &len);
}

static void remount(void) {
    TEST_EXPECT_EQ(kvstore_mount(&store, flash_get()), OK);
}

static void start(unsigned num_pages) {
    flash_init(num_pages);
    remount();
}

static struct kvstore_info info(void) {
    struct kvstore_info info;
    kvstore_info(&store, &info);
    return info;
}

TEST("values are there until they are set anew or deleted, also after a mount") {
    start(2);
    TEST_EXPECT_EQ(get_error("name"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(set("name", "Resea"), OK);
    TEST_EXPECT_EQ(set("n", ""), OK);
    TEST_EXPECT_STR_EQ(get("name"), "Resea");
    remount();
    TEST_EXPECT_STR_EQ(get("name"), "Resea");
    TEST_EXPECT_STR_EQ(get("n"), "");
    TEST_EXPECT_EQ(info().num_keys, 2);

    TEST_EXPECT_EQ(set("name", "Reseaux"), OK);
    TEST_EXPECT_EQ(kvstore_delete(&store, "n", 1), OK);
    TEST_EXPECT_EQ(kvstore_delete(&store, "n", 1), ERR_NOT_FOUND);
    remount();
    TEST_EXPECT_STR_EQ(get("name"), "Reseaux");
    TEST_EXPECT_EQ(get_error("n"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(kvstore_delete(&store, "n", 1), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(info().num_keys, 1);
    TEST_EXPECT_EQ(info().num_damaged, 0);
}

TEST("keys and values have their limits") {
    start(2);
    char value[KVSTORE_VALUE_MAX + 1] = {1, 2, 3};
    TEST_EXPECT_EQ(kvstore_set(&store, "", 0, value, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(kvstore_set(&store, "0123456789abcdef", 16, value, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(kvstore_delete(&store, "", 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(kvstore_delete(&store, "0123456789abcdef", 16), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(get_error(""), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(kvstore_set(&store, "a", 1, value, sizeof(value)), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(kvstore_set(&store, "0123456789abcde", 15, value, sizeof(value) - 1), OK);
    remount();
    const void *read;
    size_t len;
    TEST_EXPECT_EQ(kvstore_get(&store, "0123456789abcde", 15, &read, &len), OK);
    TEST_EXPECT_EQ(len, KVSTORE_VALUE_MAX);
    TEST_EXPECT_MEM_EQ(read, value, len);
}

TEST("flash must have two pages or more, of a reasonable length") {
    struct kvstore_flash flash = *flash_get();
    flash.num_pages = 1;
    TEST_EXPECT_EQ(kvstore_mount(&store, &flash), ERR_INVALID_ARG);
    flash.num_pages = KVSTORE_PAGES_MAX + 1;
    TEST_EXPECT_EQ(kvstore_mount(&store, &flash), ERR_INVALID_ARG);
    flash.num_pages = 2;
    flash.page_len = 256;
    TEST_EXPECT_EQ(kvstore_mount(&store, &flash), ERR_INVALID_ARG);
}

TEST("setting what is there already writes nothing") {
    start(2);
    TEST_EXPECT_EQ(set("a", "same"), OK);
    unsigned steps = flash_steps();
    TEST_EXPECT_EQ(set("a", "same"), OK);
    TEST_EXPECT_EQ(flash_steps(), steps);
    TEST_EXPECT_EQ(set("a", "sama"), OK);
    TEST_EXPECT_NE(flash_steps(), steps);
}

TEST("keys are listed once each, and those deleted not at all") {
    start(3);
    for (int i = 0; i < 3; i++) {
        set("one", (i == 0) ? "1" : "11");
        set("two", (i == 1) ? "2" : "22");
        set("three", "333");
    }
    kvstore_delete(&store, "two", 3);

    char key[KVSTORE_KEY_MAX + 1];
    size_t len, total = 0;
    unsigned num = 0;
    for (; kvstore_key(&store, num, key, &len) == OK; num++) {
        TEST_EXPECT(strcmp(key, "one") == 0 || strcmp(key, "three") == 0);
        total += len;
    }
    TEST_EXPECT_EQ(num, 2);
    TEST_EXPECT_EQ(total, 2 + 3);
    TEST_EXPECT_EQ(kvstore_key(&store, num, key, &len), ERR_END);
}

TEST("a value changed a thousand times leaves the others alone, and wears all pages equally") {
    start(4);
    TEST_EXPECT_EQ(set("still", "here"), OK);
    char text[16];
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof(text), "%d", i);
        TEST_EXPECT_EQ(set("counter", text), OK);
        TEST_EXPECT_STR_EQ(get("counter"), text);
    }
    remount();
    TEST_EXPECT_STR_EQ(get("counter"), "19999");
    TEST_EXPECT_STR_EQ(get("still"), "here");
    TEST_EXPECT_GT(info().erases_min, 50);
    // The pages' first counts differ: each takes the highest for its own.
    TEST_EXPECT_LE(info().erases_max - info().erases_min, 4);
}

/// Sets keys k0, k1, … with values of `len` bytes until there is no room.
static int fill(size_t len) {
    char key[16], value[KVSTORE_VALUE_MAX];
    for (int i = 0;; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        memset(value, i, len);
        error_t err = kvstore_set(&store, key, strlen(key), value, len);
        if (err != OK) {
            TEST_EXPECT_EQ(err, ERR_NO_MEMORY);
            return i;
        }
    }
}

static void check_filled(int from, int num, size_t len) {
    char key[16], expected[KVSTORE_VALUE_MAX];
    for (int i = from; i < num; i++) {
        const void *value;
        size_t value_len;
        snprintf(key, sizeof(key), "k%d", i);
        memset(expected, i, len);
        TEST_EXPECT_EQ(kvstore_get(&store, key, strlen(key), &value, &value_len), OK);
        TEST_EXPECT_EQ(value_len, len);
        TEST_EXPECT_MEM_EQ(value, expected, len);
    }
}

TEST("a full store says so, keeps all, lets go, and doesn't wear itself out by refusing") {
    for (unsigned pages = 2; pages <= 5; pages++) {
        for (size_t len = 0; len <= KVSTORE_VALUE_MAX; len += 16) {
            start(pages);
            int num = fill(len);
            // Three quarters of the pages but one is the least to be expected.
            TEST_EXPECT_GT(num * (len + 12), (pages - 1) * FLASH_PAGE_LEN * 3 / 4);
            check_filled(0, num, len);
            unsigned steps = flash_steps();
            TEST_EXPECT_EQ(fill(len), num);
            TEST_EXPECT_EQ(flash_steps(), steps);
            remount();
            check_filled(0, num, len);

            // All can be deleted, one by one.
            for (int i = 0; i < num; i++) {
                char key[16];
                snprintf(key, sizeof(key), "k%d", i);
                TEST_EXPECT_EQ(kvstore_delete(&store, key, strlen(key)), OK);
                check_filled(i + 1, num, len);
            }
            TEST_EXPECT_EQ(info().num_keys, 0);
            TEST_EXPECT_EQ(info().used, 0);
            TEST_EXPECT_EQ(fill(len), num);
        }
    }
}

TEST("what info calls free is sure to fit") {
    start(3);
    char value[100] = {0};
    uint32_t free_bytes = info().free;
    TEST_EXPECT_GT(free_bytes, 1500);
    int num = (int) (free_bytes / (sizeof(value) + 11 + 1));
    for (int i = 0; i < num; i++) {
        char key = (char) ('a' + i);
        value[0] = key;
        TEST_EXPECT_EQ(kvstore_set(&store, &key, 1, value, sizeof(value)), OK);
    }
    TEST_EXPECT_LT(info().free, free_bytes - (unsigned) num * sizeof(value));
}

TEST("what a mount counts is what was counted before") {
    start(3);
    for (int i = 0; i < 500; i++) {
        char key[8], value[32];
        snprintf(key, sizeof(key), "%d", i * 7 % 31);
        snprintf(value, sizeof(value), "%.*s", i % 29, "abcdefghijklmnopqrstuvwxyzabcdef");
        if (i % 3 == 0) {
            (void) kvstore_delete(&store, key, strlen(key));
        } else {
            TEST_EXPECT_EQ(set(key, value), OK);
        }
        struct kvstore_info before = info();
        remount();
        TEST_EXPECT_EQ(info().num_keys, before.num_keys);
        TEST_EXPECT_EQ(info().used, before.used);
        TEST_EXPECT_EQ(info().num_damaged, 0);
    }
}

TEST("a value that looks like a record is none") {
    start(2);
    struct record inner = {
        .key = "key", .value = "trap", .kind = RECORD_SET, .key_len = 3, .value_len = 4};
    uint32_t image[4];
    for (size_t i = 0; i < 4; i++) {
        // Even in the place that it is going to have: 4 words of header, 2 of the record.
        image[i] = record_make_word(&inner, 7, i);
    }
    TEST_EXPECT_EQ(set("key", "good"), OK);
    TEST_EXPECT_EQ(kvstore_set(&store, "abcd", 4, image, sizeof(image)), OK);
    remount();
    TEST_EXPECT_STR_EQ(get("key"), "good");
}

TEST("a damaged value is an error, also after it was moved, until it is set again") {
    start(2);
    TEST_EXPECT_EQ(set("a", "first"), OK);
    TEST_EXPECT_EQ(set("b", "second"), OK);
    TEST_EXPECT_EQ(set("c", "third"), OK);
    // Behind the page's header, a record of 2 words and "afirst", 2 words and "bse|cond".
    flash_words()[4 + 4 + 3] ^= 1u << 5;
    TEST_EXPECT_EQ(get_error("b"), ERR_NOT_ACCEPTABLE);
    remount();
    TEST_EXPECT_EQ(info().num_damaged, 1);
    TEST_EXPECT_EQ(info().num_keys, 3);
    TEST_EXPECT_EQ(get_error("b"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_STR_EQ(get("a"), "first");
    TEST_EXPECT_STR_EQ(get("c"), "third");

    for (int i = 0; i < 1000; i++) {
        TEST_EXPECT_EQ(set("a", (i % 2) ? "first" : "again"), OK);
    }
    TEST_EXPECT_EQ(get_error("b"), ERR_NOT_ACCEPTABLE);
    struct kvstore_info before = info();
    remount();
    TEST_EXPECT_EQ(info().used, before.used);
    TEST_EXPECT_EQ(get_error("b"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(set("b", "new"), OK);
    remount();
    TEST_EXPECT_STR_EQ(get("b"), "new");
    TEST_EXPECT_EQ(info().num_damaged, 0);
}

TEST("any single bit that flips, of any word, crashes nothing and harms one key at most") {
    static uint32_t image[2 * FLASH_WORDS];
    static const char *const keys[] = {"alpha", "beta", "gamma", "delta"};
    start(2);
    for (int i = 0; i < 4; i++) {
        set(keys[i], "old");
        set(keys[i], keys[i]);
    }
    memcpy(image, flash_words(), sizeof(image));
    for (size_t word = 4; word < 4 + 8 * 5; word++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            flash_load(image);
            flash_words()[word] ^= UINT32_C(1) << bit;
            remount();
            int harmed = 0;
            for (int i = 0; i < 4; i++) {
                const char *value = get(keys[i]);
                harmed += value == NULL || strcmp(value, keys[i]) != 0;
                TEST_EXPECT(value == NULL || strcmp(value, keys[i]) == 0
                            || strcmp(value, "old") == 0);
            }
            TEST_EXPECT_LE(harmed, 1);
            TEST_EXPECT_EQ(set("epsilon", "works"), OK);
            TEST_EXPECT_STR_EQ(get("epsilon"), "works");
        }
    }
}

TEST("flash full of anything becomes a store") {
    uint32_t state = 1;
    for (int round = 0; round < 2000; round++) {
        flash_init(3);
        for (size_t i = 0; i < 3 * FLASH_WORDS; i++) {
            state = state * 1664525 + 1013904223;
            flash_words()[i] = (round == 0) ? 0 : state ^ (state >> 13);
        }
        remount();
        TEST_EXPECT_EQ(info().num_keys, 0);
        TEST_EXPECT_EQ(set("a", "b"), OK);
        remount();
        TEST_EXPECT_STR_EQ(get("a"), "b");
    }
}

TEST("a word that can't be written is an error, and the old value stays") {
    start(2);
    TEST_EXPECT_EQ(set("a", "old"), OK);
    flash_break_word(4 + 3 + 2);
    TEST_EXPECT_EQ(set("a", "new"), ERR_UNAVAILABLE);
    TEST_EXPECT_STR_EQ(get("a"), "old");
    // The next one goes behind it.
    TEST_EXPECT_EQ(set("a", "next"), OK);
    TEST_EXPECT_STR_EQ(get("a"), "next");
    remount();
    TEST_EXPECT_STR_EQ(get("a"), "next");
}

TEST("a page whose header can't be written is an error, and nothing is lost") {
    start(2);
    TEST_EXPECT_EQ(set("keep", "this"), OK);
    flash_break_word(FLASH_WORDS);
    error_t err = OK;
    for (int i = 0; i < 200 && err == OK; i++) {
        err = set("a", (i % 2) ? "one" : "two");
    }
    TEST_EXPECT_EQ(err, ERR_UNAVAILABLE);
    TEST_EXPECT_STR_EQ(get("keep"), "this");
    flash_break_word(SIZE_MAX);
    TEST_EXPECT_EQ(set("a", "three"), OK);
    remount();
    TEST_EXPECT_STR_EQ(get("keep"), "this");
    TEST_EXPECT_STR_EQ(get("a"), "three");
}
