#include "../words.h"

#include <string.h>
#include <unittest.h>

#include "tree.h"

static const char *next(const char **text) {
    struct text pattern = {0};
    return words_next(text, &pattern) ? taken(&pattern) : NULL;
}

TEST("words lose their quotes, and what was quoted its meaning") {
    const char *text = "  ls -l 'a b'\"*\"c* x'[-]'y \\ ";
    TEST_EXPECT_STR_EQ(next(&text), "ls");
    TEST_EXPECT_STR_EQ(next(&text), "-l");
    TEST_EXPECT_STR_EQ(next(&text), "a b\\*c*");
    TEST_EXPECT_STR_EQ(next(&text), "x\\[\\-\\]y");
    TEST_EXPECT_STR_EQ(next(&text), "\\\\");
    TEST_EXPECT_EQ(next(&text), NULL);
    text = "'not closed *";
    TEST_EXPECT_STR_EQ(next(&text), "not closed \\*");
    text = "''";
    TEST_EXPECT_STR_EQ(next(&text), "");
}

static const char *quoted(const char *word, bool open) {
    struct text text = {0};
    words_quote(&text, word, open);
    return taken(&text);
}

TEST("words get the quotes that they need") {
    TEST_EXPECT_STR_EQ(quoted("a.txt", false), "a.txt");
    TEST_EXPECT_STR_EQ(quoted("a b", false), "'a b'");
    TEST_EXPECT_STR_EQ(quoted("a b", true), "'a b");
    TEST_EXPECT_STR_EQ(quoted("it's", false), "'it'\"'\"'s'");
    TEST_EXPECT_STR_EQ(quoted("a;b", false), "'a;b'");
    TEST_EXPECT_STR_EQ(quoted("", false), "''");
    TEST_EXPECT_STR_EQ(quoted("", true), "");
}

TEST("what is quoted comes back") {
    static const char *words[] = {"a", "a b", "it's", "\"", "'", "*?[", "a;#&$?", "''"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct text text = {0}, pattern = {0};
        words_quote(&text, words[i], false);
        text_add(&text, "", 1);
        const char *at = text.chars;
        TEST_EXPECT(words_next(&at, &pattern) != NULL);
        TEST_EXPECT_EQ(*at, '\0');
        words_unescape(&pattern);
        TEST_EXPECT_STR_EQ(taken(&pattern), words[i]);
        text_free(&text);
    }
}
