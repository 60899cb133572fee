#ifndef __DIV64_H__
#define __DIV64_H__

/// \file
/// Division of 64-bit numbers by small ones, and multiplication to 64 bits. What compilers call for it
/// where the machine can't takes more than half a kilobyte of code.

#include <types.h>

/// div64() bit by bit.
uint32_t div64_by_bits(uint64_t *n, uint32_t d);

/// Divides *n by `d`, which is below 2^31 and not 0. Returns the remainder.
static ALWAYS_INLINE uint32_t div64(uint64_t *n, uint32_t d) {
    bool known = __builtin_constant_p(*n) && __builtin_constant_p(d);
    if (sizeof(uintptr_t) < sizeof(uint64_t) && !known) {
        return div64_by_bits(n, d);
    }
    uint32_t rem = (uint32_t) (*n % d);
    *n /= d;
    return rem;
}

/// mul64() bit by bit.
uint64_t mul64_by_bits(uint32_t a, uint32_t b);

/// The product of two numbers; quicker if `a` is the smaller one.
static inline uint64_t mul64(uint32_t a, uint32_t b) {
    return sizeof(uintptr_t) < sizeof(uint64_t) ? mul64_by_bits(a, b) : (uint64_t) a * b;
}

#endif
