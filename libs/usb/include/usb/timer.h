#ifndef __USB_TIMER_H__
#define __USB_TIMER_H__

/// \file
/// Many timers, out of the one that a task has.

#include <list.h>
#include <types.h>

struct usb_timer {
    list_elem_t next;
    uint64_t deadline;
    void (*expired)(struct usb_timer *timer);
};

/// For a timer that may run: starts it anew. `expired` is called by usb_timers_run, not before.
void usb_timer_start(struct usb_timer *timer, msec_t timeout,
                     void (*expired)(struct usb_timer *timer));
void usb_timer_stop(struct usb_timer *timer);
bool usb_timer_runs(const struct usb_timer *timer);
/// Calls those that are due.
void usb_timers_run(void);
/// Sets the task's timer for the first that will be due: to be called when all else is done.
void usb_timers_arm(void);
/// Forgets all.
void usb_timers_init(void);

#endif
