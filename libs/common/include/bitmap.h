#ifndef __BITMAP_H__
#define __BITMAP_H__

/// \file
/// Sets of small numbers: `uint32_t map[BITMAP_WORDS(num_bits)]`, all zeroes when empty.

#include <types.h>

#define BITMAP_WORDS(num_bits) (((num_bits) + 31) / 32)
/// What the finders return if there is nothing to find.
#define BITMAP_NONE (-1)

static inline bool bitmap_get(const uint32_t *map, size_t index) {
    return (map[index / 32] >> (index % 32)) & 1;
}

static inline void bitmap_set(uint32_t *map, size_t index) {
    map[index / 32] |= UINT32_C(1) << (index % 32);
}

static inline void bitmap_clear(uint32_t *map, size_t index) {
    map[index / 32] &= ~(UINT32_C(1) << (index % 32));
}

/// The lowest bit at `from` or above that has the given value, or BITMAP_NONE.
static inline int bitmap_find(const uint32_t *map, size_t num_bits, size_t from, bool value) {
    for (size_t i = from; i < num_bits; i++) {
        uint32_t word = value ? map[i / 32] : ~map[i / 32];
        word >>= i % 32;
        if (word == 0) {
            i |= 31;
            continue;
        }

        i += (size_t) __builtin_ctz(word);
        return (i < num_bits) ? (int) i : BITMAP_NONE;
    }
    return BITMAP_NONE;
}

/// The lowest run of `len` clear bits, or BITMAP_NONE. `len` is at least 1.
static inline int bitmap_find_clear_run(const uint32_t *map, size_t num_bits, size_t len) {
    int start = bitmap_find(map, num_bits, 0, false);
    while (start != BITMAP_NONE && (size_t) start + len <= num_bits) {
        int end = bitmap_find(map, num_bits, (size_t) start, true);
        if (end == BITMAP_NONE || (size_t) (end - start) >= len) {
            return start;
        }
        start = bitmap_find(map, num_bits, (size_t) end, false);
    }
    return BITMAP_NONE;
}

#endif
