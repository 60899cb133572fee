#include <string.h>

#include "own.h"
#include "pool.h"

/// What the manifest gives vm beyond its stack, data and bss, from the linker script.
extern uint8_t __heap[], __heap_end[];

static uint8_t *next = __heap;

void *own_alloc(size_t size) {
    size = ALIGN_UP(size, 8);
    if ((size_t) (__heap_end - next) < size) {
        return NULL;
    }
    void *memory = next;
    next += size;
    return memset(memory, 0, size);
}

void *own_borrow(size_t size) {
    return ((size_t) (__heap_end - next) < size) ? NULL : next;
}

void *own_add_chunk(void) {
    return own_alloc(POOL_CHUNK);
}
