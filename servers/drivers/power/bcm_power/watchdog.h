#ifndef __WATCHDOG_H__
#define __WATCHDOG_H__

/// \file
/// The watchdog as clients see it (idl/power.idl). The hardware can't count longer than
/// PM_TIMEOUT_MS_MAX: longer times are cut into pieces, at the end of which this server has to be alive,
/// too. If it dies, the machine is reset within one piece, unless it is started again: then it goes
/// on with a whole piece, for a client who tells that it is there.

#include <types.h>

/// How often the hardware is wound up during a long timeout.
#define WATCHDOG_REARM_MS 5000

void watchdog_init(void);

/// Errors: see idl/power.idl.
error_t __mustuse watchdog_start(task_t client, unsigned timeout_ms);
error_t __mustuse watchdog_feed(task_t client);
error_t __mustuse watchdog_stop(task_t client);

struct watchdog_status {
    bool running;
    task_t owner;
    unsigned timeout_ms;
    unsigned left_ms;
};
void watchdog_get_status(struct watchdog_status *status);

/// The task's timer has run out: it is the watchdog's.
void watchdog_timer(void);

#endif
