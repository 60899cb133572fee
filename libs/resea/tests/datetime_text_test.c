#include "../../common/tests/random.h"

#include <resea/datetime.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unittest.h>

static const char *const conversions = "aAbBcCdDeFhHIjklmMnprRsStTuwxXyYzZ%";

static void expect_same_as_libc(const char *format, int64_t timestamp) {
    struct datetime dt;
    timestamp_to_datetime(timestamp, &dt);
    char ours[256], theirs[256];
    size_t len = datetime_format(ours, sizeof(ours), format, &dt);
    time_t t = timestamp;
    struct tm tm;
    gmtime_r(&t, &tm);
    tm.tm_zone = "UTC";
    size_t expected = strftime(theirs, sizeof(theirs), format, &tm);
    TEST_EXPECT_STR_EQ(ours, theirs);
    TEST_EXPECT_EQ(len, expected);
}

TEST("every conversion is what libc makes of it, at random times from 1970 to 9999") {
    setenv("TZ", "UTC", 1);
    uint32_t seed = 12;
    char format[] = "<%?>";
    for (const char *c = conversions; *c != '\0'; c++) {
        format[2] = *c;
        for (int i = 0; i < 2000; i++) {
            uint64_t random = (uint64_t) random_next(&seed) << 32 | random_next(&seed);
            expect_same_as_libc(format, (int64_t) (random % 253402300800u));
        }
        for (int64_t hour = 0; hour < 24 * 400; hour++) {
            expect_same_as_libc(format, 1764000000 + hour * 3600);
        }
    }
    expect_same_as_libc(DATETIME_ISO8601, 1795885200);
    expect_same_as_libc(DATETIME_RFC1123, 1795885200);
}

TEST("ISO 8601 and RFC 1123 look as they should") {
    struct datetime dt;
    char text[64];
    timestamp_to_datetime(784111777, &dt);
    // The example of RFC 7231, 7.1.1.1.
    datetime_format(text, sizeof(text), DATETIME_RFC1123, &dt);
    TEST_EXPECT_STR_EQ(text, "Sun, 06 Nov 1994 08:49:37 GMT");
    datetime_format(text, sizeof(text), DATETIME_ISO8601, &dt);
    TEST_EXPECT_STR_EQ(text, "1994-11-06T08:49:37Z");
}

TEST("text is cut off where there is no room, and says how long it would be") {
    struct datetime dt;
    timestamp_to_datetime(0, &dt);
    char text[16];
    for (size_t size = 0; size <= sizeof(text); size++) {
        memset(text, 'x', sizeof(text));
        TEST_EXPECT_EQ(datetime_format(text, size, "%F", &dt), 10);
        if (size > 0) {
            TEST_EXPECT_EQ(strlen(text), MIN(size - 1, (size_t) 10));
            TEST_EXPECT_MEM_EQ(text, "1970-01-01", MIN(size - 1, (size_t) 10));
        }
        TEST_EXPECT(size == sizeof(text) || text[size] == 'x');
    }
}

TEST("what is no conversion is left alone, and years may be any") {
    struct datetime dt = {.year = -5, .month = 77, .day_of_week = 200};
    char text[64];
    datetime_format(text, sizeof(text), "%Q %", &dt);
    TEST_EXPECT_STR_EQ(text, "%Q %");
    datetime_format(text, sizeof(text), "%Y %y %C %a %B", &dt);
    TEST_EXPECT_STR_EQ(text, "-0005 95 -01 ? ?");
    dt.year = INT32_MIN;
    datetime_format(text, sizeof(text), "%Y", &dt);
    TEST_EXPECT_STR_EQ(text, "-2147483648");
    dt.year = 12345;
    datetime_format(text, sizeof(text), "%Y", &dt);
    TEST_EXPECT_STR_EQ(text, "12345");
}

TEST("names") {
    TEST_EXPECT_STR_EQ(datetime_weekday_name(0), "Sunday");
    TEST_EXPECT_STR_EQ(datetime_weekday_name(6), "Saturday");
    TEST_EXPECT_STR_EQ(datetime_weekday_name(7), "?");
    TEST_EXPECT_STR_EQ(datetime_month_name(0), "?");
    TEST_EXPECT_STR_EQ(datetime_month_name(1), "January");
    TEST_EXPECT_STR_EQ(datetime_month_name(12), "December");
    TEST_EXPECT_STR_EQ(datetime_month_name(13), "?");
}

TEST("dates are read as they are written") {
    static const struct {
        const char *text;
        int64_t timestamp;
    } cases[] = {
        {"2026-11-28 17:00:00", 1795885200},
        {"2026-11-28T17:00:00Z", 1795885200},
        {"2026-11-28 17:00", 1795885200},
        {"2026-11-28", 1795824000},
        {"1970-01-01", 0},
        {"9999-12-31 23:59:59", 253402300799},
        {"2024-02-29T00:00Z", 1709164800},
        {"@0", 0},
        {"@1795885200", 1795885200},
        {"@253402300799", 253402300799},
        {"0000-01-01", -62167219200},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct datetime dt, expected;
        TEST_EXPECT_EQ(datetime_parse(cases[i].text, &dt), OK);
        timestamp_to_datetime(cases[i].timestamp, &expected);
        TEST_EXPECT_EQ(datetime_to_timestamp(&dt), cases[i].timestamp);
        TEST_EXPECT_EQ(dt.day_of_week, expected.day_of_week);
    }
}

TEST("what is no date is refused") {
    static const char *const wrong[] = {
        "",
        "@",
        "@-1",
        "@1x",
        "@253402300800",
        "@99999999999999999999999",
        "2026",
        "2026-11",
        "2026-11-2",
        "2026-1-28",
        "26-11-28",
        "2026-13-01",
        "2026-00-01",
        "2026-11-31",
        "2026-11-00",
        "2023-02-29",
        "2100-02-29",
        "2026-11-28 ",
        "2026-11-28 1",
        "2026-11-28 24:00",
        "2026-11-28 17:60",
        "2026-11-28 17:00:60",
        "2026-11-28 17:00:0",
        "2026-11-28 17:00:00 ",
        "2026-11-28x17:00",
        "2026-11-28 17-00",
        "2026-11-28ZZ",
        "Sat Nov 28",
        "2026-11-28 17:00:00+01",
        "+026-11-28",
        "2026/11/28",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct datetime dt;
        TEST_EXPECT_EQ(datetime_parse(wrong[i], &dt), ERR_INVALID_ARG);
    }
}

TEST("random texts of the right letters are read as what they say, or refused") {
    static const char letters[] = "0123456789-:T Z@2026-11-28";
    uint32_t seed = 13;
    for (int i = 0; i < 300000; i++) {
        char text[24] = "2026-11-28 17:00:00";
        for (uint32_t changes = random_below(&seed, 4) + 1; changes > 0; changes--) {
            text[random_below(&seed, 20)] = letters[random_below(&seed, sizeof(letters))];
        }
        struct datetime dt;
        if (datetime_parse(text, &dt) == OK && text[0] != '@') {
            char again[64];
            datetime_format(again, sizeof(again), "%Y-%m-%d %H:%M:%S", &dt);
            again[10] = text[10] == '\0' || text[10] == 'Z' ? '\0' : text[10];
            size_t len = strlen(text);
            len -= len > 0 && text[len - 1] == 'Z';
            TEST_EXPECT_MEM_EQ(text, again, len);
        }
    }
}
