#include "x64_board.h"
#include <arch/x64/kernel/x64.h>
#include <kernel/panic.h>
#include <string.h>

// The text screen: 80 x 25 cells, a character and its colours each. Its memory has room for eight times that, and
// a register of the CRT controller says where what is shown begins: to scroll is to move that on. Only when the
// memory ends, once in 180 lines, is what is shown copied to its beginning.
#define SCREEN_PADDR 0xb8000
#define SCREEN_BYTES 0x8000
#define COLUMNS      80
#define ROWS         25
#define MEMORY_ROWS  (SCREEN_BYTES / sizeof(uint16_t) / COLUMNS)
#define COLOURS      0x0700  // Light grey on black.

// The CRT controller: the number of a register goes to port 0x3d4, its value to 0x3d5; both at once as a word. Of
// a pair of registers the first one is the high half.
#define CRTC        0x3d4
#define START_HIGH  12
#define CURSOR_HIGH 14

static unsigned column, row;
/// The row of the memory that is the first one shown.
static unsigned top;
/// Inside an escape sequence: the screen understands none, and shows none.
static bool in_escape;
static uint16_t blank_row[COLUMNS];
static bool handed_over;

/// The first cell of a row of the screen.
static uint16_t *cells(unsigned n) {
    return (uint16_t *) arch_ram_ptr(SCREEN_PADDR) + (top + n) * COLUMNS;
}

static void set_crtc(uint8_t high, unsigned value) {
    x64_out16(CRTC, (uint16_t) ((value & 0xff00) | high));
    x64_out16(CRTC, (uint16_t) ((value << 8) | (high + 1)));
}

static void scroll(void) {
    if (top + ROWS == MEMORY_ROWS) {
        const uint16_t *from = cells(1);
        top = 0;
        memcpy(cells(0), from, sizeof(blank_row) * (ROWS - 1));
    } else {
        top++;
    }
    memcpy(cells(ROWS - 1), blank_row, sizeof(blank_row));
    set_crtc(START_HIGH, top * COLUMNS);
}

static void newline(void) {
    column = 0;
    if (row < ROWS - 1) {
        row++;
    } else {
        scroll();
    }
}

void screen_init(void) {
    for (unsigned i = 0; i < COLUMNS; i++) {
        blank_row[i] = COLOURS | ' ';
    }
    for (unsigned i = 0; i < ROWS; i++) {
        memcpy(cells(i), blank_row, sizeof(blank_row));
    }
    set_crtc(START_HIGH, 0);
}

/// Shows characters up to the end of the row, or the first that may have a meaning. Returns how many.
static size_t put_run(const char *text, size_t len) {
    uint16_t *at = cells(row) + column;
    size_t max = MIN(len, (size_t) (COLUMNS - column));
    size_t i = 0;
    for (; i < max && (uint8_t) text[i] >= ' '; i++) {
        at[i] = COLOURS | (uint8_t) text[i];
    }
    column += i;
    if (column == COLUMNS) {
        newline();
    }
    return i;
}

/// Follows a character that isn't shown.
static void obey(char c) {
    switch (c) {
    case '\033':
        in_escape = true;
        break;
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
        break;
    }
}

void screen_hand_over(void) {
    handed_over = true;
}

/// Goes on below what a server has shown from the memory's beginning on.
static void take_back(void) {
    handed_over = in_escape = false;
    top = 0;
    row = ROWS - 1;
    newline();
}

void screen_write(const char *text, size_t len) {
    if (handed_over) {
        if (!panicked()) {
            return;
        }
        take_back();
    }
    size_t i = 0;
    while (i < len) {
        char c = text[i];
        if (in_escape) {
            in_escape = !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
            i++;
        } else if ((uint8_t) c < ' ') {
            obey(c);
            i++;
        } else {
            i += put_run(&text[i], len - i);
        }
    }
    set_crtc(CURSOR_HIGH, (top + row) * COLUMNS + column);
}
