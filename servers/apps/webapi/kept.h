#ifndef __KEPT_H__
#define __KEPT_H__

/// \file
/// Bytes of connections that have to wait: parts of requests, and of answers. What all clients together may have is
/// limited, and what one may have, so that something is left for the others.

#include <types.h>

#include "client.h"

/// Bytes of all clients, and of one.
#define KEPT_MAX        (1024 * 1024)
#define KEPT_CLIENT_MAX (KEPT_MAX / 4 * 3)

/// Zeroed to begin, but for `client`.
struct kept {
    struct client *client;
    char *data;
    uint32_t begin, end, size;
};

static inline size_t kept_len(const struct kept *kept) {
    return kept->end - kept->begin;
}

/// Adds bytes behind the others. ERR_NO_MEMORY: too much is kept; nothing was added.
error_t kept_add(struct kept *kept, const char *data, size_t len) __mustuse;
/// Takes bytes away from the front.
void kept_take(struct kept *kept, size_t len);
void kept_free(struct kept *kept);

#endif
