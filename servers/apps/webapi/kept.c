#include "kept.h"

#include <resea/malloc.h>
#include <string.h>

#define SIZE_MIN 1024u

/// Of all.
static size_t sum;

void kept_free(struct kept *kept) {
    sum -= kept->size;
    kept->client->kept -= kept->size;
    free(kept->data);
    *kept = (struct kept){.client = kept->client};
}

/// Makes room for `len` bytes more.
static error_t reserve(struct kept *kept, size_t len) {
    size_t have = kept_len(kept), size = MAX(kept->size, SIZE_MIN);
    if (len > KEPT_MAX) {
        return ERR_NO_MEMORY;
    }
    if (kept->begin > 0) {
        memmove(kept->data, &kept->data[kept->begin], have);
        kept->begin = 0;
        kept->end = (uint32_t) have;
    }
    while (size < have + len) {
        size *= 2;
    }
    if (size == kept->size) {
        return OK;
    }
    size_t more = size - kept->size;
    if (sum + more > KEPT_MAX || kept->client->kept + more > KEPT_CLIENT_MAX) {
        return ERR_NO_MEMORY;
    }
    char *data = realloc(kept->data, size);
    if (data == NULL) {
        return ERR_NO_MEMORY;
    }
    sum += more;
    kept->client->kept += more;
    kept->data = data;
    kept->size = (uint32_t) size;
    return OK;
}

error_t kept_add(struct kept *kept, const char *data, size_t len) {
    error_t err = (len > 0) ? reserve(kept, len) : OK;
    if (IS_OK(err) && len > 0) {
        memcpy(&kept->data[kept->end], data, len);
        kept->end += (uint32_t) len;
    }
    return err;
}

void kept_take(struct kept *kept, size_t len) {
    kept->begin += (uint32_t) len;
    if (kept->begin == kept->end && kept->data != NULL) {
        kept_free(kept);
    }
}
