#ifndef __TARGET_H__
#define __TARGET_H__

/// \file
/// What a request is for: the path and the query of its target (RFC 9112, 3.2).

#include <types.h>

/// Bytes of the longest path that anything here can have, its NUL included. Longer ones don't exist.
#define TARGET_PATH_LEN 512

struct target {
    char path
        [TARGET_PATH_LEN];  ///< Decoded: it begins with a slash, and no name in it is "." or "..".
    const char *query;      ///< Where it begins in the request, behind the question mark.
    size_t query_len;       ///< 0: there is none.
};

/// Takes a target apart: a path, or a URL of http with one. 0, or the status of the answer: 400 if it is neither, or what
/// it stands for can't be a path (RFC 3986, 2.1), or leads to a parent directory; 404 if it is too long.
int target_parse(const char *text, size_t len, struct target *target);

/// The number that a query has under a name, "from=12"; `otherwise` if it has none.
uint32_t target_query_number(const struct target *target, const char *name, uint32_t otherwise);

#endif
