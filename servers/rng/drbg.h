#ifndef __DRBG_H__
#define __DRBG_H__

/// \file
/// The generator: ChaCha20 whose key is replaced, by bytes of its own stream, before any of the stream is
/// given away ("fast key erasure", D. J. Bernstein, 2017). Who gets hold of the state can't tell what was
/// given away before.

#include <types.h>

#include "chacha20.h"

/// Mixes a seed into the key. What was made with the old one isn't given away any more.
void drbg_seed(const uint8_t seed[CHACHA20_KEY_LEN]);
/// Bytes that are given to nobody else.
void drbg_fill(void *data, size_t len);

#endif
