#include <keyboard.h>
#include <string.h>

// A report: a bit for each modifier from KEYBOARD_LEFT_CONTROL on, a byte that is reserved, the keys that are
// held in any order.
#define MODIFIERS     0
#define FIRST_KEY     2
#define LEN           8
#define NUM_MODIFIERS 8

/// Whether a key is among the first ones of a report, up to `end`.
static bool has_key(const uint8_t *report, unsigned end, uint8_t usage) {
    unsigned i = FIRST_KEY;
    while (i < end && report[i] != usage) {
        i++;
    }
    return i < end;
}

static void apply_modifiers(struct keyboard *keyboard, uint8_t bits) {
    char none[KEYBOARD_TEXT_MAX];
    for (unsigned i = 0; i < NUM_MODIFIERS; i++) {
        uint8_t usage = (uint8_t) (KEYBOARD_LEFT_CONTROL + i);
        if (bits >> i & 1) {
            (void) keyboard_press(keyboard, usage, none);
        } else {
            keyboard_release(keyboard, usage);
        }
    }
}

/// More keys are held than the keyboard can tell apart: it repeats an error code instead.
static bool has_rolled_over(const uint8_t *report) {
    for (unsigned i = FIRST_KEY; i < LEN; i++) {
        if (report[i] > KEYBOARD_NONE && report[i] <= KEYBOARD_ERROR) {
            return true;
        }
    }
    return false;
}

size_t keyboard_report(struct keyboard *keyboard, const uint8_t *report, size_t len, char *text) {
    uint8_t now[LEN] = {0};
    memcpy(now, report, MIN(len, (size_t) LEN));
    apply_modifiers(keyboard, now[MODIFIERS]);
    if (has_rolled_over(now)) {
        return 0;
    }

    size_t text_len = 0;
    for (unsigned i = FIRST_KEY; i < LEN; i++) {
        uint8_t before = keyboard->report[i];
        if (before != KEYBOARD_NONE && !has_key(now, LEN, before)) {
            keyboard_release(keyboard, before);
        }
    }
    for (unsigned i = FIRST_KEY; i < LEN; i++) {
        // Modifiers have their bits; a key that is listed twice is one key.
        bool is_key = now[i] != KEYBOARD_NONE && now[i] < KEYBOARD_LEFT_CONTROL;
        if (is_key && !has_key(keyboard->report, LEN, now[i]) && !has_key(now, i, now[i])) {
            text_len += keyboard_press(keyboard, now[i], &text[text_len]);
        }
    }
    memcpy(keyboard->report, now, LEN);
    return text_len;
}
