#ifndef __JITTER_H__
#define __JITTER_H__

/// \file
/// Timing jitter: how the time varies that the same work takes. The processor's caches, its other tasks,
/// the clocks of memory and buses and, in an emulator, all of the host's have a part in it; nobody can tell how much
/// of it can be guessed. So little of it is counted, and none where time counts
/// instructions and nothing varies.

#include <types.h>

/// Samples for one bit. "Stuck" ones aren't counted at all.
#define JITTER_SAMPLES_PER_BIT 8

struct jitter {
    uint64_t last_time, last_delta, last_change;
    unsigned count;  ///< Samples so far.
    unsigned good;   ///< Of those, the ones that aren't stuck.
};

/// Takes the time of a sample. A sample is stuck if the time since the last one, how much that
/// differs from the one before, or how much such differences differ, is 0: the clock is too slow,
/// or too regular.
void jitter_add(struct jitter *jitter, uint64_t time);
/// What may be counted of all samples.
unsigned jitter_bits(const struct jitter *jitter);

/// Does some work. What it returns means nothing.
uint32_t jitter_work(uint32_t seed);

#endif
