#include "../../common/tests/random.h"

#include <resea/datetime.h>
#include <time.h>
#include <unittest.h>

static void expect_same_as_libc(int64_t epoch) {
    struct datetime dt;
    timestamp_to_datetime(epoch, &dt);
    time_t t = epoch;
    struct tm tm;
    gmtime_r(&t, &tm);
    TEST_EXPECT_EQ(dt.year, tm.tm_year + 1900);
    TEST_EXPECT_EQ(dt.month, tm.tm_mon + 1);
    TEST_EXPECT_EQ(dt.day, tm.tm_mday);
    TEST_EXPECT_EQ(dt.day_of_week, tm.tm_wday);
    TEST_EXPECT_EQ(dt.hour, tm.tm_hour);
    TEST_EXPECT_EQ(dt.minute, tm.tm_min);
    TEST_EXPECT_EQ(dt.second, tm.tm_sec);
    TEST_EXPECT_EQ(datetime_to_timestamp(&dt), epoch);
}

TEST("well-known days are what they were") {
    struct datetime dt;
    timestamp_to_datetime(0, &dt);
    TEST_EXPECT_EQ(dt.year, 1970);
    TEST_EXPECT_EQ(dt.day_of_week, 4);
    timestamp_to_datetime(951782400, &dt);
    TEST_EXPECT_EQ(dt.year * 10000 + dt.month * 100 + dt.day, 20000229);
    TEST_EXPECT_EQ(dt.day_of_week, 2);
    dt = (struct datetime){
        .year = 2038, .month = 1, .day = 19, .hour = 3, .minute = 14, .second = 7};
    TEST_EXPECT_EQ(datetime_to_timestamp(&dt), INT32_MAX);
    dt = (struct datetime){.year = 1900, .month = 3, .day = 1};
    TEST_EXPECT_EQ(datetime_to_timestamp(&dt), -2203891200);
    dt = (struct datetime){
        .year = 1969, .month = 12, .day = 31, .hour = 23, .minute = 59, .second = 59};
    TEST_EXPECT_EQ(datetime_to_timestamp(&dt), -1);
}

TEST("every day of 900 years agrees with libc in both directions") {
    for (int64_t day = -250000; day < 80000; day++) {
        expect_same_as_libc(day * 86400 + 86399);
    }
}

TEST("times from long ago to far away agree with libc in both directions") {
    uint32_t seed = 10;
    for (int i = 0; i < 200000; i++) {
        int64_t epoch = (int64_t) (((uint64_t) random_next(&seed) << 32) | random_next(&seed));
        expect_same_as_libc(epoch >> (8 + random_below(&seed, 40)));
    }
}

TEST("fields beyond their ranges count on, as libc's do") {
    uint32_t seed = 11;
    for (int i = 0; i < 50000; i++) {
        struct datetime dt = {
            .year = (int32_t) random_below(&seed, 8000) - 4000,
            .month = (uint8_t) random_next(&seed),
            .day = (uint8_t) random_next(&seed),
            .hour = (uint8_t) random_next(&seed),
            .minute = (uint8_t) random_next(&seed),
            .second = (uint8_t) random_next(&seed),
        };
        struct tm tm = {
            .tm_year = dt.year - 1900,
            .tm_mon = dt.month - 1,
            .tm_mday = dt.day,
            .tm_hour = dt.hour,
            .tm_min = dt.minute,
            .tm_sec = dt.second,
        };
        TEST_EXPECT_EQ(datetime_to_timestamp(&dt), timegm(&tm));
    }
}
