#ifndef __SCANCODE_H__
#define __SCANCODE_H__

/// \file
/// Scan codes: the bytes by which a PS/2 keyboard says that keys go down and up. Keyboards speak set 2; the PC's
/// controller can translate that to set 1, the first PC's.

#include <types.h>

enum scancode_event {
    SCANCODE_NOTHING,  ///< More bytes belong to it, or it is a key that nobody knows.
    SCANCODE_PRESS,    ///< Also when the keyboard repeats a key that is held.
    SCANCODE_RELEASE,
    SCANCODE_LOST,  ///< The keyboard's buffer was full: keys may have gone up unseen.
};

struct scancode_decoder {
    bool is_set_1;
    bool extended, released;  ///< What came before says so.
    uint8_t skip;             ///< Bytes of the Pause key that are still to come.
};

void scancode_init(struct scancode_decoder *decoder, bool is_set_1);

/// Takes a byte. *usage is the key's (see <keyboard.h>) if one went down or up.
enum scancode_event scancode_decode(struct scancode_decoder *decoder, uint8_t byte, uint8_t *usage);

#endif
