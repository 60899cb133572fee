#ifndef __DIV64_H__
#define __DIV64_H__

/// \file
/// Division of 64-bit numbers by small ones. What compilers call for it where the machine can't takes more
/// than half a kilobyte of code.

#include <types.h>

/// div64() bit by bit.
uint32_t div64_by_bits(uint64_t *n, uint32_t d);

/// Divides *n by `d`, which is below 2^31 and not 0. Returns the remainder.
static inline uint32_t div64(uint64_t *n, uint32_t d) {
    if (sizeof(uintptr_t) < sizeof(uint64_t)) {
        return div64_by_bits(n, d);
    }
    uint32_t rem = (uint32_t) (*n % d);
    *n /= d;
    return rem;
}

#endif
