#include "pool.h"

#include <string.h>

static void push(struct pool *pool, void *object) {
    *(void **) object = pool->free;
    pool->free = object;
}

static error_t grow(struct pool *pool) {
    uint8_t *chunk = pool->add_chunk();
    if (!chunk) {
        return ERR_NO_MEMORY;
    }

    // The last object first: they are handed out in the order of their addresses.
    size_t size = ALIGN_UP(pool->size, sizeof(void *));
    size_t i = POOL_CHUNK / size;
    do {
        push(pool, &chunk[--i * size]);
    } while (i > 0);
    return OK;
}

void *pool_alloc(struct pool *pool) {
    if (!pool->free && IS_ERROR(grow(pool))) {
        return NULL;
    }

    void *object = pool->free;
    pool->free = *(void **) object;
    memset(object, 0, pool->size);
    return object;
}

void pool_free(struct pool *pool, void *object) {
    if (object) {
        push(pool, object);
    }
}
