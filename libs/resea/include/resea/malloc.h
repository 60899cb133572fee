#ifndef __RESEA_MALLOC_H__
#define __RESEA_MALLOC_H__

/// \file
/// The heap. It reaches from the end of the program's image to USER_HEAP_END; vm adds a page when it
/// is first touched.
///
/// Debug builds stop the program, and say which address it is about, on a double free, a free of what
/// malloc didn't return, a write beyond a block's end, and (found later, when its memory is about to be
/// used again) a write to a block that was freed.

#include <types.h>

/// Aligned to twice the size of a pointer: 16 bytes on 64-bit machines. NULL if the heap has no room
/// for it. malloc(0) returns a block, too. The contents are undefined.
void *malloc(size_t size) __attribute__((__malloc__, alloc_size(1))) __mustuse;
/// The same, aligned to a power of two that is larger than that; realloc doesn't keep the alignment.
void *malloc_aligned(size_t size, size_t align)
    __attribute__((__malloc__, alloc_size(1))) __mustuse;
/// Keeps the contents up to the smaller size, and grows in place if there is room behind the block.
/// NULL if there is no room anywhere: the old block is as it was. realloc(NULL, size) is malloc.
void *realloc(void *ptr, size_t size) __attribute__((alloc_size(2))) __mustuse;
/// free(NULL) does nothing.
void free(void *ptr);

/// Both return NULL if malloc does. strndup copies `len` bytes at most, and terminates them.
char *strdup(const char *s) __mustuse;
char *strndup(const char *s, size_t len) __mustuse;

/// Gives the end of a block back: the block stays where it is. `size` isn't larger than it was.
void malloc_shrink(void *ptr, size_t size);

/// What the heap consists of.
struct malloc_stats {
    size_t used;      ///< Bytes in blocks, including what malloc keeps beside them.
    size_t free;      ///< Bytes in free chunks between them.
    size_t num_used;  ///< Blocks that were not freed.
    size_t num_free;
    size_t never_used;  ///< Bytes at the heap's end.
};

/// Walks through the heap; stops the program if it is damaged.
void malloc_get_stats(struct malloc_stats *stats);

/// Tells where the heap is. A program without a pager (vm) defines this function itself.
void malloc_heap_range(vaddr_t *start, vaddr_t *end);

#endif
