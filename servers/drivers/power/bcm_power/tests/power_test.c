#include <driver/io.h>
#include <message.h>
#include <resea/ipc.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "../pm.h"
#include "../registers.h"
#include "../watchdog.h"

#define A 101
#define B 102

/// The power manager, whose watchdog counts while time goes by.
static struct {
    uint32_t rstc, rsts;
    uint64_t expires;  ///< When the count that was written last reaches 0.
    bool was_reset;
    uint64_t reset_at;
} pm;

static uint64_t now;
static uint64_t timer;  ///< When the task is to be notified; 0: not set.
static task_t dead;

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    TEST_EXPECT_EQ(paddr, PM_PADDR);
    TEST_EXPECT_EQ(len, PM_LEN);
    return (io_t) &pm;
}

uint32_t io_read32(io_t io __unused, offset_t offset) {
    return (offset == PM_RSTC) ? pm.rstc : pm.rsts;
}

void io_write32(io_t io __unused, offset_t offset, uint32_t value) {
    TEST_EXPECT_EQ(value & ~PM_VALUE_MASK, PM_PASSWORD);
    value &= PM_VALUE_MASK;
    if (offset == PM_RSTC) {
        pm.rstc = value;
    } else if (offset == PM_RSTS) {
        pm.rsts = value;
    } else {
        TEST_EXPECT_EQ(offset, PM_WDOG);
        TEST_EXPECT_EQ(value & ~PM_WDOG_MASK, 0);
        pm.expires = now + (uint64_t) value * 1000 / PM_WDOG_TICKS_PER_S;
    }
}

/// Asking for the time lets it go by while the machine waits for its reset.
static bool time_flies;

uint64_t timer_uptime(void) {
    if (time_flies) {
        now++;
    }
    if (!pm.was_reset && (pm.rstc & PM_RSTC_CFG_MASK) == PM_RSTC_FULL_RESET && now > pm.expires) {
        pm.was_reset = true;
        pm.reset_at = now;
    }
    return now;
}

error_t timer_set(msec_t timeout) {
    timer = (timeout != 0) ? now + (uint64_t) timeout : 0;
    return OK;
}

/// vm tells who lives.
error_t ipc_call(task_t dst, struct message *m) {
    TEST_EXPECT_EQ(dst, INIT_TASK);
    TEST_EXPECT_EQ(m->type, TASK_STATUS_MSG);
    task_t task = m->task_status.task;
    bzero(m, sizeof(*m));
    m->type = TASK_STATUS_REPLY_MSG;
    m->task_status_reply.running = task != dead;
    return OK;
}

/// Lets time go by; returns whether the machine is still there.
static bool pass(unsigned ms) {
    for (unsigned i = 0; i < ms && !pm.was_reset; i++) {
        now++;
        (void) timer_uptime();
        if (timer != 0 && now >= timer) {
            timer = 0;
            watchdog_timer();
        }
    }
    return !pm.was_reset;
}

static void reset(void) {
    bzero(&pm, sizeof(pm));
    pm.rstc = 0x102;
    pm.rsts = PM_RSTS_POWER_ON;
    timer = 0;
    dead = 0;
    time_flies = false;
    TEST_EXPECT_EQ(pm_init(), OK);
    watchdog_init();
}

TEST("a watchdog that isn't fed resets the machine when its time is over") {
    reset();
    TEST_EXPECT_EQ(watchdog_start(A, 2000), OK);
    TEST_EXPECT(pass(1990));
    TEST_EXPECT(!pass(20));
}

TEST("fed in time, it doesn't") {
    reset();
    TEST_EXPECT_EQ(watchdog_start(A, 2000), OK);
    for (int i = 0; i < 20; i++) {
        TEST_EXPECT(pass(1500));
        TEST_EXPECT_EQ(watchdog_feed(A), OK);
    }
    TEST_EXPECT(!pass(2010));
}

TEST("it can be stopped, and does nothing then") {
    reset();
    TEST_EXPECT_EQ(watchdog_start(A, 2000), OK);
    TEST_EXPECT_EQ(watchdog_stop(A), OK);
    TEST_EXPECT_EQ(pm.rstc, 0x102);
    TEST_EXPECT(pass(100000));
    TEST_EXPECT_EQ(watchdog_feed(A), ERR_NOT_PERMITTED);
}

TEST("times longer than the hardware can count are kept exactly") {
    reset();
    TEST_EXPECT_EQ(watchdog_start(A, 100000), OK);
    TEST_EXPECT(pass(99990));
    TEST_EXPECT(!pass(20));
    reset();
    TEST_EXPECT_EQ(watchdog_start(A, 3600000), OK);
    TEST_EXPECT(pass(3599990));
    TEST_EXPECT(!pass(20));
}

TEST("a new time takes the place of the old one") {
    reset();
    TEST_EXPECT_EQ(watchdog_start(A, 100000), OK);
    TEST_EXPECT(pass(10000));
    TEST_EXPECT_EQ(watchdog_start(A, 500), OK);
    TEST_EXPECT(!pass(510));
}

TEST("only who has started it can feed and stop it") {
    reset();
    TEST_EXPECT_EQ(watchdog_feed(A), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(watchdog_stop(A), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(watchdog_start(A, 2000), OK);
    TEST_EXPECT_EQ(watchdog_feed(B), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(watchdog_stop(B), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(watchdog_start(B, 2000), ERR_IN_USE);
    // A ends; its successor takes over in time.
    dead = A;
    TEST_EXPECT(pass(1000));
    TEST_EXPECT_EQ(watchdog_start(B, 2000), OK);
    TEST_EXPECT(pass(1990));
    TEST_EXPECT_EQ(watchdog_feed(A), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(watchdog_stop(B), OK);
}

TEST("times that make no sense are refused") {
    reset();
    TEST_EXPECT_EQ(watchdog_start(A, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(watchdog_start(A, 99), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(watchdog_start(A, 3600001), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(watchdog_start(A, 0xffffffff), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(pm.rstc, 0x102);
}

TEST("the status says what is left") {
    reset();
    struct watchdog_status status;
    watchdog_get_status(&status);
    TEST_EXPECT(!status.running);
    TEST_EXPECT_EQ(status.left_ms, 0);
    TEST_EXPECT_EQ(watchdog_start(A, 20000), OK);
    TEST_EXPECT(pass(5000));
    watchdog_get_status(&status);
    TEST_EXPECT(status.running);
    TEST_EXPECT_EQ(status.owner, A);
    TEST_EXPECT_EQ(status.timeout_ms, 20000);
    TEST_EXPECT_EQ(status.left_ms, 15000);
}

TEST("after a restart of the server the watchdog goes on, and waits for its owner") {
    reset();
    TEST_EXPECT_EQ(watchdog_start(A, 60000), OK);
    timer = 0;
    watchdog_init();
    TEST_EXPECT_EQ(watchdog_feed(A), ERR_NOT_PERMITTED);
    TEST_EXPECT(pass(14000));
    TEST_EXPECT_EQ(watchdog_start(A, 60000), OK);
    TEST_EXPECT(pass(59990));
    TEST_EXPECT(!pass(20));

    reset();
    TEST_EXPECT_EQ(watchdog_start(A, 60000), OK);
    timer = 0;
    watchdog_init();
    TEST_EXPECT(!pass(15010));
}

TEST("off halts the firmware, reboot doesn't") {
    reset();
    time_flies = true;
    pm.rsts |= PM_RSTS_SOFTWARE;
    pm_power_off();
    TEST_EXPECT(pm.was_reset);
    TEST_EXPECT_EQ(pm.rsts, PM_RSTS_POWER_ON | PM_RSTS_SOFTWARE | PM_RSTS_HALT);

    reset();
    time_flies = true;
    pm.rsts |= 0x004;
    pm_reboot();
    TEST_EXPECT(pm.was_reset);
    TEST_EXPECT_EQ(pm.rsts, PM_RSTS_POWER_ON);
    // A machine that doesn't care goes on.
    TEST_EXPECT(!pm_is_armed());
}

TEST("why the machine was reset") {
    reset();
    TEST_EXPECT_EQ(pm_last_reset(), POWER_RESET_REASON_POWER_ON);
    pm.rsts = PM_RSTS_POWER_ON | PM_RSTS_WATCHDOG;
    TEST_EXPECT_EQ(pm_last_reset(), POWER_RESET_REASON_SOFTWARE);
    pm.rsts = PM_RSTS_DEBUGGER;
    TEST_EXPECT_EQ(pm_last_reset(), POWER_RESET_REASON_DEBUGGER);
    pm.rsts = PM_RSTS_HALT;
    TEST_EXPECT_EQ(pm_last_reset(), POWER_RESET_REASON_UNKNOWN);
}
