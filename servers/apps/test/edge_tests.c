#include <resea/syscall.h>
#include <resea/timer.h>

#include "machine.h"
#include "rtc.h"
#include "test.h"
#include "thread.h"

// A line that is an edge, a PC clock's: it goes up 1,024 times a second, if what it said last has been read.

#define ROUNDS 100
/// Longer than this nothing takes, even in an emulator whose host is busy.
#define LIMIT_MS 20000

/// Waits for the line's next notification, if there is a limit, no longer than that. Ticks have none: where an emulator
/// skips idle time, the timer runs ahead of the clock. False: none has come.
static bool wait_for_line(msec_t limit) {
    struct message m;
    CHECK_OK(timer_set(limit));
    if (!CHECK_OK(thread_recv(IPC_ANY, &m)) || !CHECK_EQ(m.type, NOTIFICATIONS_MSG)) {
        return false;
    }
    return CHECK_EQ(m.notifications.data, NOTIFY_IRQ);
}

/// Looks at the clock until one tick was there, which may be that of which we were told, and one that has come since.
static bool look_for_ticks(void) {
    uint64_t deadline = timer_uptime() + LIMIT_MS;
    for (int ticks = 0; ticks < 2;) {
        ticks += (rtc_read(RTC_REGISTER_C) & RTC_C_PERIODIC) ? 1 : 0;
        if (timer_uptime() > deadline) {
            return CHECK(false);
        }
    }
    return true;
}

static void begin(void) {
    CHECK_OK(sys_irq_acquire(machine.irq));
    machine_irq_start();
}

static void end(void) {
    machine_irq_stop();
    CHECK_OK(timer_set(0));
    CHECK_OK(sys_irq_release(machine.irq));
    // One may have come before it was stopped.
    struct message m;
    (void) raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK);
}

/// The clock ticks while its line is masked, and then never again: who looks at it when told so must be told.
static void test_none_is_lost(void) {
    begin();
    for (int i = 0; i < ROUNDS; i++) {
        if (!wait_for_line(0) || !look_for_ticks()) {
            break;
        }
        machine_irq_stop();
        if (!wait_for_line(LIMIT_MS)) {
            break;
        }
        machine_irq_start();
    }
    end();
}

/// Who comes next hears of what came while nobody was there.
static void test_while_released(void) {
    begin();
    if (wait_for_line(0)) {
        CHECK_OK(sys_irq_release(machine.irq));
        look_for_ticks();
        machine_irq_stop();
        CHECK_OK(sys_irq_acquire(machine.irq));
        wait_for_line(LIMIT_MS);
    }
    end();
}

const struct test_case edge_cases[] = {
    {"edge.none_is_lost", test_none_is_lost},
    {"edge.while_released", test_while_released},
    {NULL, NULL},
};
