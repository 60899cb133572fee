#ifndef __RESEA_TIMER_H__
#define __RESEA_TIMER_H__

#include <types.h>

/// Notifies this task with NOTIFY_TIMER, once, when `timeout` milliseconds have passed. A task has one
/// timer: setting it again replaces the old timeout, and 0 stops it. Never blocks. ERR_INVALID_ARG:
/// the timeout is negative.
error_t timer_set(msec_t timeout);

/// Waits for `ms` milliseconds, 1 or more, with the task's timer. For programs that nobody calls yet: messages that come
/// meanwhile are answered as unknown ones, and other notifications are lost.
void timer_sleep(msec_t ms);

/// Milliseconds since boot. Never goes backwards.
uint64_t timer_uptime(void);

#endif
