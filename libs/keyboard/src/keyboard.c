#include <keyboard.h>
#include <string.h>

#define ESC "\x1b"

/// The keys of a layout, by their usage. The key left of Enter has one of two.
static const uint8_t layout_keys[KEYBOARD_LAYOUT_KEYS] = {
    0x35, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2d, 0x2e,  // digits
    0x14, 0x1a, 0x08, 0x15, 0x17, 0x1c, 0x18, 0x0c, 0x12, 0x13, 0x2f, 0x30,        // Q W E
    0x04, 0x16, 0x07, 0x09, 0x0a, 0x0b, 0x0d, 0x0e, 0x0f, 0x33, 0x34, 0x31,        // A S D
    0x64, 0x1d, 0x1b, 0x06, 0x19, 0x05, 0x11, 0x10, 0x36, 0x37, 0x38,              // Z X C
};
#define LEFT_OF_ENTER       0x31
#define LEFT_OF_ENTER_OTHER 0x32

/// Keys that type sequences: ESC [ number ~, or ESC [ and a letter.
struct sequence {
    uint8_t usage;
    uint8_t number;  ///< 0: the key has a letter.
    char letter;
};

static const struct sequence sequences[] = {
    {KEYBOARD_UP, 0, 'A'},        {KEYBOARD_DOWN, 0, 'B'},    {KEYBOARD_RIGHT, 0, 'C'},
    {KEYBOARD_LEFT, 0, 'D'},      {KEYBOARD_END, 0, 'F'},     {KEYBOARD_HOME, 0, 'H'},
    {KEYBOARD_INSERT, 2, '~'},    {KEYBOARD_DELETE, 3, '~'},  {KEYBOARD_PAGE_UP, 5, '~'},
    {KEYBOARD_PAGE_DOWN, 6, '~'}, {KEYBOARD_F1, 0, 'P'},      {KEYBOARD_F1 + 1, 0, 'Q'},
    {KEYBOARD_F1 + 2, 0, 'R'},    {KEYBOARD_F1 + 3, 0, 'S'},  {KEYBOARD_F5, 15, '~'},
    {KEYBOARD_F5 + 1, 17, '~'},   {KEYBOARD_F5 + 2, 18, '~'}, {KEYBOARD_F5 + 3, 19, '~'},
    {KEYBOARD_F5 + 4, 20, '~'},   {KEYBOARD_F5 + 5, 21, '~'}, {KEYBOARD_F5 + 6, 23, '~'},
    {KEYBOARD_F12, 24, '~'},
};

/// What the digits and the point of the keypad are without Num Lock, from the 1 on.
static const uint8_t pad_keys[] = {
    KEYBOARD_END,     KEYBOARD_DOWN,   KEYBOARD_PAGE_DOWN, KEYBOARD_LEFT,
    KEYBOARD_NONE,    KEYBOARD_RIGHT,  KEYBOARD_HOME,      KEYBOARD_UP,
    KEYBOARD_PAGE_UP, KEYBOARD_INSERT, KEYBOARD_DELETE,
};

// ---- Keys that are held -------------------------------------------------------------------------

bool keyboard_is_held(const struct keyboard *keyboard, uint8_t usage) {
    return keyboard->held[usage / 32] >> (usage % 32) & 1;
}

static bool has_control(const struct keyboard *keyboard) {
    return keyboard_is_held(keyboard, KEYBOARD_LEFT_CONTROL)
           || keyboard_is_held(keyboard, KEYBOARD_RIGHT_CONTROL);
}

static bool has_shift(const struct keyboard *keyboard) {
    return keyboard_is_held(keyboard, KEYBOARD_LEFT_SHIFT)
           || keyboard_is_held(keyboard, KEYBOARD_RIGHT_SHIFT);
}

static bool has_altgr(const struct keyboard *keyboard) {
    return keyboard->layout->altgr != NULL && keyboard_is_held(keyboard, KEYBOARD_RIGHT_ALT);
}

static bool has_alt(const struct keyboard *keyboard) {
    return keyboard_is_held(keyboard, KEYBOARD_LEFT_ALT)
           || (keyboard->layout->altgr == NULL && keyboard_is_held(keyboard, KEYBOARD_RIGHT_ALT));
}

// ---- Characters ---------------------------------------------------------------------------------

/// The character of a key in one of a layout's strings.
static uint16_t character_at(const char *level, size_t key) {
    const uint8_t *at = (const uint8_t *) level;
    // The bytes behind the first one of a character begin with the bits 10.
    for (; key > 0; key--) {
        do {
            at++;
        } while ((*at & 0xc0) == 0x80);
    }
    if (at[0] < 0x80) {
        return at[0];
    }
    if (at[0] < 0xe0) {
        return (uint16_t) ((at[0] & 0x1f) << 6 | (at[1] & 0x3f));
    }
    return (uint16_t) ((at[0] & 0x0f) << 12 | (at[1] & 0x3f) << 6 | (at[2] & 0x3f));
}

/// Caps Lock is for letters: a key whose two characters are one letter, of Latin-1.
static bool is_letter(uint16_t plain, uint16_t shifted) {
    bool small = (plain >= 'a' && plain <= 'z') || (plain >= 0xe0 && plain <= 0xfe);
    return small && shifted == plain - 0x20;
}

/// 0: none.
static uint16_t layout_character(const struct keyboard *keyboard, uint8_t usage) {
    const struct keyboard_layout *layout = keyboard->layout;
    usage = (usage == LEFT_OF_ENTER_OTHER) ? LEFT_OF_ENTER : usage;
    size_t i = 0;
    while (i < KEYBOARD_LAYOUT_KEYS && layout_keys[i] != usage) {
        i++;
    }
    if (i == KEYBOARD_LAYOUT_KEYS) {
        return 0;
    }
    uint16_t plain = character_at(layout->plain, i), shifted = character_at(layout->shift, i);
    bool shift = has_shift(keyboard) != (keyboard->caps_lock && is_letter(plain, shifted));
    uint16_t c = has_altgr(keyboard) ? character_at(layout->altgr, i) : shift ? shifted : plain;
    return (c == ' ') ? 0 : c;
}

/// The characters of the keypad. 0: none.
static uint16_t pad_character(const struct keyboard *keyboard, uint8_t usage) {
    static const char characters[] = "/*-+\r1234567890";
    if (usage < KEYBOARD_PAD_SLASH || usage > KEYBOARD_PAD_POINT) {
        return 0;
    }
    if (usage == KEYBOARD_PAD_POINT) {
        return (uint8_t) keyboard->layout->keypad_point;
    }
    return (uint8_t) characters[usage - KEYBOARD_PAD_SLASH];
}

static uint16_t character(const struct keyboard *keyboard, uint8_t usage) {
    switch (usage) {
    case KEYBOARD_ENTER:
        return '\r';
    case KEYBOARD_ESCAPE:
        return '\x1b';
    case KEYBOARD_BACKSPACE:
        return '\x7f';
    case KEYBOARD_TAB:
        return '\t';
    case KEYBOARD_SPACE:
        return ' ';
    default: {
        uint16_t c = pad_character(keyboard, usage);
        return c ? c : layout_character(keyboard, usage);
    }
    }
}

/// What a terminal makes of Ctrl and a character.
static uint16_t control_character(uint16_t c) {
    if (c == '?') {
        return '\x7f';
    }
    if (c == '/') {
        return '_' & 0x1f;
    }
    return (c == ' ' || (c >= '@' && c <= '~')) ? c & 0x1f : c;
}

static size_t put_utf8(char *text, uint16_t c) {
    if (c < 0x80) {
        text[0] = (char) c;
        return 1;
    }
    size_t len = 0;
    if (c < 0x800) {
        text[len++] = (char) (0xc0 | c >> 6);
    } else {
        text[len++] = (char) (0xe0 | c >> 12);
        text[len++] = (char) (0x80 | (c >> 6 & 0x3f));
    }
    text[len++] = (char) (0x80 | (c & 0x3f));
    return len;
}

static size_t type_character(const struct keyboard *keyboard, uint16_t c, char *text) {
    size_t len = 0;
    if (has_control(keyboard) && !has_altgr(keyboard)) {
        c = control_character(c);
    }
    if (has_alt(keyboard)) {
        text[len++] = ESC[0];
    }
    return len + put_utf8(&text[len], c);
}

// ---- Sequences ----------------------------------------------------------------------------------

static size_t put_text(char *text, const char *str) {
    memcpy(text, str, strlen(str));
    return strlen(str);
}

static size_t put_number(char *text, unsigned number) {
    size_t len = 0;
    if (number >= 10) {
        text[len++] = (char) ('0' + number / 10);
    }
    text[len++] = (char) ('0' + number % 10);
    return len;
}

/// As xterm says it: modifiers are a second number, 1 and a bit each.
static size_t type_sequence(const struct keyboard *keyboard, const struct sequence *key,
                            char *text) {
    unsigned modifiers = 1 + (has_shift(keyboard) ? 1 : 0) + (has_alt(keyboard) ? 2 : 0)
                         + (has_control(keyboard) ? 4 : 0);
    bool is_f1_to_f4 = key->letter >= 'P' && key->letter <= 'S';
    size_t len = put_text(text, (is_f1_to_f4 && modifiers == 1) ? ESC "O" : ESC "[");
    if (key->number > 0 || modifiers > 1) {
        len += put_number(&text[len], MAX(key->number, 1u));
    }
    if (modifiers > 1) {
        text[len++] = ';';
        len += put_number(&text[len], modifiers);
    }
    text[len++] = key->letter;
    return len;
}

static const struct sequence *find_sequence(uint8_t usage) {
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        if (sequences[i].usage == usage) {
            return &sequences[i];
        }
    }
    return NULL;
}

/// A key of the keypad is another one without Num Lock.
static uint8_t without_num_lock(const struct keyboard *keyboard, uint8_t usage) {
    if (!keyboard->num_lock && usage >= KEYBOARD_PAD_1 && usage <= KEYBOARD_PAD_POINT) {
        return pad_keys[usage - KEYBOARD_PAD_1];
    }
    return usage;
}

static size_t type_key(const struct keyboard *keyboard, uint8_t usage, char *text) {
    usage = without_num_lock(keyboard, usage);
    if (usage == KEYBOARD_TAB && has_shift(keyboard)) {
        return put_text(text, ESC "[Z");
    }
    const struct sequence *key = find_sequence(usage);
    if (key != NULL) {
        return type_sequence(keyboard, key, text);
    }
    uint16_t c = character(keyboard, usage);
    return c ? type_character(keyboard, c, text) : 0;
}

// ---- The keyboard -------------------------------------------------------------------------------

void keyboard_init(struct keyboard *keyboard, const struct keyboard_layout *layout) {
    bzero(keyboard, sizeof(*keyboard));
    keyboard->layout = layout;
    keyboard->num_lock = true;
}

size_t keyboard_press(struct keyboard *keyboard, uint8_t usage, char *text) {
    bool repeated = keyboard_is_held(keyboard, usage);
    keyboard->held[usage / 32] |= 1u << (usage % 32);
    // A lock that is held doesn't flicker, though the hardware repeats it.
    keyboard->caps_lock ^= usage == KEYBOARD_CAPS_LOCK && !repeated;
    keyboard->num_lock ^= usage == KEYBOARD_NUM_LOCK && !repeated;
    size_t len = type_key(keyboard, usage, text);
    if (len > 0) {
        keyboard->repeats = usage;
    }
    return len;
}

void keyboard_release(struct keyboard *keyboard, uint8_t usage) {
    keyboard->held[usage / 32] &= ~(1u << (usage % 32));
}

void keyboard_release_all(struct keyboard *keyboard) {
    bzero(keyboard->held, sizeof(keyboard->held));
    bzero(keyboard->report, sizeof(keyboard->report));
}

size_t keyboard_repeat(struct keyboard *keyboard, char *text) {
    uint8_t usage = keyboard->repeats;
    if (usage == KEYBOARD_NONE || !keyboard_is_held(keyboard, usage)) {
        keyboard->repeats = KEYBOARD_NONE;
        return 0;
    }
    return type_key(keyboard, usage, text);
}

unsigned keyboard_leds(const struct keyboard *keyboard) {
    return (keyboard->num_lock ? KEYBOARD_LED_NUM : 0)
           | (keyboard->caps_lock ? KEYBOARD_LED_CAPS : 0);
}
