#include "watchdog.h"

#include <idl_client.h>
#include <resea/printf.h>
#include <resea/timer.h>

#include "pm.h"

static bool running;
static task_t owner;
static unsigned timeout_ms;
static uint64_t deadline;  ///< When the machine is to be reset.

static unsigned left_ms(void) {
    uint64_t now = timer_uptime();
    return (deadline > now) ? (unsigned) (deadline - now) : 0;
}

/// Winds the hardware up for the time that is left, or for a piece of it.
static void wind_up(void) {
    unsigned left = left_ms();
    pm_arm(left);
    OOPS_OK(timer_set((left > PM_TIMEOUT_MS_MAX) ? WATCHDOG_REARM_MS : 0));
}

static void begin(task_t client, unsigned ms) {
    running = true;
    owner = client;
    timeout_ms = ms;
    deadline = timer_uptime() + ms;
    wind_up();
}

void watchdog_init(void) {
    running = false;
    owner = 0;
    if (pm_is_armed()) {
        WARN("the watchdog is running: whoever had it has %d s to start it again",
             PM_TIMEOUT_MS_MAX / 1000);
        begin(0, PM_TIMEOUT_MS_MAX);
    }
}

static bool lives(task_t task) {
    bool is_running;
    enum task_end_reason reason;
    int status;
    error_t err = call_task_status(INIT_TASK, task, &is_running, &reason, &status);
    return err == OK && is_running;
}

error_t watchdog_start(task_t client, unsigned ms) {
    if (ms < POWER_WATCHDOG_MS_MIN || ms > POWER_WATCHDOG_MS_MAX) {
        return ERR_INVALID_ARG;
    }
    if (running && owner != 0 && owner != client && lives(owner)) {
        return ERR_IN_USE;
    }
    begin(client, ms);
    return OK;
}

error_t watchdog_feed(task_t client) {
    if (!running || client != owner) {
        return ERR_NOT_PERMITTED;
    }
    begin(client, timeout_ms);
    return OK;
}

error_t watchdog_stop(task_t client) {
    if (!running || client != owner) {
        return ERR_NOT_PERMITTED;
    }
    running = false;
    pm_disarm();
    return timer_set(0);
}

void watchdog_get_status(struct watchdog_status *status) {
    *status = (struct watchdog_status){.running = running};
    if (running) {
        status->owner = owner;
        status->timeout_ms = timeout_ms;
        status->left_ms = left_ms();
    }
}

void watchdog_timer(void) {
    if (running) {
        wind_up();
    }
}
