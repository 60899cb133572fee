// SipHash-2-4: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012, section 2.

#include "hash.h"

#include <endian.h>
#include <inet/bytes.h>
#include <inet/env.h>

static uint64_t key[2];

struct state {
    uint64_t v0, v1, v2, v3;
};

static ALWAYS_INLINE uint64_t rotate(uint64_t value, unsigned bits) {
    return (value << bits) | (value >> (64 - bits));
}

static ALWAYS_INLINE void mix(struct state *s) {
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static ALWAYS_INLINE void add_word(struct state *s, uint64_t word) {
    s->v3 ^= word;
    mix(s);
    mix(s);
    s->v0 ^= word;
}

uint64_t siphash(const uint64_t secret[2], const void *data, size_t len) {
    const uint8_t *bytes = data;
    struct state s = {secret[0] ^ 0x736f6d6570736575, secret[1] ^ 0x646f72616e646f6d,
                      secret[0] ^ 0x6c7967656e657261, secret[1] ^ 0x7465646279746573};
    uint64_t word;
    size_t left = len;
    for (; left >= sizeof(word); left -= sizeof(word), bytes += sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        add_word(&s, from_le64(word));
    }
    word = (uint64_t) len << 56;
    for (size_t i = 0; i < left; i++) {
        word |= (uint64_t) bytes[i] << (8 * i);
    }
    add_word(&s, word);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++) {
        mix(&s);
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

void inet_hash_init(void) {
    for (int i = 0; i < 2; i++) {
        key[i] = (uint64_t) inet_random() << 32;
        key[i] |= inet_random();
    }
}

uint64_t inet_hash(const void *data, size_t len) {
    return siphash(key, data, len);
}
