#include "../font.h"

#include <string.h>
#include <unittest.h>

/// A character as columns.
static const char *columns(char ch) {
    static char text[6];
    memset(text, 0, sizeof(text));
    for (int i = 0; i < font_width(ch); i++) {
        text[i] = (char) ('@' + font_column(ch, i));
    }
    return text;
}

TEST("columns go from left to right, rows from bit 0 down") {
    // #...
    // #...
    // #...
    // #...
    // ####
    TEST_EXPECT_EQ(font_width('L'), 4);
    TEST_EXPECT_EQ(font_column('L', 0), 31);
    TEST_EXPECT_EQ(font_column('L', 1), 16);
    TEST_EXPECT_EQ(font_column('L', 3), 16);
    TEST_EXPECT_EQ(font_width('T'), 5);
    TEST_EXPECT_EQ(font_column('T', 0), 1);
    TEST_EXPECT_EQ(font_column('T', 2), 31);
    TEST_EXPECT_EQ(font_width('!'), 1);
    TEST_EXPECT_EQ(font_column('!', 0), 0x17);
}

TEST("all printable characters differ, and none but the space is blank") {
    for (int a = ' '; a <= '~'; a++) {
        char first[6];
        strncpy2(first, columns((char) a), sizeof(first));
        TEST_EXPECT_LE(strlen(first), 5);
        for (int b = a + 1; b <= '~'; b++) {
            TEST_EXPECT_NE(strcmp(first, columns((char) b)), 0);
        }
        // No margins: they are the text's business.
        TEST_EXPECT_EQ(first[0] == '@', a == ' ');
        TEST_EXPECT_EQ(first[strlen(first) - 1] == '@', a == ' ');
    }
}

TEST("what isn't printable is a box") {
    TEST_EXPECT_STR_EQ(columns('\n'), columns((char) 0xe4));
    TEST_EXPECT_STR_EQ(columns('\x7f'), columns('\0'));
    TEST_EXPECT_EQ(font_column('\n', 0), 31);
    TEST_EXPECT_EQ(font_column('\n', 1), 17);
}
