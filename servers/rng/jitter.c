#include "jitter.h"

/// A page: many lines of the cache, in an order that the processor finds hard to foresee.
#define WORK_LEN    4096
#define WORK_STEPS  16
#define WORK_STRIDE 67

/// A difference of differences of differences takes so many samples before.
#define WITHOUT_HISTORY 3

void jitter_add(struct jitter *jitter, uint64_t time) {
    uint64_t delta = time - jitter->last_time;
    uint64_t change = delta - jitter->last_delta;
    uint64_t change_of_change = change - jitter->last_change;
    jitter->last_time = time;
    jitter->last_delta = delta;
    jitter->last_change = change;
    jitter->count++;
    bool stuck = delta == 0 || change == 0 || change_of_change == 0;
    // The first ones have nothing to be compared with.
    jitter->good += !stuck && jitter->count > WITHOUT_HISTORY;
}

unsigned jitter_bits(const struct jitter *jitter) {
    return jitter->good / JITTER_SAMPLES_PER_BIT;
}

uint32_t jitter_work(uint32_t seed) {
    static volatile uint8_t memory[WORK_LEN];
    for (unsigned i = 0; i < WORK_STEPS; i++) {
        seed = (seed * 5 + WORK_STRIDE) % WORK_LEN;
        memory[seed]++;
    }
    return seed;
}
