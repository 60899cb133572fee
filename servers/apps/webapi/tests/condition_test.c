#include "../condition.h"

#include <string.h>
#include <unittest.h>

#define DATE "Sat, 28 Nov 2026 17:00:00 GMT"
#define TIME 1795885200

TEST("dates") {
    char date[DATE_LEN];
    uint64_t time = 0;
    date_format(date, TIME);
    TEST_EXPECT_STR_EQ(date, DATE);
    TEST_EXPECT(date_parse(DATE, strlen(DATE), &time));
    TEST_EXPECT_EQ(time, TIME);
    static const char *const wrong[] = {
        "",
        "Sat, 28 Nov 2026 17:00:00 GM",
        "Sun, 28 Nov 2026 17:00:00 GMT",
        "Sat, 28 nov 2026 17:00:00 GMT",
        "Sat, 28 Nov 2026 17:00:60 GMT",
        "Sat, 28 Nov 2026 17-00:00 GMT",
        "Sat, 28 Nov 2026 17:00:00 CET",
        "Sat, x8 Nov 2026 17:00:00 GMT",
        "Saturday, 28-Nov-26 17:00:00 ",
        "Thu, 32 Dec 1969 00:00:00 GMT",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT(!date_parse(wrong[i], strlen(wrong[i]), &time));
    }
}

TEST("versions") {
    struct version version;
    version_make(&version, 0x1234, 0xabc);
    TEST_EXPECT_STR_EQ(version.etag, "\"1234-abc\"");
    version_make(&version, DATE_END - 1, UINT64_MAX);
    TEST_EXPECT_STR_EQ(version.etag, "\"3afff4417f-ffffffffffffffff\"");
    TEST_EXPECT_STR_EQ(version.date, "Fri, 31 Dec 9999 23:59:59 GMT");
    version_make(&version, 0, 5);
    TEST_EXPECT_STR_EQ(version.etag, "");
    version_make(&version, DATE_END, 5);
    TEST_EXPECT_STR_EQ(version.etag, "");
}

TEST("versions by what is in a file") {
    struct version version, other;
    version_make(&version, 0, 3);
    version_take_contents(&version, "abc", 3);
    TEST_EXPECT_STR_EQ(version.etag, "\"e71fa2190541574b-3\"");
    TEST_EXPECT_STR_EQ(version.date, "");
    version_make(&other, TIME, 3);
    version_take_contents(&other, "abd", 3);
    TEST_EXPECT(strcmp(version.etag, other.etag) != 0);
    TEST_EXPECT_STR_EQ(other.date, DATE);
}

static bool is_cached(uint64_t mtime, const char *none_match, const char *since) {
    struct version version;
    version_make(&version, mtime, 5);
    return condition_is_cached(&version, none_match, strlen(none_match), since, strlen(since));
}

TEST("what a client has already") {
    TEST_EXPECT(is_cached(0x1234, "\"1234-5\"", ""));
    TEST_EXPECT(is_cached(0x1234, "\"x\", W/\"1234-5\"", ""));
    TEST_EXPECT(is_cached(0x1234, "*", ""));
    TEST_EXPECT(is_cached(0, "*", ""));
    TEST_EXPECT(!is_cached(0x1234, "\"1234-6\"", ""));
    TEST_EXPECT(!is_cached(0x1234, "x\"1234-5\"", ""));
    TEST_EXPECT(!is_cached(0x1234, "\"1234-5", ""));
    TEST_EXPECT(!is_cached(0, "\"\"", ""));
    TEST_EXPECT(!is_cached(0x1234, "", ""));
    TEST_EXPECT(is_cached(TIME, "", DATE));
    TEST_EXPECT(is_cached(TIME - 1, "", DATE));
    TEST_EXPECT(!is_cached(TIME + 1, "", DATE));
    TEST_EXPECT(!is_cached(0, "", DATE));
    // The tag counts, if there are both.
    TEST_EXPECT(!is_cached(TIME, "\"x\"", DATE));
}

TEST("whether a range is wanted") {
    struct version version;
    version_make(&version, TIME, 5);
    TEST_EXPECT(condition_wants_range(&version, "", 0));
    TEST_EXPECT(condition_wants_range(&version, version.etag, strlen(version.etag)));
    TEST_EXPECT(condition_wants_range(&version, DATE, strlen(DATE)));
    TEST_EXPECT(!condition_wants_range(&version, "\"x\"", 3));
    TEST_EXPECT(!condition_wants_range(&version, "W/\"x\"", 5));
    version_make(&version, 0, 5);
    TEST_EXPECT(!condition_wants_range(&version, "\"\"", 2));
}

TEST("ranges of a file of 1000 bytes, and of none") {
    static const struct {
        const char *text;
        enum range_kind kind;
        uint64_t begin, end;
    } cases[] = {
        {"bytes=0-0", RANGE_PART, 0, 1},
        {"bytes=0-999", RANGE_PART, 0, 1000},
        {"bytes=10-", RANGE_PART, 10, 1000},
        {"bytes=999-2000", RANGE_PART, 999, 1000},
        {"bytes=5-18446744073709551614", RANGE_NONE, 0, 0},
        {"bytes=-1", RANGE_PART, 999, 1000},
        {"bytes=-5000", RANGE_PART, 0, 1000},
        {"bytes=-0", RANGE_BEYOND, 0, 0},
        {"bytes=1000-", RANGE_BEYOND, 0, 0},
        {"bytes=1000-2000", RANGE_BEYOND, 0, 0},
        {"bytes=5-4", RANGE_NONE, 0, 0},
        {"bytes=0-0,2-3", RANGE_NONE, 0, 0},
        {"bytes=0-0 ", RANGE_NONE, 0, 0},
        {"bytes=", RANGE_NONE, 0, 0},
        {"bytes=-", RANGE_NONE, 0, 0},
        {"bytes=1", RANGE_NONE, 0, 0},
        {"bytes=a-b", RANGE_NONE, 0, 0},
        {"bytes=99999999999999999999-", RANGE_NONE, 0, 0},
        {"lines=0-0", RANGE_NONE, 0, 0},
        {"bytes", RANGE_NONE, 0, 0},
        {"", RANGE_NONE, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t begin = 0, end = 0;
        const char *text = cases[i].text;
        TEST_EXPECT_EQ(range_parse(text, strlen(text), 1000, &begin, &end), cases[i].kind);
        if (cases[i].kind == RANGE_PART) {
            TEST_EXPECT_EQ(begin, cases[i].begin);
            TEST_EXPECT_EQ(end, cases[i].end);
        }
    }
    uint64_t begin, end;
    TEST_EXPECT_EQ(range_parse("bytes=0-", 8, 0, &begin, &end), RANGE_BEYOND);
    TEST_EXPECT_EQ(range_parse("bytes=-1", 8, 0, &begin, &end), RANGE_BEYOND);
}
