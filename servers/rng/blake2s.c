#include "blake2s.h"

#include <endian.h>
#include <string.h>

#define ROUNDS 10

/// RFC 7693, 2.6.
static const uint32_t iv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// Which words of the block a round mixes in (2.7).
static const uint8_t sigma[ROUNDS][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static uint32_t rotate_right(uint32_t value, unsigned count) {
    return value >> count | value << (32 - count);
}

/// The function G of 3.1.
static void mix(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d, uint32_t x, uint32_t y) {
    *a += *b + x;
    *d = rotate_right(*d ^ *a, 16);
    *c += *d;
    *b = rotate_right(*b ^ *c, 12);
    *a += *b + y;
    *d = rotate_right(*d ^ *a, 8);
    *c += *d;
    *b = rotate_right(*b ^ *c, 7);
}

static void mix_round(uint32_t v[16], const uint32_t m[16], const uint8_t s[16]) {
    for (unsigned i = 0; i < 4; i++) {
        mix(&v[i], &v[4 + i], &v[8 + i], &v[12 + i], m[s[2 * i]], m[s[2 * i + 1]]);
    }
    for (unsigned i = 0; i < 4; i++) {
        mix(&v[i], &v[4 + (i + 1) % 4], &v[8 + (i + 2) % 4], &v[12 + (i + 3) % 4], m[s[8 + 2 * i]],
            m[s[9 + 2 * i]]);
    }
}

/// The function F of 3.2.
static void compress(struct blake2s *state, bool last) {
    uint32_t v[16], m[16];
    for (unsigned i = 0; i < 8; i++) {
        v[i] = state->hash[i];
        v[8 + i] = iv[i];
    }
    v[12] ^= (uint32_t) state->count;
    v[13] ^= (uint32_t) (state->count >> 32);
    v[14] ^= last ? UINT32_MAX : 0;
    memcpy(m, state->block, sizeof(m));
    for (unsigned i = 0; i < 16; i++) {
        m[i] = from_le32(m[i]);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        mix_round(v, m, sigma[i]);
    }
    for (unsigned i = 0; i < 8; i++) {
        state->hash[i] ^= v[i] ^ v[8 + i];
    }
}

void blake2s_init(struct blake2s *state, const void *key, size_t key_len) {
    bzero(state, sizeof(*state));
    memcpy(state->hash, iv, sizeof(iv));
    // The parameters (2.5): the lengths of result and key, fanout and depth 1.
    state->hash[0] ^= BLAKE2S_LEN | (uint32_t) key_len << 8 | 1u << 16 | 1u << 24;
    if (key_len > 0) {
        // The key is a block in front of the data, filled up with zeroes.
        memcpy(state->block, key, key_len);
        state->block_len = BLAKE2S_BLOCK_LEN;
    }
}

void blake2s_add(struct blake2s *state, const void *data, size_t len) {
    const uint8_t *bytes = data;
    while (len > 0) {
        // A full block is kept until there is more: the last one is treated differently.
        if (state->block_len == BLAKE2S_BLOCK_LEN) {
            state->count += BLAKE2S_BLOCK_LEN;
            compress(state, false);
            state->block_len = 0;
        }
        size_t part = MIN(len, BLAKE2S_BLOCK_LEN - state->block_len);
        memcpy(&state->block[state->block_len], bytes, part);
        state->block_len += part;
        bytes += part;
        len -= part;
    }
}

void blake2s_finish(struct blake2s *state, uint8_t result[BLAKE2S_LEN]) {
    state->count += state->block_len;
    memset(&state->block[state->block_len], 0, BLAKE2S_BLOCK_LEN - state->block_len);
    compress(state, true);
    for (unsigned i = 0; i < 8; i++) {
        uint32_t word = into_le32(state->hash[i]);
        memcpy(&result[4 * i], &word, sizeof(word));
    }
}
