#include "sha256.h"

#include <endian.h>
#include <string.h>

/// Where the length stands in the last block.
#define LENGTH_AT (SHA256_BLOCK_LEN - sizeof(uint64_t))

/// FIPS 180-4, 4.2.2: of the cube roots of the first 64 primes, the first 32 bits behind the point.
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/// 5.3.3: the same of the square roots of the first 8.
static const uint32_t beginning[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotate(uint32_t value, unsigned bits) {
    return (value >> bits) | (value << (32 - bits));
}

/// 6.2.2, step 1.
static void make_schedule(const uint8_t *block, uint32_t schedule[64]) {
    memcpy(schedule, block, SHA256_BLOCK_LEN);
    for (unsigned i = 0; i < 16; i++) {
        schedule[i] = ntoh32(schedule[i]);
    }
    for (unsigned i = 16; i < 64; i++) {
        uint32_t a = schedule[i - 15], b = schedule[i - 2];
        uint32_t small0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3);
        uint32_t small1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10);
        schedule[i] = schedule[i - 16] + small0 + schedule[i - 7] + small1;
    }
}

/// Steps 2 to 4, with the standard's names.
static void add_block(uint32_t state[8], const uint8_t *block) {
    uint32_t schedule[64];
    make_schedule(block, schedule);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned i = 0; i < 64; i++) {
        uint32_t big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        uint32_t t1 = h + big1 + ((e & f) ^ (~e & g)) + constants[i] + schedule[i];
        uint32_t big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        uint32_t t2 = big0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const uint32_t result[8] = {a, b, c, d, e, f, g, h};
    for (unsigned i = 0; i < 8; i++) {
        state[i] += result[i];
    }
}

void sha256_begin(struct sha256 *sum) {
    memcpy(sum->state, beginning, sizeof(beginning));
    sum->len = 0;
}

void sha256_add(struct sha256 *sum, const void *data, size_t len) {
    const uint8_t *p = data;
    while (len > 0) {
        size_t at = (size_t) (sum->len % SHA256_BLOCK_LEN);
        size_t part = MIN(len, SHA256_BLOCK_LEN - at);
        memcpy(&sum->block[at], p, part);
        sum->len += part;
        p += part;
        len -= part;
        if (at + part == SHA256_BLOCK_LEN) {
            add_block(sum->state, sum->block);
        }
    }
}

/// 5.1.1: a bit that is set, zeroes, and the length in bits at the end of a block.
void sha256_end(struct sha256 *sum, uint8_t digest[SHA256_LEN]) {
    static const uint8_t padding[SHA256_BLOCK_LEN] = {0x80};
    uint64_t bits = sum->len * 8;
    size_t at = (size_t) (sum->len % SHA256_BLOCK_LEN);
    sha256_add(sum, padding, (at < LENGTH_AT ? LENGTH_AT : SHA256_BLOCK_LEN + LENGTH_AT) - at);
    uint32_t length[2] = {hton32((uint32_t) (bits >> 32)), hton32((uint32_t) bits)};
    sha256_add(sum, length, sizeof(length));
    for (unsigned i = 0; i < 8; i++) {
        uint32_t word = hton32(sum->state[i]);
        memcpy(&digest[4 * i], &word, sizeof(word));
    }
}
