#include "chacha20.h"

#include <endian.h>
#include <string.h>

#define WORDS         16
#define DOUBLE_ROUNDS 10

static uint32_t rotate_left(uint32_t value, unsigned count) {
    return value << count | value >> (32 - count);
}

/// RFC 8439, 2.1.
static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d) {
    *a += *b;
    *d = rotate_left(*d ^ *a, 16);
    *c += *d;
    *b = rotate_left(*b ^ *c, 12);
    *a += *b;
    *d = rotate_left(*d ^ *a, 8);
    *c += *d;
    *b = rotate_left(*b ^ *c, 7);
}

static void double_round(uint32_t x[WORDS]) {
    for (unsigned i = 0; i < 4; i++) {
        quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
    }
    for (unsigned i = 0; i < 4; i++) {
        quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4], &x[12 + (i + 3) % 4]);
    }
}

static uint32_t load(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof(word));
    return from_le32(word);
}

void chacha20_block(const uint8_t key[CHACHA20_KEY_LEN], uint32_t counter, const uint8_t nonce[12],
                    uint8_t block[CHACHA20_BLOCK_LEN]) {
    // "expand 32-byte k"
    uint32_t start[WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    for (unsigned i = 0; i < 8; i++) {
        start[4 + i] = load(&key[4 * i]);
    }
    start[12] = counter;
    for (unsigned i = 0; i < 3; i++) {
        start[13 + i] = load(&nonce[4 * i]);
    }

    uint32_t x[WORDS];
    memcpy(x, start, sizeof(x));
    for (int i = 0; i < DOUBLE_ROUNDS; i++) {
        double_round(x);
    }
    for (unsigned i = 0; i < WORDS; i++) {
        uint32_t word = into_le32(x[i] + start[i]);
        memcpy(&block[4 * i], &word, sizeof(word));
    }
}
