#ifndef __BLAKE2S_H__
#define __BLAKE2S_H__

/// \file
/// The hash function BLAKE2s with a result of 32 bytes, with and without a key (RFC 7693).

#include <types.h>

#define BLAKE2S_LEN       32
#define BLAKE2S_BLOCK_LEN 64

struct blake2s {
    uint32_t hash[8];
    uint64_t count;  ///< Bytes so far, those in `block` left out.
    uint8_t block[BLAKE2S_BLOCK_LEN];
    size_t block_len;
};

/// `key_len`: up to 32; 0: no key.
void blake2s_init(struct blake2s *state, const void *key, size_t key_len);
void blake2s_add(struct blake2s *state, const void *data, size_t len);
/// The state must be initialised anew after that.
void blake2s_finish(struct blake2s *state, uint8_t result[BLAKE2S_LEN]);

#endif
