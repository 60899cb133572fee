#include "drbg.h"

#include <string.h>

#include "blake2s.h"
#include "wipe.h"

/// Blocks that are made at a time: the first half block is the next key.
#define BLOCKS     8
#define STREAM_LEN (BLOCKS * CHACHA20_BLOCK_LEN)

static uint8_t key[CHACHA20_KEY_LEN];
/// What is left of the stream, in its last `left` bytes. What was given away is wiped.
static uint8_t stream[STREAM_LEN];
static size_t left;

STATIC_ASSERT((int) CHACHA20_KEY_LEN == (int) BLAKE2S_LEN, "a hash is a key");

void drbg_seed(const uint8_t seed[CHACHA20_KEY_LEN]) {
    struct blake2s state;
    blake2s_init(&state, seed, CHACHA20_KEY_LEN);
    blake2s_add(&state, key, sizeof(key));
    blake2s_finish(&state, key);
    wipe(&state, sizeof(state));
    wipe(stream, sizeof(stream));
    left = 0;
}

static void refill(void) {
    // Each key is used once, with one nonce.
    static const uint8_t nonce[12];
    for (unsigned i = 0; i < BLOCKS; i++) {
        chacha20_block(key, i, nonce, &stream[i * CHACHA20_BLOCK_LEN]);
    }
    memcpy(key, stream, sizeof(key));
    wipe(stream, sizeof(key));
    left = STREAM_LEN - sizeof(key);
}

void drbg_fill(void *data, size_t len) {
    uint8_t *bytes = data;
    while (len > 0) {
        if (left == 0) {
            refill();
        }
        size_t part = MIN(len, left);
        uint8_t *from = &stream[STREAM_LEN - left];
        memcpy(bytes, from, part);
        wipe(from, part);
        left -= part;
        bytes += part;
        len -= part;
    }
}
