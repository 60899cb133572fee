#include "x64_board.h"
#include <arch/x64/kernel/x64.h>
#include <string.h>

// The text screen: 80 x 25 cells, a character and its colours each. The cursor is the CRT
// controller's (ports 0x3d4 and 0x3d5, registers 14 and 15).
#define SCREEN_PADDR 0xb8000
#define COLUMNS      80
#define ROWS         25
#define COLOURS      0x0700  // Light grey on black.

static unsigned column, row;
/// Inside an escape sequence: the screen understands none, and shows none.
static bool in_escape;

static uint16_t *cells(void) {
    return arch_ram_ptr(SCREEN_PADDR);
}

static void clear_row(unsigned n) {
    for (unsigned i = 0; i < COLUMNS; i++) {
        cells()[n * COLUMNS + i] = COLOURS | ' ';
    }
}

static void newline(void) {
    column = 0;
    if (++row == ROWS) {
        row = ROWS - 1;
        memmove(cells(), cells() + COLUMNS, sizeof(uint16_t) * COLUMNS * (ROWS - 1));
        clear_row(row);
    }
}

static void move_cursor(void) {
    unsigned at = row * COLUMNS + column;
    x64_out8(0x3d4, 14);
    x64_out8(0x3d5, (uint8_t) (at >> 8));
    x64_out8(0x3d4, 15);
    x64_out8(0x3d5, (uint8_t) at);
}

void screen_init(void) {
    for (unsigned i = 0; i < ROWS; i++) {
        clear_row(i);
    }
}

static void put(char c) {
    cells()[row * COLUMNS + column] = COLOURS | (uint8_t) c;
    if (++column == COLUMNS) {
        newline();
    }
}

void screen_putc(char c) {
    if (in_escape) {
        in_escape = !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
        return;
    }
    switch (c) {
    case '\033':
        in_escape = true;
        return;
    case '\n':
        newline();
        break;
    case '\r':
        column = 0;
        break;
    case '\b':
        column -= column > 0;
        break;
    default:
        put(c);
    }
    move_cursor();
}
