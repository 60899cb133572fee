#include <unittest.h>

#include "../keys.h"

/// Feeds the bytes of `str` and returns the key that the last one makes; all others must make none.
static int decode(const char *str) {
    struct key_decoder decoder = {0};
    int key = KEY_NONE;
    for (; *str != '\0'; str++) {
        TEST_EXPECT_EQ(key, KEY_NONE);
        key = key_decode(&decoder, *str);
    }

    return key;
}

TEST("plain and control characters are themselves") {
    TEST_EXPECT_EQ(decode("a"), 'a');
    TEST_EXPECT_EQ(decode("\x01"), KEY_CTRL('A'));
    TEST_EXPECT_EQ(decode("\xc3"), 0xc3);
}

TEST("both codes of the backspace key") {
    TEST_EXPECT_EQ(decode("\x7f"), KEY_BACKSPACE);
    TEST_EXPECT_EQ(decode("\b"), KEY_BACKSPACE);
}

TEST("keys sent as escape sequences") {
    TEST_EXPECT_EQ(decode("\x1b[A"), KEY_UP);
    TEST_EXPECT_EQ(decode("\x1b[B"), KEY_DOWN);
    TEST_EXPECT_EQ(decode("\x1b[C"), KEY_RIGHT);
    TEST_EXPECT_EQ(decode("\x1b[D"), KEY_LEFT);
    TEST_EXPECT_EQ(decode("\x1bOH"), KEY_HOME);
    TEST_EXPECT_EQ(decode("\x1b[F"), KEY_END);
    TEST_EXPECT_EQ(decode("\x1b[1~"), KEY_HOME);
    TEST_EXPECT_EQ(decode("\x1b[3~"), KEY_DELETE);
    TEST_EXPECT_EQ(decode("\x1b[8~"), KEY_END);
    TEST_EXPECT_EQ(decode("\x1b[1;5C"), KEY_RIGHT);
}

TEST("unknown sequences are swallowed whole") {
    TEST_EXPECT_EQ(decode("\x1b[15~"), KEY_NONE);
    TEST_EXPECT_EQ(decode("\x1b[99999999999~"), KEY_NONE);
    TEST_EXPECT_EQ(decode("\x1bx"), KEY_NONE);

    struct key_decoder decoder = {0};
    const char *bytes = "\x1b[15~";
    for (; *bytes != '\0'; bytes++) {
        TEST_EXPECT_EQ(key_decode(&decoder, *bytes), KEY_NONE);
    }
    TEST_EXPECT_EQ(key_decode(&decoder, 'x'), 'x');
}

TEST("enter is one newline however it is sent") {
    struct key_decoder decoder = {0};
    TEST_EXPECT_EQ(key_decode(&decoder, '\r'), '\n');
    TEST_EXPECT_EQ(key_decode(&decoder, '\n'), KEY_NONE);
    TEST_EXPECT_EQ(key_decode(&decoder, '\n'), '\n');
    TEST_EXPECT_EQ(key_decode(&decoder, '\r'), '\n');
    TEST_EXPECT_EQ(key_decode(&decoder, '\r'), '\n');
}
