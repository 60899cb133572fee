#ifndef __SHA256_H__
#define __SHA256_H__

/// \file
/// SHA-256 (FIPS 180-4).

#include <types.h>

#define SHA256_LEN       32
#define SHA256_BLOCK_LEN 64

struct sha256 {
    uint32_t state[8];
    uint64_t len;  ///< Bytes so far.
    uint8_t block[SHA256_BLOCK_LEN];
};

void sha256_begin(struct sha256 *sum);
void sha256_add(struct sha256 *sum, const void *data, size_t len);
/// Nothing can be added afterwards.
void sha256_end(struct sha256 *sum, uint8_t digest[SHA256_LEN]);

#endif
