#include "heap.h"
#include "malloc_debug.h"
#include "ool.h"

#include <resea/init.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

/// The size of a chunk for a block; 0 if there can be no such block.
static size_t chunk_size_for(size_t size) {
    if (size > SIZE_MAX / 2) {
        return 0;
    }
    return MAX(ALIGN_UP(sizeof(struct chunk) + size + MALLOC_REDZONE, HEAP_ALIGN), CHUNK_SIZE_MIN);
}

/// The chunk of a block that the program gave us. Even release builds find the simplest mistakes.
static struct chunk *checked_chunk(void *ptr) {
    malloc_debug_check(ptr);
    if (!heap_contains(ptr) || !chunk_is_used(chunk_of(ptr)) || ptr == ool_buffer.ptr) {
        PANIC("malloc: %p is not a block, or was freed before", ptr);
    }
    return chunk_of(ptr);
}

static struct chunk *alloc_chunk(size_t chunk_size) {
    struct chunk *chunk = heap_alloc(chunk_size);
    while (chunk == NULL) {
        struct chunk *reclaimed = malloc_debug_reclaim();
        if (reclaimed == NULL) {
            return NULL;
        }
        heap_free(reclaimed);
        chunk = heap_alloc(chunk_size);
    }
    return chunk;
}

void *malloc(size_t size) {
    if (OOL_IS_SHORT && ool_payload.ptr != NULL) {
        ool_cut_payload();
    }
    size_t chunk_size = chunk_size_for(size);
    struct chunk *chunk = (chunk_size != 0) ? alloc_chunk(chunk_size) : NULL;
    if (chunk == NULL) {
        return NULL;
    }

    malloc_debug_allocated(chunk, size);
    return chunk_payload(chunk);
}

void *malloc_aligned(size_t size, size_t align) {
    size_t chunk_size = chunk_size_for(size);
    struct chunk *chunk =
        (chunk_size != 0) ? alloc_chunk(chunk_size + align + CHUNK_SIZE_MIN) : NULL;
    if (chunk == NULL) {
        return NULL;
    }

    // What is in front of the block has to be a chunk, too.
    vaddr_t payload = (vaddr_t) chunk_payload(chunk);
    if (!IS_ALIGNED(payload, align)) {
        vaddr_t aligned = ALIGN_UP(payload + CHUNK_SIZE_MIN, align);
        chunk = heap_cut_front(chunk, aligned - payload);
    }
    heap_trim(chunk, chunk_size);
    malloc_debug_allocated(chunk, size);
    return chunk_payload(chunk);
}

static __noinline void free_block(void *ptr) {
    struct chunk *chunk = malloc_debug_freed(checked_chunk(ptr));
    if (chunk != NULL) {
        heap_free(chunk);
    }
}

void free(void *ptr) {
    if (ptr != NULL && !ool_take_back(ptr)) {
        free_block(ptr);
    }
}

void malloc_shrink(void *ptr, size_t size) {
    struct chunk *chunk = checked_chunk(ptr);
    heap_trim(chunk, chunk_size_for(size));
    malloc_debug_allocated(chunk, size);
}

static void *move(void *ptr, size_t old_size, size_t new_size) {
    void *copy = malloc(new_size);
    if (copy != NULL) {
        memcpy(copy, ptr, MIN(old_size, new_size));
        free(ptr);
    }
    return copy;
}

void *realloc(void *ptr, size_t size) {
    if (ptr == NULL) {
        return malloc(size);
    }

    struct chunk *chunk = checked_chunk(ptr);
    size_t chunk_size = chunk_size_for(size);
    if (chunk_size == 0) {
        return NULL;
    }

    if (OOL_KEEPS_BLOCKS && ptr == ool_payload.ptr) {
        ool_cut_payload();
    }
    if (!heap_grow(chunk, chunk_size)) {
        return move(ptr, chunk_payload_size(chunk), size);
    }
    heap_trim(chunk, chunk_size);
    malloc_debug_allocated(chunk, size);
    return ptr;
}

char *strndup(const char *s, size_t len) {
    size_t actual_len = strnlen(s, len);
    char *copy = malloc(actual_len + 1);
    if (copy != NULL) {
        memcpy(copy, s, actual_len);
        copy[actual_len] = '\0';
    }
    return copy;
}

char *strdup(const char *s) {
    return strndup(s, SIZE_MAX);
}

void malloc_get_stats(struct malloc_stats *stats) {
    *stats = (struct malloc_stats){.never_used = heap_never_used()};
    for (struct chunk *chunk = heap_next(NULL); chunk != NULL; chunk = heap_next(chunk)) {
        if (chunk_is_used(chunk)) {
            malloc_debug_check_chunk(chunk);
            stats->num_used++;
            stats->used += chunk_size(chunk);
        } else {
            stats->num_free++;
            stats->free += chunk_size(chunk);
        }
    }
}

/// Where the heap may begin, from the linker script.
extern char __heap[];

#ifndef CONFIG_MMU
/// The end of the program's RAM, which the build has laid out.
extern char __heap_end[];
#    define USER_HEAP_END ((vaddr_t) __heap_end)
#endif

__weak void malloc_heap_range(vaddr_t *start, vaddr_t *end) {
    *start = (vaddr_t) __heap;
    *end = USER_HEAP_END;
}

void malloc_init(void) {
    vaddr_t start, end;
    malloc_heap_range(&start, &end);
    heap_init(start, end);
    malloc_debug_init();
}
