#ifndef __MALLOC_DEBUG_H__
#define __MALLOC_DEBUG_H__

/// \file
/// What malloc checks with CONFIG_MALLOC_CHECKS. Without it, there is nothing left of this.

#include "heap.h"

#ifdef CONFIG_MALLOC_CHECKS

/// What follows every block, at least.
#    define MALLOC_REDZONE sizeof(size_t)

/// The chunk becomes a block of `requested` bytes.
void malloc_debug_allocated(struct chunk *chunk, size_t requested);
/// Stops the program if the payload isn't that of an intact block. Works for every pointer.
void malloc_debug_check(void *payload);
/// Stops the program if the freed block has been written to, or the block beyond its end.
void malloc_debug_check_chunk(struct chunk *chunk);
/// A block is freed. Returns the chunk that is to go back to the heap now: this one, or an older one,
/// or NULL. Freed blocks are kept for a while to see whether they are still written to.
struct chunk *malloc_debug_freed(struct chunk *chunk);
/// A chunk that malloc_debug_freed has kept, or NULL if there is none.
struct chunk *malloc_debug_reclaim(void);
void malloc_debug_init(void);

#else

#    define MALLOC_REDZONE 0

static inline void malloc_debug_allocated(struct chunk *chunk __unused, size_t requested __unused) {
}

static inline void malloc_debug_check(void *payload __unused) {}

static inline void malloc_debug_check_chunk(struct chunk *chunk __unused) {}

static inline struct chunk *malloc_debug_freed(struct chunk *chunk) {
    return chunk;
}

static inline struct chunk *malloc_debug_reclaim(void) {
    return NULL;
}

static inline void malloc_debug_init(void) {}

#endif
#endif
