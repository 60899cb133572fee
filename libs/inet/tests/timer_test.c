#include <inet/timer.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

struct alarm {
    struct inet_timer timer;
    uint64_t fired;
    unsigned count;
    uint64_t again;  ///< Starts itself for so much later.
};

static void ring(struct inet_timer *timer) {
    struct alarm *alarm = INET_TIMER_OWNER(timer, struct alarm, timer);
    alarm->fired = world_now;
    alarm->count++;
    if (alarm->again != 0) {
        inet_timer_start(timer, world_now + alarm->again - 1);
    }
}

TEST("timers fire at their time, near and far") {
    static const uint64_t delays[] = {
        0,     1,     3,     4,      5,       255,      256,      257,        1000,
        16383, 16384, 16385, 100000, 1048577, 67108863, 67108865, 4000000000, 100000000000};
    for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
        for (uint64_t offset = 0; offset < 3; offset++) {
            world_reset();
            world_pass(offset);
            struct alarm alarm = {.timer.fire = ring};
            uint64_t when = world_now + delays[i];
            inet_timer_start(&alarm.timer, when);
            world_pass(delays[i] + INET_TIMER_STEP);
            TEST_EXPECT_EQ(alarm.count, 1);
            TEST_EXPECT_GE(alarm.fired, when);
            TEST_EXPECT_LE(alarm.fired, when + INET_TIMER_STEP);
            TEST_EXPECT(!inet_timer_is_running(&alarm.timer));
        }
    }
}

TEST("a timer that is stopped doesn't fire") {
    world_reset();
    struct alarm alarm = {.timer.fire = ring};
    inet_timer_stop(&alarm.timer);
    inet_timer_start(&alarm.timer, world_now + 100);
    world_pass(50);
    inet_timer_stop(&alarm.timer);
    world_pass(1000);
    TEST_EXPECT_EQ(alarm.count, 0);
    TEST_EXPECT_EQ(world_wanted, UINT64_MAX);
}

TEST("a timer that is put off fires once, at the later time; brought forward, at the earlier") {
    world_reset();
    struct alarm alarm = {.timer.fire = ring};
    for (int i = 0; i < 10; i++) {
        inet_timer_start(&alarm.timer, world_now + 300);
        world_pass(200);
    }
    TEST_EXPECT_EQ(alarm.count, 0);
    inet_timer_start(&alarm.timer, world_now + 5000);
    inet_timer_start(&alarm.timer, world_now + 20);
    world_pass(24);
    TEST_EXPECT_EQ(alarm.count, 1);
    world_pass(10000);
    TEST_EXPECT_EQ(alarm.count, 1);
}

TEST("a timer that starts itself for now doesn't keep inet_tick") {
    world_reset();
    struct alarm alarm = {.timer.fire = ring, .again = 1};
    inet_timer_start(&alarm.timer, world_now);
    world_wanted = UINT64_MAX;
    inet_timers_run();
    TEST_EXPECT_EQ(alarm.count, 1);
    TEST_EXPECT_LE(world_wanted, world_now);
    inet_timers_run();
    TEST_EXPECT_EQ(alarm.count, 2);
    inet_timer_stop(&alarm.timer);
}

/// The environment may call late, or at any time.
TEST("random starts and stops against a list") {
    world_reset();
    srand(7);
    static struct alarm alarms[50];
    static uint64_t expected[50];
    memset(alarms, 0, sizeof(alarms));
    memset(expected, 0, sizeof(expected));
    for (int step = 0; step < 100000; step++) {
        int i = rand() % 50;
        alarms[i].timer.fire = ring;
        if (rand() % 5 == 0) {
            inet_timer_stop(&alarms[i].timer);
            expected[i] = 0;
        } else {
            expected[i] = world_now + (uint64_t) (rand() % ((rand() % 10 == 0) ? 1000000 : 3000));
            inet_timer_start(&alarms[i].timer, expected[i]);
        }
        world_now += (uint64_t) (rand() % 200);
        inet_timers_run();
        for (int k = 0; k < 50; k++) {
            bool due = expected[k] != 0 && expected[k] + INET_TIMER_STEP <= world_now;
            TEST_EXPECT(!(due && alarms[k].count == 0));
            TEST_EXPECT(alarms[k].count == 0 || (expected[k] != 0 && expected[k] <= world_now));
            expected[k] = (alarms[k].count > 0) ? 0 : expected[k];
            alarms[k].count = 0;
        }
    }
    for (int k = 0; k < 50; k++) {
        inet_timer_stop(&alarms[k].timer);
    }
}
