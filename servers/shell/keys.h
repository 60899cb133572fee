#ifndef __KEYS_H__
#define __KEYS_H__

/// \file
/// Turns the bytes that a terminal sends into keys.

/// Values below KEY_SPECIAL are plain characters, Ctrl-A to Ctrl-Z being 1 to 26.
enum key {
    KEY_NONE = 0,  ///< The byte was a part of a sequence that isn't over, or of an unknown one.
    KEY_BACKSPACE = 0x7f,
    KEY_SPECIAL = 0x100,
    KEY_UP,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
};

#define KEY_CTRL(letter) ((letter) - '@')

/// Zeroed, it's ready for the first byte.
struct key_decoder {
    enum {
        KEYS_PLAIN,
        KEYS_ESCAPE,    // after ESC
        KEYS_SEQUENCE,  // after ESC [ or ESC O
    } state;
    /// The number in a sequence like ESC [ 3 ~.
    unsigned number;
    /// The last byte was a carriage return, so that a line feed behind it means nothing.
    int after_cr;
};

/// Takes the next byte. Enter is '\n' whether the terminal sends CR, LF, or both.
int key_decode(struct key_decoder *decoder, char ch);

#endif
