#include "../match.h"

#include <string.h>
#include <unittest.h>

static bool fits(const char *pattern, const char *name) {
    return match(pattern, strlen(pattern), name);
}

TEST("names that fit patterns, and names that don't") {
    TEST_EXPECT(fits("abc", "abc"));
    TEST_EXPECT(!fits("abc", "abcd"));
    TEST_EXPECT(!fits("abcd", "abc"));
    TEST_EXPECT(fits("*", "abc"));
    TEST_EXPECT(fits("*", ""));
    TEST_EXPECT(fits("**", "abc"));
    TEST_EXPECT(fits("*.txt", "a.txt"));
    TEST_EXPECT(!fits("*.txt", "a.txt2"));
    TEST_EXPECT(fits("*.txt", "a.txt.txt"));
    TEST_EXPECT(fits("a*b*c", "aXXbYYbc"));
    TEST_EXPECT(!fits("a*b*c", "aXXbYYcd"));
    TEST_EXPECT(fits("a?c", "abc"));
    TEST_EXPECT(!fits("a?c", "ac"));
    TEST_EXPECT(!fits("?", ""));
    TEST_EXPECT(!fits("", "a"));
    // One character, however many bytes that is.
    TEST_EXPECT(fits("a?c", "a\xc3\xa4"
                            "c"));
    TEST_EXPECT(!fits("a??c", "a\xc3\xa4"
                              "c"));
}

TEST("sets") {
    TEST_EXPECT(fits("[abc]", "b"));
    TEST_EXPECT(!fits("[abc]", "d"));
    TEST_EXPECT(fits("[a-c]x", "bx"));
    TEST_EXPECT(!fits("[a-c]", "-"));
    TEST_EXPECT(fits("[!a-c]", "d"));
    TEST_EXPECT(!fits("[!a-c]", "b"));
    TEST_EXPECT(fits("[]a]", "]"));
    TEST_EXPECT(fits("[a-]", "-"));
    TEST_EXPECT(fits("[a\\-c]", "-"));
    TEST_EXPECT(!fits("[a\\-c]", "b"));
    TEST_EXPECT(fits("*[0-9]", "file7"));
    // An unclosed one is a bracket.
    TEST_EXPECT(fits("[ab", "[ab"));
    TEST_EXPECT(!fits("[ab", "a"));
    TEST_EXPECT(fits("[", "["));
    TEST_EXPECT(!fits("[a]", ""));
}

TEST("a backslash takes the meaning away") {
    TEST_EXPECT(fits("\\*", "*"));
    TEST_EXPECT(!fits("\\*", "a"));
    TEST_EXPECT(fits("a\\?b*", "a?bc"));
    TEST_EXPECT(fits("\\\\", "\\"));
    TEST_EXPECT(fits("\\", "\\"));
    TEST_EXPECT(match_is_pattern("a*", 2));
    TEST_EXPECT(!match_is_pattern("a*", 1));
    TEST_EXPECT(!match_is_pattern("a\\*", 3));
    TEST_EXPECT(!match_is_pattern("[a", 2));
    TEST_EXPECT(match_is_pattern("[a]", 3));
}

TEST("what begins with a dot is hidden") {
    TEST_EXPECT(!fits("*", ".hidden"));
    TEST_EXPECT(!fits("?hidden", ".hidden"));
    TEST_EXPECT(fits(".*", ".hidden"));
    TEST_EXPECT(fits("*.txt", "a.txt"));
}

TEST("patterns that would take for ever don't") {
    char name[201];
    memset(name, 'a', 200);
    name[200] = '\0';
    TEST_EXPECT(!fits("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
}
