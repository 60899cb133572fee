#ifndef __INET_BYTES_H__
#define __INET_BYTES_H__

/// \file
/// Copies of few bytes.

#include <string.h>

// The tree is compiled as freestanding code, in which these are calls whatever the length. What the compiler
// knows of them makes a few loads and stores of a length that is a constant, and the same calls of any other.
#undef memcpy
#undef memset
#undef memcmp
#define memcpy(dst, src, len)   __builtin_memcpy(dst, src, len)
#define memset(dst, value, len) __builtin_memset(dst, value, len)
#define memcmp(a, b, len)       __builtin_memcmp(a, b, len)

#endif
