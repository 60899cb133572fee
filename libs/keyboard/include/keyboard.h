#ifndef __KEYBOARD_H__
#define __KEYBOARD_H__

/// \file
/// What keyboards have in common: keys that go down and up become text for the console (sys_console_feed in
/// <resea/syscall.h>), characters in UTF-8 and the escape sequences of xterm. A driver says which key it was by
/// its usage, the number that it has on a USB keyboard (USB HID Usage Tables 1.12, page 7), whatever its
/// hardware calls it.
///
///     struct keyboard keyboard;
///     keyboard_init(&keyboard, keyboard_layout(CONFIG_KEYBOARD_LAYOUT));
///     …
///     char text[KEYBOARD_TEXT_MAX];
///     size_t len = keyboard_press(&keyboard, KEYBOARD_ENTER, text);
///
/// Nothing here blocks, allocates or calls anybody.

#include <types.h>

// ---- Layouts ------------------------------------------------------------------------------------

/// Keys that differ from layout to layout: 13 in the row of the digits, 12 below it, 12 below that (with the key
/// left of Enter, which has moved up where Enter is flat), and 11 in the lowest row, the first one of which
/// (right of the left Shift) keyboards of the USA don't have.
#define KEYBOARD_LAYOUT_KEYS (13 + 12 + 12 + 11)

struct keyboard_layout {
    const char *name;
    /// A character for each key, in UTF-8, in the order in which they lie on the keyboard. A space: none.
    const char *plain, *shift;
    const char *altgr;  ///< The right Alt key's. NULL: that is like the left one.
    char keypad_point;  ///< The character of the numeric keypad's point.
};

/// "us" or "de". NULL: there is no such layout.
const struct keyboard_layout *keyboard_layout(const char *name);

// ---- Keys ---------------------------------------------------------------------------------------

/// Usages with a meaning of their own; the others are found by their place in the layout.
enum keyboard_usage {
    KEYBOARD_NONE = 0,
    KEYBOARD_ERROR = 3,  ///< Up to here: no keys, but that the keyboard couldn't tell which.
    KEYBOARD_ENTER = 0x28,
    KEYBOARD_ESCAPE = 0x29,
    KEYBOARD_BACKSPACE = 0x2a,
    KEYBOARD_TAB = 0x2b,
    KEYBOARD_SPACE = 0x2c,
    KEYBOARD_CAPS_LOCK = 0x39,
    KEYBOARD_F1 = 0x3a,
    KEYBOARD_F5 = 0x3e,
    KEYBOARD_F12 = 0x45,
    KEYBOARD_INSERT = 0x49,
    KEYBOARD_HOME = 0x4a,
    KEYBOARD_PAGE_UP = 0x4b,
    KEYBOARD_DELETE = 0x4c,
    KEYBOARD_END = 0x4d,
    KEYBOARD_PAGE_DOWN = 0x4e,
    KEYBOARD_RIGHT = 0x4f,
    KEYBOARD_LEFT = 0x50,
    KEYBOARD_DOWN = 0x51,
    KEYBOARD_UP = 0x52,
    KEYBOARD_NUM_LOCK = 0x53,
    KEYBOARD_PAD_SLASH = 0x54,
    KEYBOARD_PAD_ENTER = 0x58,
    KEYBOARD_PAD_1 = 0x59,
    KEYBOARD_PAD_POINT = 0x63,
    KEYBOARD_LEFT_CONTROL = 0xe0,
    KEYBOARD_LEFT_SHIFT = 0xe1,
    KEYBOARD_LEFT_ALT = 0xe2,
    KEYBOARD_RIGHT_CONTROL = 0xe4,
    KEYBOARD_RIGHT_SHIFT = 0xe5,
    KEYBOARD_RIGHT_ALT = 0xe6,
    KEYBOARD_LAST_MODIFIER = 0xe7,
};

/// What keyboard_leds() returns, in the order of a USB keyboard.
#define KEYBOARD_LED_NUM  (1u << 0)
#define KEYBOARD_LED_CAPS (1u << 1)

/// Bytes that one key types, at most.
#define KEYBOARD_TEXT_MAX 8

/// For keyboards that don't repeat a key that is held: how long to wait for the first time, and then, in
/// milliseconds.
#define KEYBOARD_REPEAT_FIRST_MS 400
#define KEYBOARD_REPEAT_MS       33

struct keyboard {
    const struct keyboard_layout *layout;
    uint32_t held[8];  ///< A bit for each usage.
    bool caps_lock, num_lock;
    uint8_t repeats;  ///< The key that is to be repeated.
    uint8_t report[8];
};

/// No key is held, Num Lock is on.
void keyboard_init(struct keyboard *keyboard, const struct keyboard_layout *layout);

/// A key has gone down, or is repeated by the hardware. Puts what it types into `text`, which has room for
/// KEYBOARD_TEXT_MAX bytes, and returns how many those are.
size_t __mustuse keyboard_press(struct keyboard *keyboard, uint8_t usage, char *text);
void keyboard_release(struct keyboard *keyboard, uint8_t usage);
bool keyboard_is_held(const struct keyboard *keyboard, uint8_t usage);
/// The keyboard was unplugged, or has lost count.
void keyboard_release_all(struct keyboard *keyboard);

/// The last key that typed something, if it is still held, types it again. Returns 0 if there is none: there is
/// nothing to be repeated until the next press.
size_t __mustuse keyboard_repeat(struct keyboard *keyboard, char *text);

/// KEYBOARD_LED_*: the lamps that should be on.
unsigned keyboard_leds(const struct keyboard *keyboard);

// ---- USB ----------------------------------------------------------------------------------------

/// Bytes that a report types, at most: it has six keys.
#define KEYBOARD_REPORT_TEXT_MAX (6 * KEYBOARD_TEXT_MAX)

/// A report of a USB keyboard in boot protocol (HID 1.11, appendix B.1): which keys are held. `text` has room for
/// KEYBOARD_REPORT_TEXT_MAX bytes. Returns how many it got. A short report's missing keys aren't held; of a long
/// one the first eight bytes count.
size_t __mustuse keyboard_report(struct keyboard *keyboard, const uint8_t *report, size_t len,
                                 char *text);

#endif
