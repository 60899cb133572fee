#include "random.h"
#include "renamed.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unittest.h>

// Many formats below make no sense, which is why they are tested.
#pragma clang diagnostic ignored "-Wformat"
#pragma clang diagnostic ignored "-Wformat-nonliteral"
#pragma clang diagnostic ignored "-Wformat-security"

/// Formats with our function and with libc's; both must return and print the same.
#define EXPECT_SAME(...)                                               \
    do {                                                               \
        char ours[300], libc[300];                                     \
        int our_len = resea_snprintf(ours, sizeof(ours), __VA_ARGS__); \
        int libc_len = snprintf(libc, sizeof(libc), __VA_ARGS__);      \
        TEST_EXPECT_STR_EQ(ours, libc);                                \
        TEST_EXPECT_EQ(our_len, libc_len);                             \
    } while (0)

TEST("integers of every length print as libc prints them") {
    EXPECT_SAME("%d %d %d", 0, INT_MAX, INT_MIN);
    EXPECT_SAME("%u %x %X %o", UINT_MAX, 0xdeadbeefu, 0xdeadbeefu, 0755u);
    EXPECT_SAME("%ld %lu %lx", LONG_MIN, ULONG_MAX, 0x123456789abcdefl);
    EXPECT_SAME("%lld %llu %llo", LLONG_MIN, ULLONG_MAX, ULLONG_MAX);
    EXPECT_SAME("%zu %zx %td %jd", SIZE_MAX, (size_t) 10, (ptrdiff_t) -1, INTMAX_MIN);
    EXPECT_SAME("%hd %hu %hhd %hhu", 0x18000, 0x12345, 0x1ff, 0x1ff);
    EXPECT_SAME("%i, then %d", -1, 1);
}

TEST("strings, characters and percent signs print as libc prints them") {
    EXPECT_SAME("%s|%8s|%-8s|%.2s|%8.2s|%-8.2s|", "abc", "abc", "abc", "abc", "abc", "abc");
    EXPECT_SAME("%c|%3c|%-3c|", 'x', 'y', 'z');
    EXPECT_SAME("100%% of %s", "it");
    EXPECT_SAME("%*s|%-*s|%.*s|", 5, "a", 5, "b", 1, "cd");
    EXPECT_SAME("%*d|", -5, 42);
    EXPECT_SAME("");
}

/// Builds a conversion out of what the bits of `choice` select.
static void make_format(char *fmt, uint32_t *seed, char conv) {
    char *p = fmt;
    *p++ = '<';
    *p++ = '%';
    for (const char *flags = "-0+ #"; *flags != '\0'; flags++) {
        if (random_below(seed, 3) == 0) {
            *p++ = *flags;
        }
    }
    if (random_below(seed, 2) == 0) {
        p += sprintf(p, "%u", random_below(seed, 30));
    }
    if (random_below(seed, 3) == 0) {
        p += sprintf(p, ".%u", random_below(seed, 30));
    }
    sprintf(p, "l%c>", conv);
}

TEST("all combinations of flags, width and precision print as libc prints them") {
    uint32_t seed = 6;
    for (int i = 0; i < 50000; i++) {
        char fmt[32];
        make_format(fmt, &seed, "dixXuo"[random_below(&seed, 6)]);
        long value = (long) (((uint64_t) random_next(&seed) << 32) | random_next(&seed));
        value >>= random_below(&seed, 64);
        EXPECT_SAME(fmt, value);
    }
}

TEST("pointers and null strings have a form of our own") {
    char buf[64];
    resea_snprintf(buf, sizeof(buf), "%p %p %s", (void *) 0x1234, NULL, NULL);
    TEST_EXPECT_STR_EQ(buf, "0x1234 0x0 (null)");
    resea_snprintf(buf, sizeof(buf), "[%10p] [%-8p] [%.8p]", (void *) 0xab, (void *) 0xab,
                   (void *) 0xab);
    TEST_EXPECT_STR_EQ(buf, "[      0xab] [0xab    ] [0x000000ab]");
}

TEST("what is no conversion is printed as it stands") {
    char buf[64];
    resea_snprintf(buf, sizeof(buf), "%q %5y %d %", 1);
    TEST_EXPECT_STR_EQ(buf, "%q %5y 1 %");
}

TEST("a buffer that is too small is filled, terminated, and not overrun") {
    for (size_t size = 0; size < 10; size++) {
        char ours[10], libc[10];
        memset(ours, '-', sizeof(ours));
        memset(libc, '-', sizeof(libc));
        TEST_EXPECT_EQ(resea_snprintf(ours, size, "%s%d", "abc", 4567), 7);
        snprintf(libc, size, "%s%d", "abc", 4567);
        TEST_EXPECT_MEM_EQ(ours, libc, sizeof(ours));
    }
    TEST_EXPECT_EQ(resea_snprintf(NULL, 0, "%d", 12), 2);
}

TEST("a precision keeps %s from reading on") {
    char unterminated[3] = {'a', 'b', 'c'};
    char buf[8];
    resea_snprintf(buf, sizeof(buf), "%.3s", unterminated);
    TEST_EXPECT_STR_EQ(buf, "abc");
}
