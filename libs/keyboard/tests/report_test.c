#include <keyboard.h>
#include <string.h>
#include <unittest.h>

static struct keyboard keyboard;

static void set_up(void) {
    keyboard_init(&keyboard, keyboard_layout("us"));
}

/// Reports that these keys are held; returns what that types.
static const char *report(uint8_t modifiers, const char *keys) {
    static char text[KEYBOARD_REPORT_TEXT_MAX + 1];
    uint8_t bytes[8] = {modifiers};
    memcpy(&bytes[2], keys, strlen(keys));
    size_t len = keyboard_report(&keyboard, bytes, sizeof(bytes), text);
    TEST_EXPECT_LE(len, KEYBOARD_REPORT_TEXT_MAX);
    text[len] = '\0';
    return text;
}

TEST("keys type when they go down") {
    set_up();
    TEST_EXPECT_STR_EQ(report(0, "\x04"), "a");
    TEST_EXPECT_STR_EQ(report(0, "\x04"), "");
    TEST_EXPECT_STR_EQ(report(0, "\x04\x05"), "b");
    // They may change places.
    TEST_EXPECT_STR_EQ(report(0, "\x05\x04"), "");
    TEST_EXPECT_STR_EQ(report(0, "\x05"), "");
    TEST_EXPECT_STR_EQ(report(0, "\x05\x04"), "a");
    TEST_EXPECT_STR_EQ(report(0, ""), "");
    TEST_EXPECT_STR_EQ(report(0, "\x52\x51"), "\x1b[A\x1b[B");
}

TEST("modifiers come first") {
    set_up();
    TEST_EXPECT_STR_EQ(report(0x02, "\x04"), "A");
    TEST_EXPECT_STR_EQ(report(0x20, "\x04\x05"), "B");
    TEST_EXPECT_STR_EQ(report(0x01, "\x06"), "\x03");
    TEST_EXPECT_STR_EQ(report(0, "\x06\x07"), "d");
}

TEST("what is held is repeated") {
    set_up();
    char text[KEYBOARD_TEXT_MAX];
    TEST_EXPECT_STR_EQ(report(0, "\x04"), "a");
    TEST_EXPECT_EQ(keyboard_repeat(&keyboard, text), 1);
    TEST_EXPECT_STR_EQ(report(0, ""), "");
    TEST_EXPECT_EQ(keyboard_repeat(&keyboard, text), 0);
}

TEST("too many keys: nothing changes but the modifiers") {
    set_up();
    TEST_EXPECT_STR_EQ(report(0, "\x04"), "a");
    TEST_EXPECT_STR_EQ(report(0, "\x01\x01\x01\x01\x01\x01"), "");
    TEST_EXPECT_STR_EQ(report(0x02, "\x01\x01\x01\x01\x01\x01"), "");
    TEST_EXPECT_STR_EQ(report(0x02, "\x04\x05"), "B");
}

TEST("reports that are short, long, or make no sense") {
    set_up();
    char text[KEYBOARD_REPORT_TEXT_MAX];
    static const uint8_t bytes[64] = {0, 0, 4, 4, 0xe1, 5, 0xff, 6, 7, 8, 9};
    TEST_EXPECT_EQ(keyboard_report(&keyboard, bytes, 0, text), 0);
    TEST_EXPECT_EQ(keyboard_report(&keyboard, bytes, 3, text), 1);
    TEST_EXPECT_EQ(keyboard_report(&keyboard, bytes, sizeof(bytes), text), 2);
    TEST_EXPECT_MEM_EQ(text, "bc", 2);
    TEST_EXPECT_EQ(keyboard_report(&keyboard, bytes, 1, text), 0);
    for (unsigned seed = 0; seed < 20000; seed++) {
        uint8_t random[8];
        for (unsigned i = 0; i < sizeof(random); i++) {
            random[i] = (uint8_t) (seed * 2654435761u >> (i * 3));
        }
        TEST_EXPECT_LE(keyboard_report(&keyboard, random, sizeof(random), text),
                       KEYBOARD_REPORT_TEXT_MAX);
    }
}
