#include "timers.h"

#include <limits.h>

static struct timer_entry *entry_of(list_elem_t *elem) {
    return LIST_CONTAINER(elem, struct timer_entry, next);
}

void timers_set(list_t *timers, struct timer_entry *timer, uint64_t deadline) {
    timers_cancel(timer);
    timer->deadline = deadline;
    list_elem_t *behind = timers->next;
    while (behind != timers && entry_of(behind)->deadline <= deadline) {
        behind = behind->next;
    }
    list_insert_between(behind->prev, &timer->next, behind);
}

void timers_cancel(struct timer_entry *timer) {
    if (list_is_linked(&timer->next)) {
        list_remove(&timer->next);
    }
}

struct timer_entry *timers_pop_due(list_t *timers, uint64_t now) {
    if (list_is_empty(timers) || entry_of(timers->next)->deadline > now) {
        return NULL;
    }
    return entry_of(list_pop_front(timers));
}

msec_t timers_next(const list_t *timers, uint64_t now) {
    if (list_is_empty(timers)) {
        return 0;
    }
    uint64_t deadline = entry_of(timers->next)->deadline;
    return (deadline > now) ? (msec_t) MIN(deadline - now, (uint64_t) INT_MAX) : 1;
}
