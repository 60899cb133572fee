#ifndef __HEAP_H__
#define __HEAP_H__

/// \file
/// The heap below malloc: chunks of memory, one after another, each with a header.
///
///     start                                              top                 end
///     | header, payload | header, payload | … | header, … | never used so far |
///
/// A chunk knows its own size and that of its predecessor, so that a freed one finds both neighbours
/// and becomes one with those that are free. A free chunk is never followed by a free one, nor by the
/// top. Nothing is stored at the top or above it: a large block costs no memory before it is touched.
///
/// Free chunks are kept in lists (bins) by size; their links lie in their payload.

#include <config.h>
#include <list.h>
#include <types.h>

/// Sizes of chunks are multiples of this, and payloads are aligned to it.
#define HEAP_ALIGN (2 * sizeof(size_t))

struct chunk {
    size_t prev_size;  ///< 0 if it is the first.
    size_t size;       ///< With the header. The lowest bit is CHUNK_USED.
#ifdef CONFIG_MALLOC_CHECKS
    // For malloc_debug.c. The magic number is last, so that a write in front of the payload hits it.
    size_t requested;
    size_t magic;
#endif
};

STATIC_ASSERT(sizeof(struct chunk) % HEAP_ALIGN == 0, "the header misaligns the payload");

#define CHUNK_USED     ((size_t) 1)
#define CHUNK_SIZE_MIN (sizeof(struct chunk) + sizeof(list_elem_t))

static inline size_t chunk_size(const struct chunk *chunk) {
    return chunk->size & ~CHUNK_USED;
}

static inline bool chunk_is_used(const struct chunk *chunk) {
    return (chunk->size & CHUNK_USED) != 0;
}

static inline void *chunk_payload(struct chunk *chunk) {
    return (uint8_t *) chunk + sizeof(*chunk);
}

static inline size_t chunk_payload_size(const struct chunk *chunk) {
    return chunk_size(chunk) - sizeof(*chunk);
}

static inline struct chunk *chunk_of(void *payload) {
    return (struct chunk *) (void *) ((uint8_t *) payload - sizeof(struct chunk));
}

void heap_init(vaddr_t start, vaddr_t end);

/// `size` is a chunk's: a multiple of HEAP_ALIGN, at least CHUNK_SIZE_MIN. NULL if there is no room.
struct chunk *heap_alloc(size_t size);
void heap_free(struct chunk *chunk);
/// Frees what a used chunk has beyond `size`, if that is enough for a chunk.
void heap_trim(struct chunk *chunk, size_t size);
/// Frees the first `size` bytes of a used chunk, which are enough for a chunk. Returns what is left.
struct chunk *heap_cut_front(struct chunk *chunk, size_t size);
/// Makes a used chunk `size` bytes long, or longer, without moving it. False if that can't be done.
bool heap_grow(struct chunk *chunk, size_t size);

/// Whether a pointer can be a payload. The chunk it belongs to may still be a free one.
bool heap_contains(const void *payload);
/// Whether the address belongs to the heap, be it used or not.
bool heap_spans(const void *addr);
/// The chunks in the order of their addresses: the one behind `chunk` (NULL: the first), or NULL.
struct chunk *heap_next(struct chunk *chunk);
/// Bytes above the last chunk.
size_t heap_never_used(void);

#endif
