#include "storage.h"

#include <resea/malloc.h>
#include <string.h>

static uint8_t **chunks;

error_t storage_init(uint64_t len) {
    size_t num_chunks = (size_t) ((len + STORAGE_CHUNK - 1) / STORAGE_CHUNK);
    chunks = malloc(num_chunks * sizeof(*chunks));
    if (chunks == NULL) {
        return ERR_NO_MEMORY;
    }
    memset(chunks, 0, num_chunks * sizeof(*chunks));
    return OK;
}

/// How much of a run is in the chunk in which it begins.
static size_t len_in_chunk(uint64_t offset, size_t len) {
    return MIN(len, STORAGE_CHUNK - (size_t) (offset % STORAGE_CHUNK));
}

void storage_read(uint64_t offset, void *buf, size_t len) {
    uint8_t *to = buf;
    while (len > 0) {
        size_t part = len_in_chunk(offset, len);
        const uint8_t *chunk = chunks[offset / STORAGE_CHUNK];
        if (chunk == NULL) {
            memset(to, 0, part);
        } else {
            memcpy(to, &chunk[offset % STORAGE_CHUNK], part);
        }
        to += part;
        offset += part;
        len -= part;
    }
}

static uint8_t *get_chunk(size_t index) {
    if (chunks[index] == NULL) {
        chunks[index] = malloc(STORAGE_CHUNK);
        if (chunks[index] != NULL) {
            memset(chunks[index], 0, STORAGE_CHUNK);
        }
    }
    return chunks[index];
}

error_t storage_write(uint64_t offset, const void *buf, size_t len) {
    const uint8_t *from = buf;
    while (len > 0) {
        size_t part = len_in_chunk(offset, len);
        uint8_t *chunk = get_chunk((size_t) (offset / STORAGE_CHUNK));
        if (chunk == NULL) {
            return ERR_NO_MEMORY;
        }
        memcpy(&chunk[offset % STORAGE_CHUNK], from, part);
        from += part;
        offset += part;
        len -= part;
    }
    return OK;
}
