#ifndef __VM_POOL_H__
#define __VM_POOL_H__

/// \file
/// Pools of objects of one size. A pool grows by whole pages and never shrinks; allocating and
/// freeing are O(1).

#include <types.h>

struct pool {
    size_t size;              ///< Bytes of one object, at most a page.
    void *(*add_page)(void);  ///< Returns a page of zeroes, or NULL.
    void *free;               ///< Free objects, linked through their first word.
};

/// `type` must be at least as large as a pointer and need no alignment beyond a pointer's.
#define POOL_INIT(type, add_page_func) \
    { sizeof(type), (add_page_func), NULL }

/// \return  An object filled with zeroes, or NULL if there is no memory.
void *pool_alloc(struct pool *pool);

/// `object` must come from the same pool. NULL is ignored.
void pool_free(struct pool *pool, void *object);

#endif
