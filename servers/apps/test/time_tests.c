#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/timer.h>
#include <string.h>

#include "test.h"
#include "thread.h"

/// Waits for the next notification.
static notifications_t next_notifications(void) {
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.type, NOTIFICATIONS_MSG);
    return m.notifications.data;
}

static bool nothing_pending(void) {
    struct message m;
    return raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK) == ERR_WOULD_BLOCK;
}

static void wait_until(uint64_t uptime) {
    while (timer_uptime() < uptime) {
        sys_nop();
    }
}

static void test_fires_in_time(void) {
    uint64_t start = timer_uptime();
    CHECK_OK(timer_set(30));
    CHECK_EQ(next_notifications(), NOTIFY_TIMER);
    uint64_t elapsed = timer_uptime() - start;
    // Never early; how late depends on the emulator's host.
    CHECK_GE(elapsed, 29);
    CHECK_LT(elapsed, 5000);
}

static void test_fires_once(void) {
    CHECK_OK(timer_set(1));
    CHECK_EQ(next_notifications(), NOTIFY_TIMER);
    wait_until(timer_uptime() + 10);
    CHECK(nothing_pending());
}

/// Sets the timer to 50 ms, and in time to something else: an emulator whose host is busy may need more
/// than one attempt to be that quick.
static void set_and_change(msec_t to) {
    while (true) {
        uint64_t start = timer_uptime();
        CHECK_OK(timer_set(50));
        CHECK_OK(timer_set(to));
        if (timer_uptime() - start < 50) {
            return;
        }
        (void) nothing_pending();  // Takes what may have come.
    }
}

static void test_stops(void) {
    set_and_change(0);
    wait_until(timer_uptime() + 100);
    CHECK(nothing_pending());
}

static void test_is_replaced(void) {
    uint64_t start = timer_uptime();
    CHECK_OK(timer_set(60000));
    CHECK_OK(timer_set(10));
    CHECK_EQ(next_notifications(), NOTIFY_TIMER);
    CHECK_LT(timer_uptime() - start, 30000);

    set_and_change(60000);
    wait_until(timer_uptime() + 100);
    CHECK(nothing_pending());
    CHECK_OK(timer_set(0));
}

static void test_fires_while_running(void) {
    CHECK_OK(timer_set(5));
    uint64_t deadline = timer_uptime() + 10000;
    while (nothing_pending()) {
        if (timer_uptime() > deadline) {
            CHECK(false);
            return;
        }
    }
}

static void test_invalid(void) {
    CHECK_EQ(timer_set(-1), ERR_INVALID_ARG);
    CHECK_EQ(timer_set(INT32_MIN), ERR_INVALID_ARG);
    CHECK_OK(timer_set(INT32_MAX));
    CHECK_OK(timer_set(0));
    CHECK(nothing_pending());
}

static void test_clock(void) {
    uint64_t before = sys_clock();
    wait_until(before + 3);
    uint64_t after = sys_clock();
    CHECK_GE(after, before + 3);
}

const struct test_case time_cases[] = {
    {"timer.fires_in_time", test_fires_in_time},
    {"timer.fires_once", test_fires_once},
    {"timer.stops", test_stops},
    {"timer.is_replaced", test_is_replaced},
    {"timer.fires_while_running", test_fires_while_running},
    {"timer.invalid", test_invalid},
    {"timer.clock", test_clock},
    {NULL, NULL},
};
