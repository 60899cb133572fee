// Power is cut at each step of a workload, and again at each step of the mounts that follow. What has
// been answered before must be there, and of what was cut short all or nothing.

#include "../../common/tests/random.h"
#include "flash.h"

#include <kvstore.h>
#include <stdio.h>
#include <string.h>
#include <unittest.h>

#define NUM_KEYS 6

struct value {
    bool exists;
    size_t len;
    uint8_t bytes[KVSTORE_VALUE_MAX];
};

struct operation {
    bool is_delete;
    int key;
    struct value value;
};

/// What must be in the store.
static struct value model[NUM_KEYS];
/// What may be instead, because power went while this was done.
static const struct operation *unfinished;
static struct kvstore store;

static const char *key_name(int key) {
    static const char *const names[NUM_KEYS] = {"a",    "bb",    "ccc",
                                                "dddd", "eeeee", "0123456789abcde"};
    return names[key];
}

static struct operation make_operation(uint32_t *random, size_t value_max) {
    struct operation operation = {.key = (int) random_below(random, NUM_KEYS)};
    operation.is_delete = random_below(random, 5) == 0;
    operation.value.exists = !operation.is_delete;
    operation.value.len = random_below(random, (uint32_t) value_max + 1);
    // Runs of 0xff are as good as any value, and look blank.
    unsigned how = random_below(random, 4);
    for (size_t i = 0; i < operation.value.len; i++) {
        operation.value.bytes[i] = (how == 0) ? 0xff : (uint8_t) random_next(random);
    }
    return operation;
}

static error_t carry_out(const struct operation *operation) {
    const char *key = key_name(operation->key);
    if (operation->is_delete) {
        return kvstore_delete(&store, key, strlen(key));
    }
    return kvstore_set(&store, key, strlen(key), operation->value.bytes, operation->value.len);
}

static bool is_stored(int key, const struct value *expected) {
    const void *value;
    size_t len;
    error_t err = kvstore_get(&store, key_name(key), strlen(key_name(key)), &value, &len);
    if (!expected->exists) {
        return err == ERR_NOT_FOUND;
    }
    return err == OK && len == expected->len && memcmp(value, expected->bytes, len) == 0;
}

/// Compares the store with the model. What was unfinished is, from now on, done or not.
static bool check(void) {
    if (unfinished != NULL && is_stored(unfinished->key, &unfinished->value)) {
        model[unfinished->key] = unfinished->value;
    }
    unfinished = NULL;

    bool ok = true;
    unsigned num_keys = 0;
    for (int key = 0; key < NUM_KEYS; key++) {
        ok &= TEST_EXPECT(is_stored(key, &model[key]));
        num_keys += model[key].exists;
    }
    struct kvstore_info info;
    kvstore_info(&store, &info);
    ok &= TEST_EXPECT(info.num_keys == num_keys);
    ok &= TEST_EXPECT(info.num_damaged == 0);
    return ok;
}

/// Mounts, with power cuts: the first one at step `cut`, the next ones at later steps of later mounts.
static void mount_with_cuts(unsigned cut) {
    static jmp_buf power_cut;
    static volatile unsigned next;
    next = cut;
    if (setjmp(power_cut) != 0) {
        next += 3;
    }
    if (next != 0) {
        flash_cut_after(next, &power_cut);
    }
    TEST_EXPECT_EQ(kvstore_mount(&store, flash_get()), OK);
    flash_cut_never();
}

/// Carries out an operation with power going at step `cut`. False: it needed fewer steps.
static bool run_with_cut(const struct operation *operation, unsigned cut) {
    static jmp_buf power_cut;
    unfinished = operation;
    if (setjmp(power_cut) != 0) {
        return true;
    }
    flash_cut_after(cut, &power_cut);
    (void) carry_out(operation);
    flash_cut_never();
    return false;
}

static void run(const struct operation *operation) {
    error_t err = carry_out(operation);
    if (operation->is_delete && !model[operation->key].exists) {
        TEST_EXPECT_EQ(err, ERR_NOT_FOUND);
    } else {
        TEST_EXPECT_EQ(err, OK);
        model[operation->key] = operation->value;
    }
}

static void start(unsigned num_pages, uint32_t seed) {
    memset(model, 0, sizeof(model));
    unfinished = NULL;
    flash_init(num_pages);
    flash_seed(seed);
    TEST_EXPECT_EQ(kvstore_mount(&store, flash_get()), OK);
}

TEST("power may go at each step of each operation, and of the mount behind it") {
    static uint32_t image[3 * FLASH_WORDS];
    static struct value image_model[NUM_KEYS];
    uint32_t random = 7;
    for (unsigned pages = 2; pages <= 3; pages++) {
        start(pages, pages);
        unsigned cuts = 0, compactions = 0, erases = 0;
        for (int i = 0; i < 120; i++) {
            struct operation operation = make_operation(&random, 64);
            memcpy(image, flash_words(), sizeof(image));
            memcpy(image_model, model, sizeof(model));
            unsigned cut = 1;
            for (bool was_cut = true; was_cut; cut++) {
                memcpy(model, image_model, sizeof(model));
                flash_init(pages);
                flash_load(image);
                TEST_EXPECT_EQ(kvstore_mount(&store, flash_get()), OK);
                erases = flash_erases();
                was_cut = run_with_cut(&operation, cut);
                erases = flash_erases() - erases;
                mount_with_cuts(cut % 5);
                if (!check()) {
                    printf("operation %d, cut at step %u, %u pages\n", i, cut, pages);
                    return;
                }
                cuts += was_cut;
            }
            compactions += erases > 0;
        }
        // It was worth something: operations with and without a compaction have been cut.
        TEST_EXPECT_GT(cuts, 1000);
        TEST_EXPECT_GT(compactions, 2);
    }
}

TEST("random power cuts, one after another, on the same flash") {
    for (uint32_t seed = 1; seed <= 40; seed++) {
        uint32_t random = seed;
        start(2 + seed % 3, seed * 77);
        for (int i = 0; i < 600; i++) {
            struct operation operation = make_operation(&random, 60);
            if (random_below(&random, 3) == 0) {
                run_with_cut(&operation, 1 + random_below(&random, 80));
                mount_with_cuts(random_below(&random, 4));
            } else {
                run(&operation);
            }
            if (!check()) {
                printf("seed %u, operation %d\n", seed, i);
                return;
            }
        }
    }
}

TEST("a first mount that is cut short is made up for by the next one") {
    static jmp_buf power_cut;
    static volatile unsigned cut;
    for (cut = 1; cut < 10; cut++) {
        memset(model, 0, sizeof(model));
        flash_init(2);
        if (setjmp(power_cut) == 0) {
            flash_cut_after(cut, &power_cut);
            (void) kvstore_mount(&store, flash_get());
        }
        mount_with_cuts(0);
        check();
    }
}
