#include "../cells.h"

#include <resea/malloc.h>
#include <string.h>
#include <unittest.h>

#include "fake_vga.h"

static struct terminal terminal;

static void reset(void) {
    fake_vga_reset();
    TEST_EXPECT_EQ(vga_init(), OK);
    cells_init();
    free(terminal.cells);
    TEST_EXPECT_EQ(terminal_init(&terminal, VGA_COLUMNS, VGA_ROWS), OK);
    fake.num_writes = 0;
}

static void show(const char *text) {
    terminal_write(&terminal, text, strlen(text));
    cells_update(&terminal);
}

static unsigned cursor(void) {
    return (unsigned) fake.crtc[0x0e] << 8 | fake.crtc[0x0f];
}

TEST("text is grey on black, and the cursor behind it") {
    reset();
    show("ab\nc");
    TEST_EXPECT_EQ(fake.cells[0], 0x0700 | 'a');
    TEST_EXPECT_EQ(fake.cells[1], 0x0700 | 'b');
    TEST_EXPECT_EQ(fake.cells[80], 0x0700 | 'c');
    TEST_EXPECT_EQ(cursor(), 81);
    TEST_EXPECT_EQ(fake.crtc[0x0a] & 0x20, 0);
}

TEST("only what differs is written") {
    reset();
    show("ab");
    fake.num_writes = 0;
    show("c");
    TEST_EXPECT_EQ(fake.num_writes, 1);
    show("\r");
    TEST_EXPECT_EQ(fake.num_writes, 1);
    show("ab");
    TEST_EXPECT_EQ(fake.num_writes, 1);
}

TEST("a full screen scrolls") {
    reset();
    for (unsigned i = 0; i < 30; i++) {
        show((char[]){(char) ('A' + i), '\n', '\0'});
    }
    // The last line is empty.
    for (unsigned y = 0; y < VGA_ROWS - 1; y++) {
        TEST_EXPECT_EQ(fake.cells[y * VGA_COLUMNS], 0x0700 | ('A' + 6 + y));
    }
    TEST_EXPECT_EQ(fake.cells[(VGA_ROWS - 1) * VGA_COLUMNS] & 0xff, ' ');
    TEST_EXPECT_EQ(cursor(), (VGA_ROWS - 1) * VGA_COLUMNS);
}

TEST("colours are the VGA's") {
    reset();
    show("\x1b[31;44ma\x1b[0;1;32mb\x1b[0;33;106mc\x1b[0;7md");
    TEST_EXPECT_EQ(fake.cells[0], 0x1400 | 'a');
    TEST_EXPECT_EQ(fake.cells[1], 0x0a00 | 'b');
    TEST_EXPECT_EQ(fake.cells[2], 0xb600 | 'c');
    TEST_EXPECT_EQ(fake.cells[3], 0x7000 | 'd');
}

TEST("characters are of code page 437") {
    reset();
    show("äÖß°ñ»Â€~");
    static const uint8_t expected[] = {0x84, 0x99, 0xe1, 0xf8, 0xa4, 0xaf, 'A', 0xfe, '~'};
    for (unsigned i = 0; i < sizeof(expected); i++) {
        TEST_EXPECT_EQ(fake.cells[i] & 0xff, expected[i]);
    }
}

TEST("the cursor can be hidden, and stays in the last column") {
    reset();
    show("\x1b[?25l");
    TEST_EXPECT_EQ(fake.crtc[0x0a] & 0x20, 0x20);
    show("\x1b[25;80H\x1b[?25h.");
    TEST_EXPECT_EQ(cursor(), VGA_CELLS - 1);
    TEST_EXPECT_EQ(fake.crtc[0x0a] & 0x20, 0);
    TEST_EXPECT_EQ(fake.cells[VGA_CELLS - 1], 0x0700 | '.');
}

TEST("whatever is printed stays on the screen") {
    reset();
    uint32_t state = 7;
    for (unsigned i = 0; i < 2000; i++) {
        char text[64];
        for (unsigned j = 0; j < sizeof(text); j++) {
            state = state * 1664525 + 1013904223;
            static const char likely[] = "\x1b[;?0123456789ABCDGHJKmhl\n\r\b\t";
            text[j] =
                (state >> 30) ? likely[(state >> 16) % (sizeof(likely) - 1)] : (char) (state >> 20);
        }
        terminal_write(&terminal, text, sizeof(text));
        cells_update(&terminal);
        TEST_EXPECT_LT(cursor(), VGA_CELLS);
    }
}
