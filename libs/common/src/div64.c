#include <div64.h>

uint32_t div64_by_bits(uint64_t *n, uint32_t d) {
    uint32_t high = (uint32_t) (*n >> 32), low = (uint32_t) *n, rem = 0;
    int bits = 64;
    if (!high) {
        // Short numbers are the most. What is shifted out of `high` was 0 anyway.
        high = low;
        low = 0;
        bits = 32;
    }
    while (bits--) {
        rem = (rem << 1) | (high >> 31);
        high = (high << 1) | (low >> 31);
        low <<= 1;
        if (rem >= d) {
            rem -= d;
            low |= 1;
        }
    }
    *n = ((uint64_t) high << 32) | low;
    return rem;
}

uint64_t mul64_by_bits(uint32_t a, uint32_t b) {
    uint64_t product = 0, shifted = b;
    for (; a; a >>= 1) {
        product += (a & 1) ? shifted : 0;
        shifted <<= 1;
    }
    return product;
}
