#include "heap.h"

/// The first bins hold one size each, the others sizes from a power of two up to the next.
#define NUM_BINS       CONFIG_HEAP_BINS
#define NUM_EXACT_BINS (NUM_BINS / 2)

static struct {
    vaddr_t start;
    vaddr_t top;
    vaddr_t end;
    /// Of the chunk below the top.
    size_t last_size;
    /// Bit n: bin n isn't empty. The list of one that is empty isn't even initialised.
    uint32_t bin_map;
    list_t bins[NUM_BINS];
} heap;

static struct chunk *chunk_at(vaddr_t addr) {
    return (struct chunk *) addr;
}

static vaddr_t chunk_end(const struct chunk *chunk) {
    return (vaddr_t) chunk + chunk_size(chunk);
}

static list_elem_t *chunk_link(struct chunk *chunk) {
    return chunk_payload(chunk);
}

static struct chunk *chunk_of_link(list_elem_t *link) {
    return chunk_of(link);
}

static unsigned bin_index(size_t size) {
    size_t units = (size - CHUNK_SIZE_MIN) / HEAP_ALIGN;
    if (units < NUM_EXACT_BINS) {
        return (unsigned) units;
    }

    // NUM_EXACT_BINS units, up to twice that, go to the first of the other bins.
    unsigned long factor = units / NUM_EXACT_BINS;
    unsigned log2 = 8 * sizeof(unsigned long) - 1 - (unsigned) __builtin_clzl(factor);
    return MIN(NUM_EXACT_BINS + log2, NUM_BINS - 1u);
}

static bool has_chunks(unsigned bin) {
    return (heap.bin_map & (UINT32_C(1) << bin)) != 0;
}

static void add_to_bin(struct chunk *chunk) {
    unsigned bin = bin_index(chunk->size);
    list_nullify(chunk_link(chunk));
    if (!has_chunks(bin)) {
        list_init(&heap.bins[bin]);
    }
    list_push_front(&heap.bins[bin], chunk_link(chunk));
    heap.bin_map |= UINT32_C(1) << bin;
}

static void remove_from_bin(struct chunk *chunk) {
    unsigned bin = bin_index(chunk->size);
    list_remove(chunk_link(chunk));
    if (list_is_empty(&heap.bins[bin])) {
        heap.bin_map &= ~(UINT32_C(1) << bin);
    }
}

/// Tells the chunk behind it, or the top, how large a chunk is now.
static void update_successor(struct chunk *chunk) {
    vaddr_t end = chunk_end(chunk);
    if (end == heap.top) {
        heap.last_size = chunk_size(chunk);
    } else {
        chunk_at(end)->prev_size = chunk_size(chunk);
    }
}

/// The first chunk of a bin that is large enough.
static struct chunk *find_in_bin(unsigned bin, size_t size) {
    if (!has_chunks(bin)) {
        return NULL;
    }
    list_t *list = &heap.bins[bin];
    for (list_elem_t *link = list->next; link != list; link = link->next) {
        struct chunk *chunk = chunk_of_link(link);
        if (chunk->size >= size) {
            return chunk;
        }
    }
    return NULL;
}

static struct chunk *find_free(size_t size) {
    unsigned bin = bin_index(size);
    struct chunk *chunk = find_in_bin(bin, size);
    if (chunk != NULL || bin == NUM_BINS - 1) {
        return chunk;
    }

    // Every chunk of the bins above is larger.
    uint32_t larger = heap.bin_map & (UINT32_MAX << (bin + 1));
    return (larger == 0) ? NULL : chunk_of_link(heap.bins[__builtin_ctz(larger)].next);
}

static struct chunk *alloc_at_top(size_t size) {
    if (heap.end - heap.top < size) {
        return NULL;
    }

    struct chunk *chunk = chunk_at(heap.top);
    chunk->prev_size = heap.last_size;
    chunk->size = size | CHUNK_USED;
    heap.top += size;
    heap.last_size = size;
    return chunk;
}

struct chunk *heap_alloc(size_t size) {
    struct chunk *chunk = find_free(size);
    if (chunk == NULL) {
        return alloc_at_top(size);
    }

    remove_from_bin(chunk);
    chunk->size |= CHUNK_USED;
    heap_trim(chunk, size);
    return chunk;
}

void heap_free(struct chunk *chunk) {
    chunk->size &= ~CHUNK_USED;
    if (chunk_end(chunk) != heap.top && !chunk_is_used(chunk_at(chunk_end(chunk)))) {
        struct chunk *next = chunk_at(chunk_end(chunk));
        remove_from_bin(next);
        chunk->size += next->size;
    }

    if (chunk->prev_size != 0 && !chunk_is_used(chunk_at((vaddr_t) chunk - chunk->prev_size))) {
        struct chunk *prev = chunk_at((vaddr_t) chunk - chunk->prev_size);
        remove_from_bin(prev);
        prev->size += chunk->size;
        chunk = prev;
    }

    if (chunk_end(chunk) == heap.top) {
        heap.top = (vaddr_t) chunk;
        heap.last_size = chunk->prev_size;
        return;
    }
    update_successor(chunk);
    add_to_bin(chunk);
}

void heap_trim(struct chunk *chunk, size_t size) {
    size_t rest = chunk_size(chunk) - size;
    if (rest < CHUNK_SIZE_MIN) {
        return;
    }

    chunk->size = size | CHUNK_USED;
    struct chunk *tail = chunk_at(chunk_end(chunk));
    tail->prev_size = size;
    tail->size = rest | CHUNK_USED;
    update_successor(tail);
    heap_free(tail);
}

static bool grow_into_top(struct chunk *chunk, size_t size) {
    size_t more = size - chunk_size(chunk);
    if (heap.end - heap.top < more) {
        return false;
    }

    heap.top += more;
    heap.last_size = size;
    chunk->size = size | CHUNK_USED;
    return true;
}

bool heap_grow(struct chunk *chunk, size_t size) {
    if (chunk_size(chunk) >= size) {
        return true;
    }
    if (chunk_end(chunk) == heap.top) {
        return grow_into_top(chunk, size);
    }

    struct chunk *next = chunk_at(chunk_end(chunk));
    if (chunk_is_used(next) || chunk_size(chunk) + next->size < size) {
        return false;
    }

    remove_from_bin(next);
    chunk->size += next->size;
    update_successor(chunk);
    heap_trim(chunk, size);
    return true;
}

bool heap_contains(const void *payload) {
    vaddr_t addr = (vaddr_t) payload;
    return IS_ALIGNED(addr, HEAP_ALIGN) && addr > heap.start && addr < heap.top;
}

bool heap_spans(const void *addr) {
    return (vaddr_t) addr > heap.start && (vaddr_t) addr < heap.end;
}

struct chunk *heap_next(struct chunk *chunk) {
    vaddr_t addr = (chunk != NULL) ? chunk_end(chunk) : heap.start;
    return (addr < heap.top) ? chunk_at(addr) : NULL;
}

size_t heap_never_used(void) {
    return heap.end - heap.top;
}

void heap_init(vaddr_t start, vaddr_t end) {
    heap.start = ALIGN_UP(start, HEAP_ALIGN);
    heap.top = heap.start;
    heap.end = ALIGN_DOWN(end, HEAP_ALIGN);
    heap.last_size = 0;
    heap.bin_map = 0;
}
