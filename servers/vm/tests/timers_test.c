#include <limits.h>
#include <string.h>
#include <unittest.h>

#include "../timers.h"

static list_t timers;
static struct timer_entry a, b, c;

static void init(void) {
    list_init(&timers);
    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    memset(&c, 0, sizeof(c));
}

TEST("timers run out in the order of their deadlines") {
    init();
    timers_set(&timers, &a, 30);
    timers_set(&timers, &b, 10);
    timers_set(&timers, &c, 30);
    TEST_EXPECT_EQ(timers_pop_due(&timers, 9), NULL);
    TEST_EXPECT_EQ(timers_pop_due(&timers, 10), &b);
    TEST_EXPECT_EQ(timers_pop_due(&timers, 29), NULL);
    TEST_EXPECT_EQ(timers_pop_due(&timers, 100), &a);
    TEST_EXPECT_EQ(timers_pop_due(&timers, 100), &c);
    TEST_EXPECT_EQ(timers_pop_due(&timers, 100), NULL);
}

TEST("setting a timer again moves it, and a cancelled one doesn't run out") {
    init();
    timers_set(&timers, &a, 10);
    timers_set(&timers, &b, 20);
    timers_set(&timers, &a, 30);
    TEST_EXPECT_EQ(timers_pop_due(&timers, 15), NULL);
    timers_cancel(&b);
    timers_cancel(&b);
    TEST_EXPECT_EQ(timers_pop_due(&timers, 100), &a);
    TEST_EXPECT_EQ(timers_pop_due(&timers, 100), NULL);
}

TEST("the time until the first deadline is never 0 while a timer is set") {
    init();
    TEST_EXPECT_EQ(timers_next(&timers, 5), 0);
    timers_set(&timers, &a, 10);
    TEST_EXPECT_EQ(timers_next(&timers, 5), 5);
    TEST_EXPECT_EQ(timers_next(&timers, 10), 1);
    TEST_EXPECT_EQ(timers_next(&timers, 99), 1);
    timers_set(&timers, &a, UINT64_MAX);
    TEST_EXPECT_EQ(timers_next(&timers, 0), INT_MAX);
}
