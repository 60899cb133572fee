#include "../today.h"

#include <resea/syscall.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

static uint64_t uptime;

uint64_t timer_uptime(void) {
    return uptime;
}

static struct task_info task;

int sys_info(int kind, unsigned index, void *buf, size_t len) {
    TEST_EXPECT_EQ(kind, INFO_TASK);
    TEST_EXPECT_EQ(len, sizeof(task));
    if (index != (unsigned) TASK_SLOT(task.tid)) {
        return ERR_NOT_FOUND;
    }
    memcpy(buf, &task, sizeof(task));
    return (int) sizeof(task);
}

static void expect(enum time_source source, uint64_t ms) {
    enum time_source found;
    TEST_EXPECT_EQ(today_ms(&found), ms);
    TEST_EXPECT_EQ(found, source);
}

TEST("without a date, the time since boot is told, and that it is no date") {
    uptime = 1234;
    today_init();
    expect(TIME_SOURCE_NONE, 1234);
}

TEST("a date that was set is counted on") {
    uptime = 5678;
    today_init();
    TEST_EXPECT_EQ(today_set(1795885200), OK);
    expect(TIME_SOURCE_SET, 1795885200000);
    uptime += 90061007;
    expect(TIME_SOURCE_SET, 1795975261007);
    // Backwards, and to before the boot.
    TEST_EXPECT_EQ(today_set(1), OK);
    expect(TIME_SOURCE_SET, 1000);
    uptime += 5;
    expect(TIME_SOURCE_SET, 1005);
    TEST_EXPECT_EQ(today_set(TODAY_MAX), OK);
    TEST_EXPECT_EQ(today_set(TODAY_MAX + 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(today_set(UINT64_MAX), ERR_INVALID_ARG);
    expect(TIME_SOURCE_SET, TODAY_MAX * 1000);
}

TEST("the machine's clock is taken at its word, unless it tells no date") {
    uptime = 100;
    today_init();
    struct rtc_read_reply_fields rtc = {
        .year = 2026, .month = 11, .day = 28, .hour = 17, .day_of_week = 1};
    TEST_EXPECT_EQ(today_set_from_rtc(&rtc), OK);
    expect(TIME_SOURCE_RTC, 1795885200000);

    static const struct rtc_read_reply_fields wrong[] = {
        {.year = 1969, .month = 12, .day = 31},
        {.year = 10000, .month = 1, .day = 1},
        {.year = UINT32_MAX, .month = 1, .day = 1},
        {.year = 2026, .month = 0, .day = 1},
        {.year = 2026, .month = 13, .day = 1},
        {.year = 2026, .month = 2, .day = 29},
        {.year = 2026, .month = 2, .day = 0},
        {.year = 2026, .month = 2, .day = 1, .hour = 24},
        {.year = 2026, .month = 2, .day = 1, .minute = 60},
        {.year = 2026, .month = 2, .day = 1, .second = 255},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT_EQ(today_set_from_rtc(&wrong[i]), ERR_NOT_ACCEPTABLE);
    }
    expect(TIME_SOURCE_RTC, 1795885200000);
}

TEST("names are found in lists of names, and only whole ones") {
    TEST_EXPECT(today_is_listed("date", "date"));
    TEST_EXPECT(today_is_listed("date", "ntp date"));
    TEST_EXPECT(today_is_listed("ntp", "ntp date"));
    TEST_EXPECT(today_is_listed("date", " ntp  date "));
    TEST_EXPECT(!today_is_listed("dat", "ntp date"));
    TEST_EXPECT(!today_is_listed("dates", "ntp date"));
    TEST_EXPECT(!today_is_listed("p d", "ntp date"));
    TEST_EXPECT(!today_is_listed("", "ntp date"));
    TEST_EXPECT(!today_is_listed("", ""));
    TEST_EXPECT(!today_is_listed("date", ""));
}

static bool may_set(task_t tid, task_t pager, const char *name) {
    task = (struct task_info){.tid = TASK_ID(9, 3), .pager = pager};
    strncpy2(task.name, name, sizeof(task.name));
    return today_may_set(tid, "ntp date");
}

TEST("the time is set by programs of the manifest's that are listed, and by nobody else") {
    TEST_EXPECT(may_set(TASK_ID(9, 3), INIT_TASK, "date"));
    TEST_EXPECT(!may_set(TASK_ID(9, 3), INIT_TASK, "hello"));
    // A task that somebody else has created, and named.
    TEST_EXPECT(!may_set(TASK_ID(9, 3), TASK_ID(4, 0), "date"));
    // One that has ended meanwhile.
    TEST_EXPECT(!may_set(TASK_ID(9, 2), INIT_TASK, "date"));
    TEST_EXPECT(!may_set(TASK_ID(8, 3), INIT_TASK, "date"));
}
