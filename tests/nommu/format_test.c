#include <kernel/format.h>
#include <stdarg.h>
#include <stdio.h>
#include <unittest.h>

static char text[128];
static size_t len;

static void put(void *ctx __unused, char c) {
    if (len < sizeof(text) - 1) {
        text[len++] = c;
    }
}

/// Formats; the C library says what is right.
static void __printf(1, 2) check(const char *fmt, ...) {
    char expected[128];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    len = 0;
    format_small(put, fmt, ap);
    text[len] = '\0';
    vsnprintf(expected, sizeof(expected), fmt, again);
    va_end(again);
    va_end(ap);
    TEST_EXPECT_STR_EQ(text, expected);
}

TEST("format: what the kernel prints looks as anywhere") {
    check("plain 100%%");
    check("%d %i %u %x", -5, 7, 4000000000u, 0xdeadbeefu);
    check("%d %d", (int) 0x80000000, 0);
    check("[%5d] [%-5d] [%05d] [%05d]", 42, 42, 42, -42);
    check("[%8x] [%08x] [%-8x]", 0xabcu, 0xabcu, 0xabcu);
    check("%ld %lu %zu %zx", -1l, 18446744073709551615ul, (size_t) 77, (size_t) 0x1234);
    check("%lld %llu %llx", -9223372036854775807ll - 1, 18446744073709551615ull, 1ull << 40);
    check("[%s] [%10s] [%-10s] [%c] [%3c]", "text", "right", "left", 'x', 'y');
    check("%p", (void *) 0x1234);
    check("%d%s%d", 1, "", 2);
}

TEST("format: what it doesn't know is printed as it stands") {
    const char *unknown = "%y %";
    va_list none;
    len = 0;
    // Nothing of the list is taken.
    __builtin_memset(&none, 0, sizeof(none));
    format_small(put, unknown, none);
    text[len] = '\0';
    TEST_EXPECT_STR_EQ(text, "%y %");
}
