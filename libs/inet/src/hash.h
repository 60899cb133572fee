#ifndef __INET_HASH_H__
#define __INET_HASH_H__

#include <types.h>

/// SipHash-2-4 with a key of 16 bytes, read as two little-endian words.
uint64_t siphash(const uint64_t secret[2], const void *data, size_t len);
/// Makes up this boot's key for inet_hash (<inet/env.h>).
void inet_hash_init(void);

#endif
