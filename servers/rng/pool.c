#include "pool.h"

#include <string.h>

#include "blake2s.h"
#include "drbg.h"
#include "wipe.h"

static struct blake2s pool;
static unsigned pending_bits;
static unsigned num_seeds;
static uint64_t last_seed_ms;
static struct pool_source sources[POOL_SOURCES];

void pool_init(void) {
    blake2s_init(&pool, NULL, 0);
    pending_bits = 0;
    num_seeds = 0;
    last_seed_ms = 0;
    bzero(sources, sizeof(sources));
}

static uint32_t add_up_to_max(uint32_t a, uint32_t b) {
    return (a > UINT32_MAX - b) ? UINT32_MAX : a + b;
}

void pool_add(enum rng_source source, uint64_t time, const void *data, size_t len, unsigned bits) {
    bits = (unsigned) MIN((size_t) bits, len * 8);
    // The lengths keep what two sources give apart: there is one way to read what was hashed.
    struct {
        uint64_t time, len;
        uint64_t source;
    } header = {.time = time, .len = len, .source = (uint64_t) source};
    blake2s_add(&pool, &header, sizeof(header));
    blake2s_add(&pool, data, len);
    // More than a hash holds isn't there.
    pending_bits = MIN(pending_bits + bits, (unsigned) POOL_SEED_BITS);
    sources[source].bits = add_up_to_max(sources[source].bits, bits);
    sources[source].samples = add_up_to_max(sources[source].samples, 1);
}

/// From one secret, others that tell nothing about each other.
static void derive(const uint8_t root[BLAKE2S_LEN], const char *purpose,
                   uint8_t result[BLAKE2S_LEN]) {
    struct blake2s state;
    blake2s_init(&state, root, BLAKE2S_LEN);
    blake2s_add(&state, purpose, strlen(purpose));
    blake2s_finish(&state, result);
    wipe(&state, sizeof(state));
}

bool pool_try_seed(uint64_t now_ms) {
    bool early = num_seeds > 0 && now_ms - last_seed_ms < POOL_RESEED_MS;
    if (pending_bits < POOL_SEED_BITS || early) {
        return false;
    }
    uint8_t root[BLAKE2S_LEN], seed[BLAKE2S_LEN], next[BLAKE2S_LEN];
    blake2s_finish(&pool, root);
    derive(root, "seed", seed);
    derive(root, "next", next);
    drbg_seed(seed);
    // What was stirred in stays: the next seed is no worse than this one.
    blake2s_init(&pool, next, sizeof(next));
    wipe(root, sizeof(root));
    wipe(seed, sizeof(seed));
    wipe(next, sizeof(next));
    pending_bits = 0;
    num_seeds++;
    last_seed_ms = now_ms;
    return true;
}

bool pool_is_seeded(void) {
    return num_seeds > 0;
}

unsigned pool_pending_bits(void) {
    return pending_bits;
}

unsigned pool_num_seeds(void) {
    return num_seeds;
}

const struct pool_source *pool_source(enum rng_source source) {
    return &sources[source];
}
