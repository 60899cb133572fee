#ifndef __POOL_H__
#define __POOL_H__

/// \file
/// Where all that sources give is collected, by a hash, until it is enough for a seed. A seed of fewer
/// bits would give the generator away piece by piece to who sees its output and guesses.

#include <message.h>
#include <types.h>

/// Bits of a seed: those of the key.
#define POOL_SEED_BITS 256
/// Between two seeds, once there is one.
#define POOL_RESEED_MS 60000
#define POOL_SOURCES   6

struct pool_source {
    uint32_t bits;     ///< Counted, ever; stays at the largest number.
    uint32_t samples;  ///< The same.
};

/// Starts anew, without a seed.
void pool_init(void);
/// Stirs something in, together with the time at which it came. `bits` of it are counted, though
/// not more than it has.
void pool_add(enum rng_source source, uint64_t time, const void *data, size_t len, unsigned bits);
/// Seeds the generator if there is enough, and if it's time for it. Returns whether it did so.
bool pool_try_seed(uint64_t now_ms);

bool pool_is_seeded(void);
unsigned pool_pending_bits(void);
unsigned pool_num_seeds(void);
const struct pool_source *pool_source(enum rng_source source);

#endif
