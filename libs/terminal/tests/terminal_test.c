#include <resea/malloc.h>
#include <string.h>
#include <terminal.h>
#include <unittest.h>

static struct terminal terminal;

static void reset(unsigned columns, unsigned rows) {
    free(terminal.cells);
    TEST_EXPECT_EQ(terminal_init(&terminal, columns, rows), OK);
}

static void type(const char *text) {
    terminal_write(&terminal, text, strlen(text));
}

/// A row as text. Latin-1.
static const char *row(unsigned y) {
    static char text[256];
    for (unsigned x = 0; x < terminal.columns; x++) {
        text[x] = (char) terminal_cell(&terminal, x, y)->ch;
    }
    text[terminal.columns] = '\0';
    return text;
}

static unsigned color_at(unsigned x, unsigned y) {
    return terminal_cell(&terminal, x, y)->color;
}

TEST("lines end with a newline, and scroll at the bottom") {
    reset(6, 3);
    type("one\ntwo\nthree\n");
    TEST_EXPECT_STR_EQ(row(0), "two   ");
    TEST_EXPECT_STR_EQ(row(1), "three ");
    TEST_EXPECT_STR_EQ(row(2), "      ");
    TEST_EXPECT_EQ(terminal.x, 0);
    TEST_EXPECT_EQ(terminal.y, 2);
}

TEST("a line that is too long goes on in the next one, but only with its next character") {
    reset(4, 3);
    type("abcd");
    TEST_EXPECT_EQ(terminal.y, 0);
    type("\nef");
    TEST_EXPECT_STR_EQ(row(1), "ef  ");
    type("ghi");
    TEST_EXPECT_STR_EQ(row(1), "efgh");
    TEST_EXPECT_STR_EQ(row(2), "i   ");
}

TEST("backspace, carriage return and tab move the cursor") {
    reset(20, 2);
    type("abc\b\bX\rY\tZ");
    TEST_EXPECT_STR_EQ(row(0), "YXc     Z           ");
    type("\t\t\t\t");
    TEST_EXPECT_EQ(terminal.x, 19);
    type("\r\b\b");
    TEST_EXPECT_EQ(terminal.x, 0);
    type("\a\x0e\x7f");
    TEST_EXPECT_EQ(terminal.x, 0);
}

TEST("the cursor goes where sequences say, and not beyond the edges") {
    reset(10, 5);
    type("\x1b[3;4HA");
    TEST_EXPECT_STR_EQ(row(2), "   A      ");
    type("\x1b[2A\x1b[2D");
    TEST_EXPECT_EQ(terminal.x, 2);
    TEST_EXPECT_EQ(terminal.y, 0);
    type("\x1b[B\x1b[C");
    TEST_EXPECT_EQ(terminal.x, 3);
    TEST_EXPECT_EQ(terminal.y, 1);
    type("\x1b[7G");
    TEST_EXPECT_EQ(terminal.x, 6);
    type("\x1b[99999999999999999;99999999999999999H");
    TEST_EXPECT_EQ(terminal.x, 9);
    TEST_EXPECT_EQ(terminal.y, 4);
    type("\x1b[9999A\x1b[9999D");
    TEST_EXPECT_EQ(terminal.x, 0);
    TEST_EXPECT_EQ(terminal.y, 0);
    type("\x1b[9999B\x1b[9999C\x1b[H");
    TEST_EXPECT_EQ(terminal.x, 0);
    TEST_EXPECT_EQ(terminal.y, 0);
}

TEST("lines and the display are erased, up to the cursor and from it on") {
    reset(5, 3);
    type("aaaaabbbbbccccc\x1b[2;3H\x1b[K");
    TEST_EXPECT_STR_EQ(row(1), "bb   ");
    type("\x1b[1K");
    TEST_EXPECT_STR_EQ(row(1), "     ");
    type("\x1b[1J");
    TEST_EXPECT_STR_EQ(row(0), "     ");
    TEST_EXPECT_STR_EQ(row(2), "ccccc");
    type("\x1b[J");
    TEST_EXPECT_STR_EQ(row(2), "     ");
    type("xyz\x1b[2J");
    TEST_EXPECT_STR_EQ(row(1), "     ");
    type("\x1b[3K\x1b[7J");
    TEST_EXPECT_EQ(terminal.y, 1);
}

TEST("colours: the sixteen, bright by bold, inverse, and none of them after 0") {
    reset(20, 1);
    type("a\x1b[31mb\x1b[42mc\x1b[1md\x1b[7me\x1b[0mf\x1b[94;107mg\x1b[39;49mh\x1b[22;27mi\x1b[mj");
    TEST_EXPECT_EQ(color_at(0, 0), 0x07);
    TEST_EXPECT_EQ(color_at(1, 0), 0x01);
    TEST_EXPECT_EQ(color_at(2, 0), 0x21);
    TEST_EXPECT_EQ(color_at(3, 0), 0x29);
    TEST_EXPECT_EQ(color_at(4, 0), 0x92);
    TEST_EXPECT_EQ(color_at(5, 0), 0x07);
    TEST_EXPECT_EQ(color_at(6, 0), 0xfc);
    TEST_EXPECT_EQ(color_at(7, 0), 0x07);
    type("\x1b[1;2;3;4;5;6;7;8;9;10;11;12;31mk");
    TEST_EXPECT_STR_EQ(row(0), "abcdefghijk         ");
}

TEST("UTF-8: Latin-1 is shown, the rest are boxes, and broken bytes break nothing else") {
    reset(12, 1);
    type("\xc3\xa9\xc2\xb0\xe2\x82\xac\xf0\x9f\x98\x80");
    TEST_EXPECT_STR_EQ(row(0), "\xe9\xb0\x7f\x7f        ");
    type("\r\x80"
         "a\xc3"
         "b\xe2\x82"
         "c\xc3\xc3\xa4");
    TEST_EXPECT_STR_EQ(row(0), "\x7f"
                               "a\x7f"
                               "b\x7f"
                               "c\x7f\xe4    ");
}

TEST("what isn't understood is swallowed whole") {
    reset(10, 1);
    type("\x1b[?1049h\x1b[5n\x1b(B\x1b=\x1b[1;2;3;4;5;6;7;8;9;10r\x1b[ qa\x1b[3\rb\x1b[\x1b[Cc");
    TEST_EXPECT_STR_EQ(row(0), "ac        ");
}

TEST("the cursor can be hidden, and a reset makes all as it was") {
    reset(4, 2);
    type("\x1b[?25l\x1b[7m\nab");
    TEST_EXPECT(terminal.cursor_hidden);
    type("\x1b[?25h");
    TEST_EXPECT(!terminal.cursor_hidden);
    type("\x1b"
         "c");
    TEST_EXPECT_STR_EQ(row(1), "    ");
    TEST_EXPECT_EQ(color_at(0, 1), 0x07);
    TEST_EXPECT_EQ(terminal.y, 0);
}

TEST("random bytes do no harm to a terminal of any size") {
    static const char alphabet[] = "\x1b[[[;;?0123456789ABCDGHfJKmhlcXY\n\r\t\b \xc3\xa4\xe2\xff";
    uint32_t seed = 1;
    for (unsigned size = 1; size < 40; size++) {
        reset(size, 1 + size % 7);
        for (int i = 0; i < 5000; i++) {
            seed = seed * 1664525 + 1013904223;
            terminal_write(&terminal, &alphabet[(seed >> 16) % (sizeof(alphabet) - 1)], 1);
            TEST_EXPECT(terminal.x < terminal.columns && terminal.y < terminal.rows);
        }
    }
}
