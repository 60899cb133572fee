#include <resea/printf.h>
#include <resea/timer.h>
#include <usb/timer.h>

/// In the order of their deadlines.
static list_t timers;
/// What the task's timer is set for; 0: it isn't.
static uint64_t armed;

void usb_timers_init(void) {
    list_init(&timers);
    armed = 0;
}

bool usb_timer_runs(const struct usb_timer *timer) {
    return list_is_linked(&timer->next);
}

void usb_timer_stop(struct usb_timer *timer) {
    if (usb_timer_runs(timer)) {
        list_remove(&timer->next);
    }
}

void usb_timer_start(struct usb_timer *timer, msec_t timeout,
                     void (*expired)(struct usb_timer *timer)) {
    usb_timer_stop(timer);
    timer->deadline = timer_uptime() + (uint64_t) timeout;
    timer->expired = expired;
    list_elem_t *before = &timers;
    LIST_FOR_EACH (other, &timers, struct usb_timer, next) {
        if (other->deadline > timer->deadline) {
            break;
        }
        before = &other->next;
    }
    list_insert_between(before, &timer->next, before->next);
}

void usb_timers_run(void) {
    armed = 0;
    uint64_t now = timer_uptime();
    struct usb_timer *first = LIST_FRONT(&timers, struct usb_timer, next);
    while (first != NULL && first->deadline <= now) {
        list_remove(&first->next);
        first->expired(first);
        first = LIST_FRONT(&timers, struct usb_timer, next);
    }
}

void usb_timers_arm(void) {
    struct usb_timer *first = LIST_FRONT(&timers, struct usb_timer, next);
    // One that goes off too early costs less than setting it anew for each transfer.
    if (first == NULL || (armed != 0 && armed <= first->deadline)) {
        return;
    }
    uint64_t now = timer_uptime();
    armed = MAX(first->deadline, now + 1);
    OOPS_OK(timer_set((msec_t) (armed - now)));
}
