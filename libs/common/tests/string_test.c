#include "random.h"
#include "renamed.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#define ROUNDS 20000

static int sign(int value) {
    return (value > 0) - (value < 0);
}

/// A buffer of exactly `len` bytes, so that the address sanitizer sees every access beyond it.
static uint8_t *random_bytes(uint32_t *state, size_t len) {
    uint8_t *bytes = malloc(len + (len == 0));
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t) random_next(state);
    }
    return bytes;
}

/// A string of few different characters, as long strings must be alike to be interesting.
static char *random_string(uint32_t *state, size_t len) {
    char *s = malloc(len + 1);
    for (size_t i = 0; i < len; i++) {
        s[i] = (char) ('a' + (int) random_below(state, 2));
    }
    s[len] = '\0';
    return s;
}

TEST("memcpy copies every length from and to every alignment") {
    uint32_t seed = 1;
    for (size_t len = 0; len < 100; len++) {
        for (size_t offset = 0; offset < 64; offset++) {
            size_t to = offset % 8;
            size_t from = offset / 8;
            uint8_t *src = random_bytes(&seed, from + len);
            uint8_t *dst = random_bytes(&seed, to + len);
            TEST_EXPECT_EQ(resea_memcpy(dst + to, src + from, len), dst + to);
            TEST_EXPECT_MEM_EQ(dst + to, src + from, len);
            free(src);
            free(dst);
        }
    }
}

TEST("memcpy and memset leave what is around the buffer alone") {
    uint8_t buf[64];
    memset(buf, 0xee, sizeof(buf));
    resea_memset(&buf[3], 0x11, 42);
    resea_memcpy(&buf[50], "abcdef", 6);
    for (size_t i = 0; i < sizeof(buf); i++) {
        bool in_set = i >= 3 && i < 45;
        bool in_copy = i >= 50 && i < 56;
        TEST_EXPECT_EQ(buf[i], in_set ? 0x11 : in_copy ? "abcdef"[i - 50] : 0xee);
    }
}

TEST("memmove agrees with libc on overlapping buffers") {
    uint32_t seed = 2;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t *ours = random_bytes(&seed, 200);
        uint8_t *libc = malloc(200);
        memcpy(libc, ours, 200);
        size_t len = random_below(&seed, 120);
        size_t from = random_below(&seed, 80);
        size_t to = random_below(&seed, 80);
        TEST_EXPECT_EQ(resea_memmove(ours + to, ours + from, len), ours + to);
        memmove(libc + to, libc + from, len);
        TEST_EXPECT_MEM_EQ(ours, libc, 200);
        free(ours);
        free(libc);
    }
}

TEST("memset agrees with libc") {
    uint32_t seed = 3;
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = random_below(&seed, 120);
        size_t from = random_below(&seed, 16);
        int value = (int) random_next(&seed);
        uint8_t *ours = random_bytes(&seed, from + len);
        uint8_t *libc = malloc(from + len + 1);
        memcpy(libc, ours, from + len);
        TEST_EXPECT_EQ(resea_memset(ours + from, value, len), ours + from);
        memset(libc + from, value, len);
        TEST_EXPECT_MEM_EQ(ours, libc, from + len);
        free(ours);
        free(libc);
    }

    uint8_t bytes[3] = {1, 2, 3};
    resea_bzero(bytes, 2);
    TEST_EXPECT_EQ(bytes[0] + bytes[1], 0);
    TEST_EXPECT_EQ(bytes[2], 3);
}

TEST("memcmp agrees with libc about the first difference") {
    uint32_t seed = 4;
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = random_below(&seed, 40);
        uint8_t *a = random_bytes(&seed, len);
        uint8_t *b = malloc(len + 1);
        memcpy(b, a, len);
        if (len > 0) {
            b[random_below(&seed, (uint32_t) len)] ^= (uint8_t) random_below(&seed, 256);
        }
        TEST_EXPECT_EQ(sign(resea_memcmp(a, b, len)), sign(memcmp(a, b, len)));
        free(a);
        free(b);
    }
}

TEST("comparing and searching strings agrees with libc") {
    uint32_t seed = 5;
    for (int i = 0; i < ROUNDS; i++) {
        char *a = random_string(&seed, random_below(&seed, 24));
        char *b = random_string(&seed, random_below(&seed, 5));
        size_t max = random_below(&seed, 8);
        int ch = "abc"[random_below(&seed, 4)];
        TEST_EXPECT_EQ(resea_strlen(a), strlen(a));
        TEST_EXPECT_EQ(resea_strnlen(a, max), strnlen(a, max));
        TEST_EXPECT_EQ(sign(resea_strcmp(a, b)), sign(strcmp(a, b)));
        TEST_EXPECT_EQ(sign(resea_strncmp(a, b, max)), sign(strncmp(a, b, max)));
        TEST_EXPECT_EQ(resea_strchr(a, ch), strchr(a, ch));
        TEST_EXPECT_EQ(resea_strrchr(a, ch), strrchr(a, ch));
        TEST_EXPECT_EQ(resea_strstr(a, b), strstr(a, b));
        free(a);
        free(b);
    }
}

TEST("characters beyond ASCII are larger than others") {
    TEST_EXPECT_GT(resea_strcmp("\xff", "a"), 0);
    TEST_EXPECT_GT(resea_memcmp("\xff", "a", 1), 0);
    TEST_EXPECT_EQ(*resea_strchr("a\xff", '\xff'), '\xff');
}

TEST("atoi takes white space, a sign, and digits until something else comes") {
    TEST_EXPECT_EQ(resea_atoi("42"), 42);
    TEST_EXPECT_EQ(resea_atoi(" \t\n-17x"), -17);
    TEST_EXPECT_EQ(resea_atoi("+5"), 5);
    TEST_EXPECT_EQ(resea_atoi("--5"), 0);
    TEST_EXPECT_EQ(resea_atoi(""), 0);
    TEST_EXPECT_EQ(resea_atoi("2147483647"), INT_MAX);
    TEST_EXPECT_EQ(resea_atoi("2147483648"), INT_MAX);
    TEST_EXPECT_EQ(resea_atoi("-2147483648"), INT_MIN);
    TEST_EXPECT_EQ(resea_atoi("-2147483649"), INT_MIN);
    TEST_EXPECT_EQ(resea_atoi("99999999999999999999"), INT_MAX);
}

TEST("strncpy2 always terminates, and cuts what doesn't fit") {
    char buf[6] = "------";
    resea_strncpy2(buf, "abcdefg", 4);
    TEST_EXPECT_STR_EQ(buf, "abc");
    TEST_EXPECT_EQ(buf[4], '-');
    resea_strncpy2(buf, "xy", sizeof(buf));
    TEST_EXPECT_STR_EQ(buf, "xy");
    resea_strncpy2(buf, "xyz", 1);
    TEST_EXPECT_STR_EQ(buf, "");
    buf[0] = 'q';
    resea_strncpy2(buf, "xyz", 0);
    TEST_EXPECT_EQ(buf[0], 'q');

    // It doesn't look for the end of a source that it cuts.
    char unterminated[3] = {'a', 'b', 'c'};
    resea_strncpy2(buf, unterminated, 3);
    TEST_EXPECT_STR_EQ(buf, "ab");
}
