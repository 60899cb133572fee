#include "../painter.h"

#include <resea/malloc.h>
#include <string.h>
#include <unittest.h>

#include "../font.h"

#define COLUMNS 5
#define ROWS    3
/// A picture with a rest at the right and the bottom, and more bytes a row than pixels.
#define WIDTH  (COLUMNS * FONT_WIDTH + 3)
#define HEIGHT (ROWS * FONT_HEIGHT + 2)
#define PITCH  (WIDTH + 5)

static uint32_t *pixels;
static struct painter painter;
static struct terminal terminal;

static void reset(void) {
    free(pixels);
    free(painter.shown);
    free(terminal.cells);
    // To the last pixel, but not beyond.
    size_t size = ((size_t) PITCH * (HEIGHT - 1) + WIDTH) * sizeof(uint32_t);
    pixels = malloc(size);
    memset(pixels, 0xee, size);
    TEST_EXPECT_EQ(painter_init(&painter, pixels, WIDTH, HEIGHT, PITCH * sizeof(uint32_t)), OK);
    TEST_EXPECT_EQ(painter.columns, COLUMNS);
    TEST_EXPECT_EQ(painter.rows, ROWS);
    TEST_EXPECT_EQ(terminal_init(&terminal, COLUMNS, ROWS), OK);
}

static void show(const char *text) {
    terminal_write(&terminal, text, strlen(text));
    painter_update(&painter, &terminal);
}

static uint32_t pixel(unsigned x, unsigned y) {
    return pixels[y * PITCH + x];
}

/// Whether a cell shows a character in these colours.
static bool shows(unsigned x, unsigned y, uint8_t ch, uint32_t front, uint32_t back) {
    for (unsigned row = 0; row < FONT_HEIGHT; row++) {
        for (unsigned i = 0; i < FONT_WIDTH; i++) {
            bool is_front = (font_row(ch, row) & (0x80 >> i)) != 0;
            if (pixel(x * FONT_WIDTH + i, y * FONT_HEIGHT + row) != (is_front ? front : back)) {
                return false;
            }
        }
    }
    return true;
}

TEST("the picture begins black, as wide as it is and no wider") {
    reset();
    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned x = 0; x < WIDTH; x++) {
            TEST_EXPECT_EQ(pixel(x, y), 0);
        }
        TEST_EXPECT(y == HEIGHT - 1 || pixel(WIDTH, y) == 0xeeeeeeee);
    }
}

TEST("characters are drawn in their colours, and erased again") {
    reset();
    show("\x1b[?25lA\x1b[31;44mg\x1b[0m \xc3\xa9\n");
    TEST_EXPECT(shows(0, 0, 'A', 0xd0d0d0, 0));
    TEST_EXPECT(shows(1, 0, 'g', 0xc02020, 0x3060e0));
    TEST_EXPECT(shows(2, 0, ' ', 0xd0d0d0, 0));
    TEST_EXPECT(shows(3, 0, 0xe9, 0xd0d0d0, 0));
    show("\x1b[2J");
    TEST_EXPECT(shows(0, 0, ' ', 0, 0));
    TEST_EXPECT(shows(1, 0, ' ', 0, 0));
}

TEST("scrolled text moves") {
    reset();
    show("\x1b[?25l1\n2\n3\n4");
    TEST_EXPECT(shows(0, 0, '2', 0xd0d0d0, 0));
    TEST_EXPECT(shows(0, 1, '3', 0xd0d0d0, 0));
    TEST_EXPECT(shows(0, 2, '4', 0xd0d0d0, 0));
}

TEST("the cursor is shown where it is, and nowhere else") {
    reset();
    show("");
    TEST_EXPECT_EQ(pixel(0, 15), 0xd0d0d0);
    show("ab");
    TEST_EXPECT(shows(0, 0, 'a', 0xd0d0d0, 0));
    TEST_EXPECT_EQ(pixel(2 * FONT_WIDTH, 15), 0xd0d0d0);
    show("\r");
    TEST_EXPECT(shows(2, 0, ' ', 0, 0));
    TEST_EXPECT(!shows(0, 0, 'a', 0xd0d0d0, 0));
    show("\x1b[?25l");
    TEST_EXPECT(shows(0, 0, 'a', 0xd0d0d0, 0));
    // A character changes below the cursor.
    show("\x1b[?25hx\b");
    TEST_EXPECT_EQ(pixel(0, 15), 0xd0d0d0);
    TEST_EXPECT_EQ(pixel(1, 5), (font_row('x', 5) & 0x40) ? 0xd0d0d0 : 0);
}

TEST("what hasn't changed isn't drawn again") {
    reset();
    show("\x1b[?25lab");
    pixels[5 * PITCH + 3] = 0x123456;
    show("c");
    TEST_EXPECT_EQ(pixel(3, 5), 0x123456);
    show("\rA");
    TEST_EXPECT_NE(pixel(3, 5), 0x123456);
}

TEST("a picture without room for a character is none") {
    static uint32_t some[FONT_WIDTH * FONT_HEIGHT];
    struct painter small;
    TEST_EXPECT_EQ(painter_init(&small, some, FONT_WIDTH - 1, FONT_HEIGHT, 32), ERR_TOO_SMALL);
    TEST_EXPECT_EQ(painter_init(&small, some, FONT_WIDTH, FONT_HEIGHT - 1, 32), ERR_TOO_SMALL);
}

/// Whether a character's picture has a pixel.
static bool has_ink(uint8_t ch) {
    unsigned ink = 0;
    for (unsigned row = 0; row < FONT_HEIGHT; row++) {
        ink |= font_row(ch, row);
    }
    return ink != 0;
}

static bool same(uint8_t a, uint8_t b) {
    for (unsigned row = 0; row < FONT_HEIGHT; row++) {
        if (font_row(a, row) != font_row(b, row)) {
            return false;
        }
    }
    return true;
}

TEST("each character of Latin-1 has a picture of its own") {
    for (unsigned a = 0x20; a < 0x100; a++) {
        if ((a >= 0x7f && a <= 0xa0) || a == 0xad) {
            continue;  // Controls, no-break space, soft hyphen.
        }
        TEST_EXPECT_EQ(has_ink((uint8_t) a), a != ' ');
        TEST_EXPECT(!same((uint8_t) a, 0x7f));
        for (unsigned b = 0x20; b < a; b++) {
            TEST_EXPECT((b >= 0x7f && b <= 0xa0) || b == 0xad || !same((uint8_t) a, (uint8_t) b));
        }
    }
}
