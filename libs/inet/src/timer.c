// A wheel of six levels with 64 slots each. A time's step number is written in base 64; a timer is in the level of the
// first digit in which it differs from now, in the slot of that digit's value. So all slots in use lie ahead
// of now's digit, the lowest level in use has the next slot that is due, and each timer moves down five times at
// most.

#include <inet/env.h>
#include <inet/timer.h>

#define DIGIT_BITS 6
#define LEVELS     6
#define SLOTS      (1u << DIGIT_BITS)
/// Steps that have six digits: eight years.
#define STEP_MAX ((UINT64_C(1) << (LEVELS * DIGIT_BITS)) - 1)
/// The slot of those that fire with the next inet_tick, whatever the time.
#define SLOT_DUE (LEVELS * SLOTS)
#define NEVER    UINT64_MAX

static struct {
    list_t slots[LEVELS * SLOTS + 1];
    uint64_t used[LEVELS];  ///< A bit for each slot that isn't empty.
    uint64_t now;           ///< The step that was reached.
    uint64_t asked;         ///< The time that the environment was asked for.
} wheel;

void inet_timers_init(void) {
    for (unsigned i = 0; i <= SLOT_DUE; i++) {
        list_init(&wheel.slots[i]);
    }
    for (unsigned i = 0; i < LEVELS; i++) {
        wheel.used[i] = 0;
    }
    wheel.now = inet_now() / INET_TIMER_STEP;
    wheel.asked = NEVER;
}

static void ask(uint64_t when) {
    if (when < wheel.asked) {
        wheel.asked = when;
        inet_call_at(when);
    }
}

static unsigned digit(uint64_t step, unsigned level) {
    return (step >> (level * DIGIT_BITS)) % SLOTS;
}

/// The slot for a time, and the time at which that slot is due.
static unsigned find_slot(uint64_t when, uint64_t *due) {
    uint64_t step = MIN(when / INET_TIMER_STEP + (when % INET_TIMER_STEP != 0), STEP_MAX);
    if (step <= wheel.now) {
        *due = when;
        return SLOT_DUE;
    }
    unsigned level = (63 - (unsigned) __builtin_clzll(step ^ wheel.now)) / DIGIT_BITS;
    *due = (step >> (level * DIGIT_BITS) << (level * DIGIT_BITS)) * INET_TIMER_STEP;
    return level * SLOTS + digit(step, level);
}

static void insert(struct inet_timer *timer) {
    uint64_t due;
    unsigned slot = find_slot(timer->when, &due);
    timer->slot = (uint16_t) slot;
    timer->queued = MIN(due, timer->when);
    list_push_back(&wheel.slots[slot], &timer->next);
    if (slot != SLOT_DUE) {
        wheel.used[slot / SLOTS] |= UINT64_C(1) << (slot % SLOTS);
    }
    ask(due);
}

static void take_out(struct inet_timer *timer) {
    unsigned slot = timer->slot;
    list_remove(&timer->next);
    if (slot != SLOT_DUE && list_is_empty(&wheel.slots[slot])) {
        wheel.used[slot / SLOTS] &= ~(UINT64_C(1) << (slot % SLOTS));
    }
}

void inet_timer_start(struct inet_timer *timer, uint64_t when) {
    when = MAX(when, 1);
    bool later = list_is_linked(&timer->next) && when >= timer->queued;
    timer->when = when;
    if (later) {
        return;  // It is moved when its slot's time comes.
    }
    if (list_is_linked(&timer->next)) {
        take_out(timer);
    }
    insert(timer);
}

void inet_timer_stop(struct inet_timer *timer) {
    timer->when = 0;
    if (list_is_linked(&timer->next)) {
        take_out(timer);
    }
}

/// The first slot that isn't empty, and its step. NEVER: all are.
static uint64_t next_step(unsigned *slot) {
    for (unsigned level = 0; level < LEVELS; level++) {
        if (wheel.used[level] != 0) {
            unsigned value = (unsigned) __builtin_ctzll(wheel.used[level]);
            unsigned shift = (level + 1) * DIGIT_BITS;
            *slot = level * SLOTS + value;
            return (wheel.now >> shift << shift) | ((uint64_t) value << (shift - DIGIT_BITS));
        }
    }
    return NEVER;
}

/// Puts the timers of a slot where they belong now: into lower levels, or among those that are due.
static void move_slot(unsigned slot) {
    struct inet_timer *timer;
    wheel.used[slot / SLOTS] &= ~(UINT64_C(1) << (slot % SLOTS));
    while ((timer = LIST_POP_FRONT(&wheel.slots[slot], struct inet_timer, next)) != NULL) {
        insert(timer);
    }
}

static void advance(uint64_t target) {
    unsigned slot;
    for (uint64_t step = next_step(&slot); step <= target; step = next_step(&slot)) {
        wheel.now = step;
        move_slot(slot);
    }
    wheel.now = MAX(wheel.now, target);
}

/// Fires what is due. What is started meanwhile comes with the next call, so that this ends.
static void fire_due(void) {
    struct inet_timer last = {.next = {NULL, NULL}};
    list_t *due = &wheel.slots[SLOT_DUE];
    list_push_back(due, &last.next);
    for (;;) {
        struct inet_timer *timer = LIST_POP_FRONT(due, struct inet_timer, next);
        if (timer == &last) {
            return;
        }
        if (timer->when > wheel.now * INET_TIMER_STEP && timer->when > inet_now()) {
            insert(timer);  // It was put off since.
            continue;
        }
        timer->when = 0;
        timer->fire(timer);
    }
}

void inet_timers_run(void) {
    wheel.asked = 0;  // Nobody need be asked before the end.
    advance(MIN(inet_now() / INET_TIMER_STEP, STEP_MAX));
    fire_due();
    wheel.asked = NEVER;
    unsigned slot;
    uint64_t step = next_step(&slot);
    if (!list_is_empty(&wheel.slots[SLOT_DUE])) {
        ask(inet_now());
    } else if (step != NEVER) {
        ask(step * INET_TIMER_STEP);
    }
}
