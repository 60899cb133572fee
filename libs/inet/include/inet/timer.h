#ifndef __INET_TIMER_H__
#define __INET_TIMER_H__

/// \file
/// Timers of the protocols, any number of them, out of the one that the environment has (<inet/env.h>).
/// Starting and stopping
/// one takes constant time; putting it off, which is what happens to a retransmission timer with each
/// acknowledgement, takes a few instructions.

#include <list.h>
#include <types.h>

/// Zeroed memory with `fire` filled in is a timer that isn't running.
struct inet_timer {
    list_elem_t next;
    uint64_t when;    ///< 0: not running.
    uint64_t queued;  ///< The time of the slot that it is in: not after `when`.
    /// Called from inet_tick, once, not before `when`, and up to INET_TIMER_STEP later; the timer isn't
    /// running then. May start and stop any timer, and free this one.
    void (*fire)(struct inet_timer *timer);
    uint16_t slot;
};

/// Milliseconds between two times at which timers fire.
#define INET_TIMER_STEP 4
/// The struct that a timer is in.
#define INET_TIMER_OWNER(timer, container, field) LIST_CONTAINER(timer, container, field)

/// Starts a timer, or changes when it fires: at `when`, by inet_now()'s clock; in the past: with the next
/// inet_tick.
void inet_timer_start(struct inet_timer *timer, uint64_t when);
void inet_timer_stop(struct inet_timer *timer);
static inline bool inet_timer_is_running(const struct inet_timer *timer) {
    return timer->when != 0;
}
/// Before the first timer is started. Forgets those that were.
void inet_timers_init(void);
/// Fires those whose time has come, and asks the environment for the next time (inet_call_at).
void inet_timers_run(void);

#endif
