#include "cells.h"

#define UNKNOWN     0x7f  // The terminal's, for what it can't show.
#define UNKNOWN_BOX 0xfe
#define CURSOR_OFF  VGA_CELLS

/// Latin-1 from 0xa0 on in code page 437, the only one that a VGA has in its ROM. Letters that it doesn't have
/// lose their accents.
static const uint8_t latin_1[] = {
    ' ',  0xad, 0x9b, 0x9c, '?',  0x9d, '|',  0x15,
    '"',  'c',  0xa6, 0xae, 0xaa, '-',  'r',  '-',  // nbsp ¡ …
    0xf8, 0xf1, 0xfd, '3',  '\'', 0xe6, 0x14, 0xfa,
    ',',  '1',  0xa7, 0xaf, 0xac, 0xab, '?',  0xa8,  // ° ± …
    'A',  'A',  'A',  'A',  0x8e, 0x8f, 0x92, 0x80,
    'E',  0x90, 'E',  'E',  'I',  'I',  'I',  'I',  // À Á …
    'D',  0xa5, 'O',  'O',  'O',  'O',  0x99, 'x',
    'O',  'U',  'U',  'U',  0x9a, 'Y',  'P',  0xe1,  // Ð Ñ …
    0x85, 0xa0, 0x83, 'a',  0x84, 0x86, 0x91, 0x87,
    0x8a, 0x82, 0x88, 0x89, 0x8d, 0xa1, 0x8c, 0x8b,  // à á …
    'd',  0xa4, 0x95, 0xa2, 0x93, 'o',  0x94, 0xf6,
    'o',  0x97, 0xa3, 0x96, 0x81, 'y',  'p',  0x98,  // ð ñ …
};
STATIC_ASSERT(sizeof(latin_1) == 0x60, "the upper half of Latin-1");

static uint16_t shown[VGA_CELLS];
static unsigned cursor;

static uint8_t to_437(uint8_t ch) {
    if (ch == UNKNOWN) {
        return UNKNOWN_BOX;
    }
    return (ch < 0xa0) ? ch : latin_1[ch - 0xa0];
}

/// ANSI has red in the lowest bit, a VGA blue.
static unsigned to_vga_color(unsigned ansi) {
    return (ansi & 0xau) | (ansi & 1) << 2 | (ansi & 4) >> 2;
}

static uint16_t to_vga(struct cell cell) {
    unsigned front = to_vga_color(cell.color & 0xf), back = to_vga_color(cell.color >> 4);
    return (uint16_t) (back << 12 | front << 8 | to_437(cell.ch));
}

static void move_cursor(const struct terminal *terminal) {
    unsigned at = terminal->cursor_hidden ? CURSOR_OFF : terminal->y * VGA_COLUMNS + terminal->x;
    if (at == cursor) {
        return;
    }
    cursor = at;
    if (at == CURSOR_OFF) {
        vga_hide_cursor();
    } else {
        vga_show_cursor(at);
    }
}

void cells_init(void) {
    for (unsigned i = 0; i < VGA_CELLS; i++) {
        shown[i] = ' ';
    }
    cursor = CURSOR_OFF;
    vga_hide_cursor();
}

void cells_update(const struct terminal *terminal) {
    for (unsigned i = 0; i < VGA_CELLS; i++) {
        uint16_t cell = to_vga(terminal->cells[i]);
        if (cell != shown[i]) {
            vga_put(i, cell);
            shown[i] = cell;
        }
    }
    move_cursor(terminal);
}
