#include <keyboard.h>
#include <string.h>
#include <unittest.h>

static struct keyboard keyboard;

/// The keys of the row that begins with a usage, which for the most part isn't the order of usages: what they
/// type with a modifier held.
static const char *type_row(const char *usages, uint8_t modifier) {
    static char typed[128];
    char none[KEYBOARD_TEXT_MAX];
    size_t len = 0;
    if (modifier != KEYBOARD_NONE) {
        (void) keyboard_press(&keyboard, modifier, none);
    }
    for (; *usages != '\0'; usages++) {
        len += keyboard_press(&keyboard, (uint8_t) *usages, &typed[len]);
        keyboard_release(&keyboard, (uint8_t) *usages);
    }
    keyboard_release_all(&keyboard);
    typed[len] = '\0';
    return typed;
}

#define DIGITS "\x35\x1e\x1f\x20\x21\x22\x23\x24\x25\x26\x27\x2d\x2e"
#define UPPER  "\x14\x1a\x08\x15\x17\x1c\x18\x0c\x12\x13\x2f\x30"
#define MIDDLE "\x04\x16\x07\x09\x0a\x0b\x0d\x0e\x0f\x33\x34\x31"
#define LOWER  "\x64\x1d\x1b\x06\x19\x05\x11\x10\x36\x37\x38"

TEST("there are two layouts") {
    TEST_EXPECT(keyboard_layout("us") != NULL);
    TEST_EXPECT(keyboard_layout("de") != NULL);
    TEST_EXPECT(keyboard_layout("qwertz") == NULL);
    TEST_EXPECT(keyboard_layout("") == NULL);
}

/// Characters of a string in UTF-8.
static unsigned count(const char *text) {
    unsigned num = 0;
    for (; *text != '\0'; text++) {
        num += (*text & 0xc0) != 0x80;
    }
    return num;
}

TEST("no layout has forgotten a key") {
    static const char *const names[] = {"us", "de"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct keyboard_layout *layout = keyboard_layout(names[i]);
        TEST_EXPECT_EQ(count(layout->plain), KEYBOARD_LAYOUT_KEYS);
        TEST_EXPECT_EQ(count(layout->shift), KEYBOARD_LAYOUT_KEYS);
        if (layout->altgr != NULL) {
            TEST_EXPECT_EQ(count(layout->altgr), KEYBOARD_LAYOUT_KEYS);
        }
    }
}

TEST("the layout of the USA") {
    keyboard_init(&keyboard, keyboard_layout("us"));
    TEST_EXPECT_STR_EQ(type_row(DIGITS, 0), "`1234567890-=");
    TEST_EXPECT_STR_EQ(type_row(UPPER, 0), "qwertyuiop[]");
    TEST_EXPECT_STR_EQ(type_row(MIDDLE, 0), "asdfghjkl;'\\");
    TEST_EXPECT_STR_EQ(type_row(LOWER, 0), "\\zxcvbnm,./");
    TEST_EXPECT_STR_EQ(type_row(DIGITS, KEYBOARD_LEFT_SHIFT), "~!@#$%^&*()_+");
    TEST_EXPECT_STR_EQ(type_row(UPPER, KEYBOARD_LEFT_SHIFT), "QWERTYUIOP{}");
    TEST_EXPECT_STR_EQ(type_row(MIDDLE, KEYBOARD_LEFT_SHIFT), "ASDFGHJKL:\"|");
    TEST_EXPECT_STR_EQ(type_row(LOWER, KEYBOARD_LEFT_SHIFT), "|ZXCVBNM<>?");
    // The other key left of Enter.
    TEST_EXPECT_STR_EQ(type_row("\x32", 0), "\\");
}

TEST("the German layout") {
    keyboard_init(&keyboard, keyboard_layout("de"));
    TEST_EXPECT_STR_EQ(type_row(DIGITS, 0), "^1234567890ß´");
    TEST_EXPECT_STR_EQ(type_row(UPPER, 0), "qwertzuiopü+");
    TEST_EXPECT_STR_EQ(type_row(MIDDLE, 0), "asdfghjklöä#");
    TEST_EXPECT_STR_EQ(type_row(LOWER, 0), "<yxcvbnm,.-");
    TEST_EXPECT_STR_EQ(type_row(DIGITS, KEYBOARD_LEFT_SHIFT), "°!\"§$%&/()=?`");
    TEST_EXPECT_STR_EQ(type_row(MIDDLE, KEYBOARD_LEFT_SHIFT), "ASDFGHJKLÖÄ'");
    TEST_EXPECT_STR_EQ(type_row(LOWER, KEYBOARD_LEFT_SHIFT), ">YXCVBNM;:_");
    TEST_EXPECT_STR_EQ(type_row("\x63", 0), ",");
}

TEST("AltGr is a level of its own, and Ctrl with it none") {
    keyboard_init(&keyboard, keyboard_layout("de"));
    TEST_EXPECT_STR_EQ(type_row(DIGITS, KEYBOARD_RIGHT_ALT), "²³{[]}\\");
    TEST_EXPECT_STR_EQ(type_row(UPPER, KEYBOARD_RIGHT_ALT), "@€~");
    TEST_EXPECT_STR_EQ(type_row(LOWER, KEYBOARD_RIGHT_ALT), "|µ");
    char none[KEYBOARD_TEXT_MAX];
    (void) keyboard_press(&keyboard, KEYBOARD_LEFT_CONTROL, none);
    TEST_EXPECT_STR_EQ(type_row(UPPER, KEYBOARD_RIGHT_ALT), "@€~");
    TEST_EXPECT_STR_EQ(type_row("\x1c", KEYBOARD_LEFT_CONTROL), "\x1a");
    TEST_EXPECT_STR_EQ(type_row("\x14", KEYBOARD_LEFT_ALT), "\x1bq");
}

TEST("Caps Lock knows the letters of a layout") {
    keyboard_init(&keyboard, keyboard_layout("de"));
    char none[KEYBOARD_TEXT_MAX];
    (void) keyboard_press(&keyboard, KEYBOARD_CAPS_LOCK, none);
    TEST_EXPECT_STR_EQ(type_row(DIGITS, 0), "^1234567890ß´");
    TEST_EXPECT_STR_EQ(type_row(UPPER, 0), "QWERTZUIOPÜ+");
    TEST_EXPECT_STR_EQ(type_row(MIDDLE, KEYBOARD_LEFT_SHIFT), "asdfghjklöä'");
}
