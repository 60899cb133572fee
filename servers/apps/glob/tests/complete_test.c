#include "../complete.h"

#include <string.h>
#include <unittest.h>

#include "tree.h"

static char names_found[1024];

static const char *complete(const char *word) {
    struct text replacement = {0};
    struct strings names = {0};
    complete_word(word, &replacement, &names);
    strncpy2(names_found, joined(&names), sizeof(names_found));
    return taken(&replacement);
}

TEST("the only one is completed, with a space or a slash behind it") {
    TEST_EXPECT_STR_EQ(complete("a"), "a.txt ");
    TEST_EXPECT_STR_EQ(names_found, "a.txt|");
    TEST_EXPECT_STR_EQ(complete("/dir2"), "/dir2/");
    TEST_EXPECT_STR_EQ(complete("dir2/"), "dir2/x.c ");
    TEST_EXPECT_STR_EQ(complete(".h"), ".hidden ");
}

TEST("several are completed as far as they agree") {
    TEST_EXPECT_STR_EQ(complete("d"), "dir");
    TEST_EXPECT_STR_EQ(names_found, "dir/|dir2/|");
    TEST_EXPECT_STR_EQ(complete("dir/"), "dir/");
    TEST_EXPECT_STR_EQ(names_found, "with space|x.c|y.c|");
    TEST_EXPECT_STR_EQ(complete(""), "");
    TEST_EXPECT_STR_EQ(names_found, "a.txt|b.txt|dir/|dir2/|it's|");
}

TEST("quotes are kept, and added where they are needed") {
    TEST_EXPECT_STR_EQ(complete("dir/w"), "'dir/with space' ");
    TEST_EXPECT_STR_EQ(complete("'dir/with s"), "'dir/with space' ");
    TEST_EXPECT_STR_EQ(complete("\"dir/with s\""), "'dir/with space' ");
    TEST_EXPECT_STR_EQ(complete("i"), "'it'\"'\"'s' ");
}

TEST("what nothing begins with stays") {
    TEST_EXPECT_STR_EQ(complete("x"), "x");
    TEST_EXPECT_STR_EQ(names_found, "");
    TEST_EXPECT_STR_EQ(complete("no/x"), "no/x");
    TEST_EXPECT_STR_EQ(complete("'x y"), "'x y");
}
