#ifndef __CHACHA20_H__
#define __CHACHA20_H__

/// \file
/// The block function of ChaCha20 (RFC 8439, 2.3).

#include <types.h>

#define CHACHA20_KEY_LEN   32
#define CHACHA20_BLOCK_LEN 64

/// Makes the block number `counter` of the stream of a key. The nonce is 12 bytes.
void chacha20_block(const uint8_t key[CHACHA20_KEY_LEN], uint32_t counter, const uint8_t nonce[12],
                    uint8_t block[CHACHA20_BLOCK_LEN]);

#endif
