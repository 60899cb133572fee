#ifndef __VM_POOL_H__
#define __VM_POOL_H__

/// \file
/// Pools of objects of one size. A pool grows by chunks and never shrinks; allocating and
/// freeing are O(1).

#include <config.h>
#include <types.h>

/// What a pool grows by: a page, or little where RAM is laid out by the byte.
#ifdef CONFIG_MMU
#    define POOL_CHUNK PAGE_SIZE
#else
#    define POOL_CHUNK (20 * sizeof(void *))
#endif

struct pool {
    size_t size;               ///< Bytes of one object, at most POOL_CHUNK.
    void *(*add_chunk)(void);  ///< Returns POOL_CHUNK bytes of zeroes, or NULL.
    void *free;                ///< Free objects, linked through their first word.
};

/// `type` must be at least as large as a pointer and need no alignment beyond a pointer's.
#define POOL_INIT(type, add_chunk_func) \
    { sizeof(type), (add_chunk_func), NULL }

/// \return  An object filled with zeroes, or NULL if there is no memory.
void *pool_alloc(struct pool *pool);

/// `object` must come from the same pool. NULL is ignored.
void pool_free(struct pool *pool, void *object);

#endif
