#ifndef __PAINTER_H__
#define __PAINTER_H__

/// \file
/// Draws a terminal's cells into a framebuffer. It remembers what it has drawn and draws what differs:
/// a framebuffer is written to slowly, and read even more so.

#include <terminal.h>
#include <types.h>

struct painter {
    /// 32 bits a pixel, 0x00RRGGBB. Written in words only: it is device memory.
    volatile uint32_t *pixels;
    size_t pitch;  ///< In pixels.
    unsigned columns, rows;
    struct cell *shown;
    bool has_cursor;
    unsigned cursor_x, cursor_y;  ///< Where the cursor is shown.
};

/// Makes all of the framebuffer black. `pitch` is in bytes. As many columns and rows as fit; a rest at
/// the right and the bottom stays black. ERR_TOO_SMALL: there isn't room for one character.
/// ERR_NO_MEMORY.
error_t __mustuse painter_init(struct painter *painter, volatile uint32_t *pixels, unsigned width,
                               unsigned height, size_t pitch);

/// Draws what has changed. The terminal must have the painter's size.
void painter_update(struct painter *painter, const struct terminal *terminal);

#endif
