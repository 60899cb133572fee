#ifndef __RANDOM_H__
#define __RANDOM_H__

#include <stdint.h>

/// Numbers that look random and are the same in every run (xorshift).
static inline uint32_t random_next(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/// A number below `limit`.
static inline uint32_t random_below(uint32_t *state, uint32_t limit) {
    return random_next(state) % limit;
}

#endif
