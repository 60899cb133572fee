#include <bitmap.h>
#include <endian.h>
#include <list.h>
#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/datetime.h>
#include <resea/handle.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "scale.h"
#include "test.h"

// The libraries have thorough tests of their own, which run natively. These are to show that they
// work where they are used: with the system's heap, stack and start-up code.

#define COPY_MAX   40
#define COPY_SPACE (COPY_MAX + 8)

/// Whether the bytes are `value` in [from, to) and 0xee elsewhere.
static bool is_filled(const uint8_t *bytes, size_t from, size_t to, const uint8_t *values) {
    for (size_t i = 0; i < COPY_SPACE; i++) {
        bool inside = i >= from && i < to;
        if (bytes[i] != (inside ? values[i - from] : 0xee)) {
            return false;
        }
    }
    return true;
}

/// All lengths and alignments: some architectures have functions of their own for these.
static void test_memory_functions(void) {
    uint8_t src[COPY_SPACE], dst[COPY_SPACE];
    for (unsigned i = 0; i < 16 * COPY_MAX; i++) {
        size_t len = i / 16, to = i % 4, from = i / 4 % 4;
        for (size_t k = 0; k < COPY_SPACE; k++) {
            src[k] = (uint8_t) (k + 1);
            dst[k] = 0xee;
        }
        CHECK(memcpy(&dst[to], &src[from], len) == &dst[to]);
        CHECK(is_filled(dst, to, to + len, &src[from]));
        CHECK(memset(&dst[to], 0xee, len) == &dst[to]);
        CHECK(is_filled(dst, 0, 0, src));
    }
}

static void test_malloc(void) {
    uint8_t *blocks[NUM_BLOCKS];
    for (size_t i = 0; i < NUM_BLOCKS; i++) {
        blocks[i] = malloc(i * 37);
        CHECK(blocks[i] != NULL && IS_ALIGNED((uintptr_t) blocks[i], 2 * sizeof(void *)));
        memset(blocks[i], (int) i, i * 37);
    }

    for (size_t i = 0; i < NUM_BLOCKS; i++) {
        for (size_t j = 0; j < i * 37; j++) {
            if (!CHECK_EQ(blocks[i][j], i)) {
                return;
            }
        }
        free(blocks[i]);
    }
    free(NULL);
}

static void test_malloc_large(void) {
    uint8_t *block = malloc(LARGE_LEN);
    CHECK(block != NULL);
    block[0] = 1;
    block[LARGE_LEN - 1] = 2;
    free(block);
    // Volatile: the compiler knows that no object is that large.
    volatile size_t too_large = SIZE_MAX - 100;
    CHECK(malloc(too_large) == NULL);
}

static void test_realloc(void) {
    char *block = realloc(NULL, 10);
    strncpy2(block, "resea", 10);
    block = realloc(block, GROWN_LEN);
    CHECK_STR(block, "resea");
    block = realloc(block, 3);
    CHECK_EQ(memcmp(block, "res", 3), 0);
    free(block);

    char *copy = strdup("copy");
    CHECK_STR(copy, "copy");
    free(copy);
    copy = strndup("copy", 2);
    CHECK_STR(copy, "co");
    free(copy);
}

static void test_malloc_stats(void) {
    struct malloc_stats before, after;
    malloc_get_stats(&before);
    void *block = malloc(100);
    malloc_get_stats(&after);
    CHECK_EQ(after.num_used, before.num_used + 1);
    free(block);
    malloc_get_stats(&after);
    CHECK_EQ(after.num_used, before.num_used);
}

static void test_strings(void) {
    char buf[8];
    CHECK_EQ(strlen("resea"), 5);
    CHECK_GT(strcmp("b", "a"), 0);
    CHECK_EQ(strncmp("abc", "abd", 2), 0);
    CHECK_STR(strchr("resea", 's'), "sea");
    CHECK_STR(strstr("microkernel", "kern"), "kernel");
    CHECK_EQ(atoi("-42x"), -42);
    strncpy2(buf, "too long a string", sizeof(buf));
    CHECK_STR(buf, "too lon");
    memmove(&buf[1], buf, 4);
    CHECK_EQ(memcmp(buf, "ttoo ", 5), 0);
    bzero(buf, sizeof(buf));
    CHECK_EQ(buf[0], 0);
}

static void test_printf(void) {
    char buf[64];
    CHECK_EQ(snprintf(buf, sizeof(buf), "%d %s %x %c %5d|%-3d|%03u %zu %lld", -1, "two", 255, 'c',
                      42, 7, 5u, (size_t) 9, 1234567890123ll),
             41);
    CHECK_STR(buf, "-1 two ff c    42|7  |005 9 1234567890123");
}

static int num_freed;

static void count_freed(void *data) {
    num_freed += data != NULL;
}

static void test_handles(void) {
    int object;
    handle_t handle = handle_alloc(5);
    CHECK_GT(handle, 0);
    CHECK(handle_get(5, handle) == NULL);
    CHECK_OK(handle_set(5, handle, &object));
    CHECK(handle_get(5, handle) == &object);
    // Another owner's number means nothing.
    CHECK(handle_get(6, handle) == NULL);
    CHECK_EQ(handle_set(6, handle, &object), ERR_NOT_FOUND);
    CHECK(handle_get(5, -1) == NULL);
    CHECK(handle_get(5, INT32_MAX) == NULL);
    handle_free_all(5, count_freed);
    CHECK_EQ(num_freed, 1);
    CHECK(handle_get(5, handle) == NULL);
    handle_free(5, handle);
}

static void test_cmdline(void) {
    CHECK_EQ(strncmp(program_cmdline(), "test", 4), 0);
    CHECK(cmdline_option("no-such-option") == NULL);

    const char *name, *path, *mode;
    cmdline_init();
    int cat = cmdline_cmd("cat");
    cmdline_arg(&path, cat, "path", false);
    cmdline_arg(&mode, cat, "mode", true);
    CHECK_EQ(cmdline_parse("prog cat \"a b\"", &name), cat);
    CHECK_STR(name, "cat");
    CHECK_STR(path, "a b");
    CHECK(mode == NULL);

    char line[] = "one  'two three' \"\"";
    char *words[3];
    CHECK_EQ(cmdline_split(line, words, 3), 3);
    CHECK_STR(words[1], "two three");
    CHECK_STR(words[2], "");
}

static void test_datetime(void) {
    struct datetime dt;
    timestamp_to_datetime(951782400, &dt);
    CHECK_EQ(dt.year, 2000);
    CHECK_EQ(dt.month, 2);
    CHECK_EQ(dt.day, 29);
    CHECK_EQ(dt.day_of_week, 2);
    CHECK_EQ(datetime_to_timestamp(&dt), 951782400);
}

static void test_small_headers(void) {
    CHECK(isdigit('7') && !isdigit('x') && isspace('\t') && toupper('a') == 'A');
    CHECK_EQ(hton16(0x1234), 0x3412);
    CHECK_EQ(ntoh32(0x12345678), 0x78563412);
    uint32_t map[BITMAP_WORDS(40)] = {0};
    bitmap_set(map, 35);
    CHECK(bitmap_get(map, 35) && !bitmap_get(map, 34));
    CHECK_STR(error_name(ERR_ABORTED), "ERR_ABORTED");
    CHECK_STR(program_name(), "test");
}

static void test_lists(void) {
    struct item {
        int value;
        list_elem_t next;
    } items[3] = {{1, {0}}, {2, {0}}, {3, {0}}};
    list_t list;
    list_init(&list);
    for (int i = 0; i < 3; i++) {
        list_push_back(&list, &items[i].next);
    }
    list_remove(&items[1].next);

    int sum = 0;
    LIST_FOR_EACH (item, &list, struct item, next) {
        sum += item->value;
    }
    CHECK_EQ(sum, 4);
    CHECK(LIST_POP_FRONT(&list, struct item, next) == &items[0]);
    CHECK(!list_is_empty(&list));
}

const struct test_case library_cases[] = {
    {"library.malloc", test_malloc},
    {"library.malloc_large", test_malloc_large},
    {"library.realloc", test_realloc},
    {"library.malloc_stats", test_malloc_stats},
    {"library.strings", test_strings},
    {"library.printf", test_printf},
    {"library.handles", test_handles},
    {"library.cmdline", test_cmdline},
    {"library.datetime", test_datetime},
    {"library.small_headers", test_small_headers},
    {"library.lists", test_lists},
    {"library.memory_functions", test_memory_functions},
    {NULL, NULL},
};
