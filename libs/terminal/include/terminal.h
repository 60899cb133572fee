#ifndef __TERMINAL_H__
#define __TERMINAL_H__

/// \file
/// A terminal: makes a grid of characters out of text with control characters and escape sequences. It
/// knows nothing of pixels.
///
/// Text is UTF-8, of which the characters of Latin-1 can be shown. What it understands of ECMA-48 ("ANSI
/// escape codes"):
///
///     BS HT LF CR     backspace, tab, new line (with a carriage return), carriage return
///     CSI n A B C D   cursor up, down, right, left
///     CSI n G         cursor to column n
///     CSI y;x H, f    cursor to row y, column x, from 1
///     CSI n J, K      erase display or line: 0 from the cursor on, 1 up to it, 2 all
///     CSI …m          0, 1 bold (bright), 22, 7 inverse, 27, 30-37 39 40-47 49 90-97 100-107 colours
///     CSI ?25 h, l    show and hide the cursor
///     ESC c           reset
///
/// Other sequences are taken in, and do nothing.

#include <types.h>

#define TERMINAL_PARAMS_MAX 8

struct cell {
    uint8_t ch;  ///< Latin-1.
    uint8_t
        color;  ///< The foreground in the low 4 bits, the background in the high ones: ANSI colours.
};

struct terminal {
    unsigned columns, rows;
    struct cell *cells;  ///< Row by row.

    unsigned x, y;
    /// A character was written in the last column: the next one goes to a new line.
    bool wraps;
    bool cursor_hidden;

    uint8_t foreground, background;
    bool bold, inverse;

    // Where in a sequence of bytes it is.
    enum {
        TERMINAL_TEXT,
        TERMINAL_ESCAPE,
        TERMINAL_CSI,
        TERMINAL_CHARSET
    } state;
    bool private;  ///< A question mark came first.
    unsigned params[TERMINAL_PARAMS_MAX];
    unsigned num_params;
    unsigned utf8_left;  ///< Bytes of a character that are still to come.
    uint32_t utf8;
};

/// Blank, with the cursor at the top left. columns and rows are at least 1. ERR_NO_MEMORY.
error_t __mustuse terminal_init(struct terminal *terminal, unsigned columns, unsigned rows);

void terminal_write(struct terminal *terminal, const char *text, size_t len);

typedef void (*terminal_update_t)(const struct terminal *terminal);

/// What a server that shows the console on a screen does: writes the kernel's log into the terminal, from its
/// oldest byte on, and calls `update`, which must not print, when something has changed. Needs the right
/// "console".
__noreturn void terminal_show_console(struct terminal *terminal, terminal_update_t update);

const struct cell *terminal_cell(const struct terminal *terminal, unsigned x, unsigned y);

#endif
