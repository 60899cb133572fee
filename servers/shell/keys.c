#include "keys.h"

#define ESC '\x1b'

/// Keys of the form ESC [ number ~.
static int numbered_key(unsigned number) {
    switch (number) {
    case 1:
    case 7:
        return KEY_HOME;
    case 3:
        return KEY_DELETE;
    case 4:
    case 8:
        return KEY_END;
    default:
        return KEY_NONE;
    }
}

/// Keys whose sequence ends with a letter: ESC [ letter, or ESC O letter.
static int lettered_key(char ch) {
    switch (ch) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'F':
        return KEY_END;
    case 'H':
        return KEY_HOME;
    default:
        return KEY_NONE;
    }
}

static int decode_sequence(struct key_decoder *decoder, char ch) {
    if (ch >= '0' && ch <= '9') {
        // Longer numbers name no key; what they overflow to doesn't matter.
        decoder->number = (decoder->number * 10 + (unsigned) (ch - '0')) % 1000;
        return KEY_NONE;
    }

    // Parameters such as the modifiers in ESC [ 1 ; 5 C: the key counts, not the modifier.
    if (ch == ';') {
        return KEY_NONE;
    }

    decoder->state = KEYS_PLAIN;
    return ch == '~' ? numbered_key(decoder->number) : lettered_key(ch);
}

static int decode_plain(struct key_decoder *decoder, char ch) {
    int second_half = decoder->after_cr && ch == '\n';
    decoder->after_cr = ch == '\r';
    if (second_half) {
        return KEY_NONE;
    }

    switch (ch) {
    case ESC:
        decoder->state = KEYS_ESCAPE;
        return KEY_NONE;
    case '\r':
        return '\n';
    case '\b':
        return KEY_BACKSPACE;
    default:
        return (unsigned char) ch;
    }
}

int key_decode(struct key_decoder *decoder, char ch) {
    switch (decoder->state) {
    case KEYS_ESCAPE:
        decoder->number = 0;
        decoder->state = (ch == '[' || ch == 'O') ? KEYS_SEQUENCE : KEYS_PLAIN;
        return KEY_NONE;
    case KEYS_SEQUENCE:
        return decode_sequence(decoder, ch);
    default:
        return decode_plain(decoder, ch);
    }
}
