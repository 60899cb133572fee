#include "../target.h"

#include <string.h>
#include <unittest.h>

static struct target target;

static int parse(const char *text) {
    return target_parse(text, strlen(text), &target);
}

TEST("paths of targets") {
    static const struct {
        const char *text, *path;
    } cases[] = {
        {"/", "/"},
        {"/a/b.html", "/a/b.html"},
        {"/a%20b%C3%A9", "/a b\xc3\xa9"},
        {"/a?b=../c", "/a"},
        {"/...", "/..."},
        {"/.hidden", "/.hidden"},
        {"//a", "//a"},
        {"http://host:80/x/", "/x/"},
        {"HTTP://host", "/"},
        {"http://host?x", "/"},
        {"?x", "/"},
        {"/a%25", "/a%"},
        {"/a+b", "/a+b"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        TEST_EXPECT_EQ(parse(cases[i].text), 0);
        TEST_EXPECT_STR_EQ(target.path, cases[i].path);
    }
}

TEST("what leads out, or is no path") {
    static const char *const wrong[] = {
        "/..",  "/../x",   "/a/../b", "/a/..", "/%2e%2e/x", "/%2E./x",    "/a/%2e%2e",
        "/./a", "/a/.",    "/%",      "/%4",   "/%zz",      "/%00",       "/%0a",
        "/%7f", "/a%2fb",  "/a%2Fb",  "a",     "*",         "https://x/", "../x",
        "..",   "/%2e%2e", "/%1",     "x:y",   "http:/x",   "host:80",    "http//x",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT_EQ(parse(wrong[i]), 400);
    }
}

TEST("long paths") {
    char text[TARGET_PATH_LEN + 1];
    memset(text, 'a', sizeof(text));
    text[0] = '/';
    TEST_EXPECT_EQ(target_parse(text, TARGET_PATH_LEN - 1, &target), 0);
    TEST_EXPECT_EQ(strlen(target.path), TARGET_PATH_LEN - 1);
    TEST_EXPECT_EQ(target_parse(text, TARGET_PATH_LEN, &target), 404);
}

TEST("numbers in queries") {
    static const struct {
        const char *text;
        uint32_t number;
    } cases[] = {
        {"/x?from=12", 12},
        {"/x?a&from=12&b", 12},
        {"/x?from=0", 0},
        {"/x?from=4294967295", 4294967295u},
        {"/x?from=4294967296", 7},
        {"/x?from=", 7},
        {"/x?from=1x", 7},
        {"/x?from", 7},
        {"/x?xfrom=1", 7},
        {"/x?fromm=1", 7},
        {"/x?", 7},
        {"/x", 7},
        {"/x?from=-1", 7},
        {"/x?&&&", 7},
        {"/x?from=99999999999999999999999", 7},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        TEST_EXPECT_EQ(parse(cases[i].text), 0);
        TEST_EXPECT_EQ(target_query_number(&target, "from", 7), cases[i].number);
    }
}
