#ifndef __VM_TIMERS_H__
#define __VM_TIMERS_H__

/// \file
/// Many timers out of the one that a task has: a queue, sorted by deadline.

#include <list.h>
#include <types.h>

struct timer_entry {
    list_elem_t next;   ///< Unlinked if the timer isn't set.
    uint64_t deadline;  ///< Milliseconds since boot.
};

/// Adds the timer; one that is set already is moved. Equal deadlines keep their order.
void timers_set(list_t *timers, struct timer_entry *timer, uint64_t deadline);

/// Does nothing if the timer isn't set.
void timers_cancel(struct timer_entry *timer);

/// \return  The first timer whose deadline has come, now off the queue, or NULL.
struct timer_entry *timers_pop_due(list_t *timers, uint64_t now);

/// \return  Milliseconds until the first deadline, at least 1; 0 if no timer is set.
msec_t timers_next(const list_t *timers, uint64_t now);

#endif
