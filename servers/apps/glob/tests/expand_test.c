#include "../expand.h"

#include <string.h>
#include <unittest.h>

#include "tree.h"

static const char *expanded(const char *line) {
    struct text text = {0};
    expand_text(line, &text);
    return taken(&text);
}

TEST("patterns become the paths that there are, sorted") {
    TEST_EXPECT_STR_EQ(expanded("ls *.txt"), "ls a.txt b.txt");
    TEST_EXPECT_STR_EQ(expanded("ls /*.txt"), "ls /a.txt /b.txt");
    TEST_EXPECT_STR_EQ(expanded("ls d*"), "ls dir dir2");
    TEST_EXPECT_STR_EQ(expanded("ls d*/"), "ls dir/ dir2/");
    TEST_EXPECT_STR_EQ(expanded("ls */*.c"), "ls dir/x.c dir/y.c dir2/x.c");
    TEST_EXPECT_STR_EQ(expanded("ls */x.c"), "ls dir/x.c dir2/x.c");
    TEST_EXPECT_STR_EQ(expanded("ls */y.c"), "ls dir/y.c");
    TEST_EXPECT_STR_EQ(expanded("ls di[r]/[xy].?"), "ls dir/x.c dir/y.c");
    TEST_EXPECT_STR_EQ(expanded("ls dir//x*"), "ls dir//x.c");
    TEST_EXPECT_STR_EQ(expanded("ls .h*"), "ls .hidden");
    TEST_EXPECT_STR_EQ(expanded("cp  *.txt   dir"), "cp a.txt b.txt dir");
}

TEST("what has spaces and quotes in it stays one word") {
    TEST_EXPECT_STR_EQ(expanded("ls dir/w*"), "ls 'dir/with space'");
    TEST_EXPECT_STR_EQ(expanded("ls i*"), "ls 'it'\"'\"'s'");
    TEST_EXPECT_STR_EQ(expanded("ls 'dir'/\"with s\"*"), "ls 'dir/with space'");
}

TEST("what nothing fits, and what is no pattern, stays as it was typed") {
    TEST_EXPECT_STR_EQ(expanded("ls *.pdf"), "ls *.pdf");
    TEST_EXPECT_STR_EQ(expanded("ls a.txt/*"), "ls a.txt/*");
    TEST_EXPECT_STR_EQ(expanded("ls '*.txt' \"*\" [a"), "ls '*.txt' \"*\" [a");
    TEST_EXPECT_STR_EQ(expanded("echo 'a  b' c"), "echo 'a  b' c");
    TEST_EXPECT_STR_EQ(expanded(""), "");
}

TEST("a pattern of very many names") {
    char pattern[600] = "";
    for (int i = 0; i < 290; i++) {
        memcpy(&pattern[2 * (size_t) i], "*/", 3);
    }
    TEST_EXPECT_STR_EQ(expanded(pattern), pattern);
    char name[1500];
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    name[sizeof(name) - 2] = '*';
    TEST_EXPECT_EQ(strlen(expanded(name)), 1023);  // As much as the test shows of it.
}
