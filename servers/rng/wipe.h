#ifndef __WIPE_H__
#define __WIPE_H__

#include <string.h>
#include <types.h>

/// Overwrites secrets with zeroes, which a compiler mustn't leave out because nobody reads them.
static inline void wipe(void *data, size_t len) {
    memset(data, 0, len);
    __asm__ __volatile__("" ::"r"(data) : "memory");
}

#endif
