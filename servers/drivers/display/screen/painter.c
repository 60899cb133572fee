#include "painter.h"

#include <resea/malloc.h>
#include <string.h>

#include "font.h"

/// The 16 colours of ANSI terminals, as they are usual on PCs, a little brighter.
static const uint32_t palette[16] = {
    0x000000, 0xc02020, 0x20b020, 0xc09020, 0x3060e0, 0xb040b0, 0x20b0b0, 0xd0d0d0,
    0x707070, 0xff5050, 0x50ff50, 0xffff50, 0x7090ff, 0xff70ff, 0x50ffff, 0xffffff,
};

/// The cursor is a bar below the character.
#define CURSOR_ROW   13
#define CURSOR_COLOR 0xd0d0d0

error_t painter_init(struct painter *painter, volatile uint32_t *pixels, unsigned width,
                     unsigned height, size_t pitch) {
    *painter = (struct painter){
        .pixels = pixels,
        .pitch = pitch / sizeof(uint32_t),
        .columns = width / FONT_WIDTH,
        .rows = height / FONT_HEIGHT,
    };
    if (painter->columns == 0 || painter->rows == 0) {
        return ERR_TOO_SMALL;
    }

    size_t num_cells = (size_t) painter->columns * painter->rows;
    painter->shown = malloc(num_cells * sizeof(struct cell));
    if (painter->shown == NULL) {
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < num_cells; i++) {
        painter->shown[i] = (struct cell){' ', 0};
    }
    for (unsigned y = 0; y < height; y++) {
        for (unsigned x = 0; x < width; x++) {
            pixels[y * painter->pitch + x] = 0;
        }
    }
    return OK;
}

static void draw_row(volatile uint32_t *pixel, uint8_t bits, uint32_t front, uint32_t back) {
    for (unsigned i = 0; i < FONT_WIDTH; i++) {
        pixel[i] = (bits & (0x80u >> i)) ? front : back;
    }
}

static void draw(struct painter *painter, unsigned x, unsigned y, struct cell cell, bool cursor) {
    uint32_t front = palette[cell.color & 0xf], back = palette[cell.color >> 4];
    volatile uint32_t *pixel = painter->pixels + y * FONT_HEIGHT * painter->pitch + x * FONT_WIDTH;
    for (unsigned row = 0; row < FONT_HEIGHT; row++) {
        if (cursor && row >= CURSOR_ROW) {
            draw_row(pixel, 0xff, CURSOR_COLOR, 0);
        } else {
            draw_row(pixel, font_row(cell.ch, row), front, back);
        }
        pixel += painter->pitch;
    }
}

/// A blank looks the same in all foreground colours.
static bool looks_same(struct cell a, struct cell b) {
    return a.ch == b.ch && (a.ch == ' ' ? a.color >> 4 == b.color >> 4 : a.color == b.color);
}

void painter_update(struct painter *painter, const struct terminal *terminal) {
    bool cursor = !terminal->cursor_hidden;
    bool moved = cursor != painter->has_cursor || terminal->x != painter->cursor_x
                 || terminal->y != painter->cursor_y;
    for (unsigned y = 0; y < painter->rows; y++) {
        for (unsigned x = 0; x < painter->columns; x++) {
            struct cell cell = *terminal_cell(terminal, x, y);
            struct cell *shown = &painter->shown[y * painter->columns + x];
            bool is_here = cursor && terminal->x == x && terminal->y == y;
            bool was_here = painter->has_cursor && painter->cursor_x == x && painter->cursor_y == y;
            if (!looks_same(cell, *shown) || (moved && (is_here || was_here))) {
                draw(painter, x, y, cell, is_here);
                *shown = cell;
            }
        }
    }
    painter->has_cursor = cursor;
    painter->cursor_x = terminal->x;
    painter->cursor_y = terminal->y;
}
