#include "malloc_debug.h"

#include <resea/printf.h>
#include <string.h>

#ifdef CONFIG_MALLOC_CHECKS

#    define MAGIC_USED  ((size_t) 0xa110ca7edb10c000ull)
#    define MAGIC_KEPT  ((size_t) 0xf2eed5000b10c000ull)  ///< Freed, and still watched.
#    define MAGIC_FREED ((size_t) 0xf2eed0000b10cfffull)

#    define BYTE_REDZONE 0xfa
#    define BYTE_FRESH   0xcd  ///< What a new block contains.
#    define BYTE_FREED   0xfe

/// Freed blocks that are kept, and the size up to which they are: enough to catch the common mistake,
/// little enough for a small machine.
#    define KEPT_MAX      16
#    define KEPT_SIZE_MAX 1024

static struct chunk *kept[KEPT_MAX];
static unsigned next_kept;

/// The first byte in [from, to) of the payload that isn't `value`; -1 if all are.
static ptrdiff_t find_other(const uint8_t *payload, size_t from, size_t to, uint8_t value) {
    for (size_t i = from; i < to; i++) {
        if (payload[i] != value) {
            return (ptrdiff_t) i;
        }
    }
    return -1;
}

static void check_redzone(struct chunk *chunk) {
    ptrdiff_t bad =
        find_other(chunk_payload(chunk), chunk->requested, chunk_payload_size(chunk), BYTE_REDZONE);
    if (bad >= 0) {
        PANIC("malloc: the block at %p was written to beyond its end: it has %zu bytes, and byte "
              "%td was changed",
              chunk_payload(chunk), chunk->requested, bad);
    }
}

static void check_kept(struct chunk *chunk) {
    ptrdiff_t bad = find_other(chunk_payload(chunk), 0, chunk_payload_size(chunk), BYTE_FREED);
    if (bad >= 0) {
        PANIC("malloc: the block at %p was written to after it was freed: byte %td was changed",
              chunk_payload(chunk), bad);
    }
}

void malloc_debug_allocated(struct chunk *chunk, size_t requested) {
    uint8_t *payload = chunk_payload(chunk);
    // A larger block stays untouched, so that it gets no memory before it is used.
    if (requested <= KEPT_SIZE_MAX && chunk->magic != MAGIC_USED) {
        memset(payload, BYTE_FRESH, requested);
    }

    memset(&payload[requested], BYTE_REDZONE, chunk_payload_size(chunk) - requested);
    chunk->requested = requested;
    chunk->magic = MAGIC_USED;
}

void malloc_debug_check_chunk(struct chunk *chunk) {
    if (chunk->magic == MAGIC_KEPT) {
        check_kept(chunk);
    } else if (chunk->magic == MAGIC_USED) {
        check_redzone(chunk);
    } else {
        PANIC("malloc: something was written in front of the block at %p", chunk_payload(chunk));
    }
}

void malloc_debug_check(void *payload) {
    if (!heap_spans(payload) || !IS_ALIGNED((vaddr_t) payload, HEAP_ALIGN)) {
        PANIC("malloc: %p is not what malloc returned", payload);
    }

    struct chunk *chunk = chunk_of(payload);
    if (chunk->magic == MAGIC_KEPT || chunk->magic == MAGIC_FREED) {
        PANIC("malloc: double free, or use of a freed block, at %p", payload);
    }
    if (chunk->magic != MAGIC_USED) {
        PANIC("malloc: %p is not what malloc returned, or something was written in front of it",
              payload);
    }
    check_redzone(chunk);
}

static struct chunk *replace_kept(struct chunk *chunk) {
    struct chunk *oldest = kept[next_kept];
    kept[next_kept] = chunk;
    next_kept = (next_kept + 1) % KEPT_MAX;
    if (oldest != NULL) {
        check_kept(oldest);
        oldest->magic = MAGIC_FREED;
    }
    return oldest;
}

struct chunk *malloc_debug_freed(struct chunk *chunk) {
    if (chunk_payload_size(chunk) > KEPT_SIZE_MAX) {
        chunk->magic = MAGIC_FREED;
        return chunk;
    }

    chunk->magic = MAGIC_KEPT;
    memset(chunk_payload(chunk), BYTE_FREED, chunk_payload_size(chunk));
    return replace_kept(chunk);
}

struct chunk *malloc_debug_reclaim(void) {
    for (int i = 0; i < KEPT_MAX; i++) {
        struct chunk *chunk = replace_kept(NULL);
        if (chunk != NULL) {
            return chunk;
        }
    }
    return NULL;
}

void malloc_debug_init(void) {
    memset(kept, 0, sizeof(kept));
    next_kept = 0;
}

#endif
