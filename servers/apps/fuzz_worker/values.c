#include "values.h"

#include <config.h>
#include <message.h>
#include <resea/task.h>

static uint64_t state;
static uint8_t buffer[4 * PAGE_SIZE] __aligned(PAGE_SIZE);
static const uint8_t constants[64] = {1};

void values_init(uint64_t seed) {
    state = seed * 0x9e3779b97f4a7c15ull + 1;
    // Neighbouring seeds start out alike.
    for (int i = 0; i < 8; i++) {
        (void) random_bits();
    }
}

/// Marsaglia's xorshift, 64 bits wide.
uint64_t random_bits(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

uint64_t random_below(uint64_t limit) {
    return random_bits() % limit;
}

bool once_in(unsigned n) {
    return random_below(n) == 0;
}

uintptr_t random_bad_pointer(void) {
    switch (random_below(6)) {
    case 0:
        return random_below(PAGE_SIZE);
    case 1:
        return USER_END - 64 + random_below(128);
    case 2:
        return 0xffff800000000000ul + random_below(1ul << 32);
    case 3:
        return UINTPTR_MAX - random_below(512);
    case 4:
        return 0x8000000000000000ul + random_bits() % 0x10000;
    default:
        return random_bits();
    }
}

uintptr_t random_pointer(void) {
    // Each of these is likely to end this worker.
    if (once_in(512)) {
        return random_bad_pointer();
    }

    if (once_in(1024)) {
        return (uintptr_t) constants + random_below(sizeof(constants));
    }

    return (uintptr_t) buffer + random_below(3 * PAGE_SIZE);
}

size_t random_len(void) {
    switch (random_below(4)) {
    case 0:
        return random_below(16);
    case 1:
        return random_below(PAGE_SIZE);
    case 2:
        return 0;
    default:
        return random_bits() >> random_below(64);
    }
}

task_t random_task(void) {
    switch (random_below(5)) {
    case 0:
        return INIT_TASK;
    case 1:
        return task_self();
    case 2:
        return (task_t) random_below(CONFIG_NUM_TASKS + 2);
    case 3:
        return TASK_ID((task_t) random_below(CONFIG_NUM_TASKS + 2), (task_t) random_below(64));
    default:
        return (task_t) random_bits();
    }
}

int random_type(void) {
    static const int types[] = {
        BENCHMARK_NOP_MSG,     BENCHMARK_NOP_WITH_OOL_MSG,
        DISCOVERY_SERVE_MSG,   VM_ALLOC_PAGES_MSG,
        VM_FREE_PAGES_MSG,     VM_OFFER_PAGES_MSG,
        VM_ACCEPT_PAGES_MSG,   VM_STATS_MSG,
        TASK_ALLOC_MSG,        TASK_FREE_MSG,
        TASK_LAUNCH_MSG,       TASK_WATCH_MSG,
        TASK_UNWATCH_MSG,      TASK_STATUS_MSG,
        TASK_KILL_MSG,         TASK_PROGRAM_MSG,
        RANDOM_GET_RANDOM_MSG, PAGE_FAULT_MSG,
        PAGE_FAULT_REPLY_MSG,  EXCEPTION_MSG,
        NOTIFICATIONS_MSG,     ASYNC_MSG,
    };
    if (once_in(4)) {
        return (int) random_bits();
    }

    return types[random_below(sizeof(types) / sizeof(types[0]))];
}

uintptr_t random_word(void) {
    return once_in(2) ? random_bits() : random_below(64);
}
