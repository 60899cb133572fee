#ifndef __RESEA_TIMER_H__
#define __RESEA_TIMER_H__

#include <types.h>

/// Notifies this task with NOTIFY_TIMER, once, when `timeout` milliseconds have passed. A task has one
/// timer: setting it again replaces the old timeout, and 0 stops it. Never blocks. ERR_INVALID_ARG:
/// the timeout is negative.
error_t timer_set(msec_t timeout);

/// Milliseconds since boot. Never goes backwards.
uint64_t timer_uptime(void);

#endif
