#include <keyboard.h>
#include <string.h>
#include <unittest.h>

#define KEY_A 0x04
#define KEY_C 0x06
#define KEY_1 0x1e
#define KEY_2 0x1f

static struct keyboard keyboard;
static char typed[256];
static size_t typed_len;

static void set_up(void) {
    keyboard_init(&keyboard, keyboard_layout("us"));
    typed_len = 0;
}

static void press(uint8_t usage) {
    size_t len = keyboard_press(&keyboard, usage, &typed[typed_len]);
    TEST_EXPECT_LE(len, KEYBOARD_TEXT_MAX);
    typed_len += len;
}

static void type(uint8_t usage) {
    press(usage);
    keyboard_release(&keyboard, usage);
}

/// Whether this and no more has been typed since the last time.
static void expect(const char *text) {
    typed[typed_len] = '\0';
    TEST_EXPECT_STR_EQ(typed, text);
    typed_len = 0;
}

TEST("letters, digits and what is on no layout") {
    set_up();
    type(KEY_A);
    type(KEY_1);
    type(KEYBOARD_SPACE);
    type(KEYBOARD_ENTER);
    type(KEYBOARD_TAB);
    type(KEYBOARD_BACKSPACE);
    type(KEYBOARD_ESCAPE);
    expect("a1 \r\t\x7f\x1b");
}

TEST("either Shift, and both") {
    set_up();
    press(KEYBOARD_LEFT_SHIFT);
    type(KEY_A);
    press(KEYBOARD_RIGHT_SHIFT);
    type(KEY_A);
    keyboard_release(&keyboard, KEYBOARD_LEFT_SHIFT);
    type(KEY_1);
    keyboard_release(&keyboard, KEYBOARD_RIGHT_SHIFT);
    type(KEY_A);
    expect("AA!a");
}

TEST("Caps Lock is for letters, and Shift turns it round") {
    set_up();
    TEST_EXPECT_EQ(keyboard_leds(&keyboard), KEYBOARD_LED_NUM);
    press(KEYBOARD_CAPS_LOCK);
    // The hardware repeats it.
    press(KEYBOARD_CAPS_LOCK);
    keyboard_release(&keyboard, KEYBOARD_CAPS_LOCK);
    TEST_EXPECT_EQ(keyboard_leds(&keyboard), KEYBOARD_LED_NUM | KEYBOARD_LED_CAPS);
    type(KEY_A);
    type(KEY_1);
    press(KEYBOARD_LEFT_SHIFT);
    type(KEY_A);
    type(KEY_1);
    keyboard_release(&keyboard, KEYBOARD_LEFT_SHIFT);
    type(KEYBOARD_CAPS_LOCK);
    type(KEY_A);
    expect("A1a!a");
    TEST_EXPECT_EQ(keyboard_leds(&keyboard), KEYBOARD_LED_NUM);
}

TEST("Ctrl makes control characters") {
    set_up();
    press(KEYBOARD_LEFT_CONTROL);
    type(KEY_C);
    type(0x2f);  // [
    type(0x30);  // ]
    type(0x31);  // backslash
    type(0x38);  // slash
    type(KEY_1);
    press(KEYBOARD_LEFT_SHIFT);
    type(KEY_A);
    type(0x38);  // ?
    expect("\x03\x1b\x1d\x1c\x1f"
           "1\x01\x7f");
    typed_len = 0;
    press(KEYBOARD_SPACE);
    TEST_EXPECT_EQ(typed_len, 1);
    TEST_EXPECT_EQ(typed[0], 0);
}

TEST("Alt sends an escape first; without AltGr either does") {
    set_up();
    press(KEYBOARD_LEFT_ALT);
    type(KEY_A);
    keyboard_release(&keyboard, KEYBOARD_LEFT_ALT);
    press(KEYBOARD_RIGHT_ALT);
    type(KEY_C);
    expect("\x1b"
           "a\x1b"
           "c");
}

TEST("arrows and their neighbours") {
    set_up();
    type(KEYBOARD_UP);
    type(KEYBOARD_DOWN);
    type(KEYBOARD_RIGHT);
    type(KEYBOARD_LEFT);
    expect("\x1b[A\x1b[B\x1b[C\x1b[D");
    type(KEYBOARD_HOME);
    type(KEYBOARD_END);
    type(KEYBOARD_INSERT);
    type(KEYBOARD_DELETE);
    type(KEYBOARD_PAGE_UP);
    type(KEYBOARD_PAGE_DOWN);
    expect("\x1b[H\x1b[F\x1b[2~\x1b[3~\x1b[5~\x1b[6~");
}

TEST("function keys") {
    set_up();
    for (uint8_t usage = KEYBOARD_F1; usage < KEYBOARD_F5; usage++) {
        type(usage);
    }
    expect("\x1bOP\x1bOQ\x1bOR\x1bOS");
    for (uint8_t usage = KEYBOARD_F5; usage <= KEYBOARD_F12; usage++) {
        type(usage);
    }
    expect("\x1b[15~\x1b[17~\x1b[18~\x1b[19~\x1b[20~\x1b[21~\x1b[23~\x1b[24~");
}

TEST("modifiers are told in sequences") {
    set_up();
    press(KEYBOARD_RIGHT_CONTROL);
    type(KEYBOARD_RIGHT);
    press(KEYBOARD_LEFT_ALT);
    press(KEYBOARD_LEFT_SHIFT);
    type(KEYBOARD_F12);
    type(KEYBOARD_F1);
    expect("\x1b[1;5C\x1b[24;8~\x1b[1;8P");
    keyboard_release_all(&keyboard);
    press(KEYBOARD_RIGHT_SHIFT);
    type(KEYBOARD_TAB);
    expect("\x1b[Z");
}

TEST("the keypad has digits with Num Lock, arrows without") {
    set_up();
    for (uint8_t usage = KEYBOARD_PAD_SLASH; usage <= KEYBOARD_PAD_POINT; usage++) {
        type(usage);
    }
    expect("/*-+\r1234567890.");
    type(KEYBOARD_NUM_LOCK);
    TEST_EXPECT_EQ(keyboard_leds(&keyboard), 0);
    for (uint8_t usage = KEYBOARD_PAD_1; usage <= KEYBOARD_PAD_POINT; usage++) {
        type(usage);
    }
    expect("\x1b[F\x1b[B\x1b[6~\x1b[D\x1b[C\x1b[H\x1b[A\x1b[5~\x1b[2~\x1b[3~");
    type(KEYBOARD_PAD_ENTER);
    expect("\r");
}

TEST("every key of a keyboard types at most what there is room for") {
    for (unsigned modifiers = 0; modifiers < 256; modifiers++) {
        set_up();
        for (unsigned i = 0; i < 8; i++) {
            if (modifiers >> i & 1) {
                press((uint8_t) (KEYBOARD_LEFT_CONTROL + i));
            }
        }
        TEST_EXPECT_EQ(typed_len, 0);
        for (unsigned usage = 0; usage < 256; usage++) {
            type((uint8_t) usage);
            typed_len = 0;
        }
    }
}

TEST("the last key that typed is repeated while it is held") {
    set_up();
    char text[KEYBOARD_TEXT_MAX];
    TEST_EXPECT_EQ(keyboard_repeat(&keyboard, text), 0);
    press(KEY_A);
    TEST_EXPECT_EQ(keyboard_repeat(&keyboard, text), 1);
    TEST_EXPECT_EQ(text[0], 'a');
    press(KEYBOARD_LEFT_SHIFT);
    TEST_EXPECT_EQ(keyboard_repeat(&keyboard, text), 1);
    TEST_EXPECT_EQ(text[0], 'A');
    press(KEYBOARD_UP);
    TEST_EXPECT_EQ(keyboard_repeat(&keyboard, text), 6);
    keyboard_release(&keyboard, KEY_A);
    TEST_EXPECT_EQ(keyboard_repeat(&keyboard, text), 6);
    keyboard_release(&keyboard, KEYBOARD_UP);
    TEST_EXPECT_EQ(keyboard_repeat(&keyboard, text), 0);
    // Pressing it again is another press.
    press(KEY_A);
    keyboard_release_all(&keyboard);
    TEST_EXPECT_EQ(keyboard_repeat(&keyboard, text), 0);
}
