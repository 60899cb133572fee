#ifndef __VOLUMES_H__
#define __VOLUMES_H__

/// \file
/// The tarballs that are mounted.

#include "tree.h"

struct volume {
    struct volume *next;
    char name[FS_VOLUME_LEN];
    bool read_only;
    unsigned opens;  ///< Handles.
    struct node *root;
    const void *tar;  ///< What its files' contents are in.
    size_t tar_len;
};

/// Mounts a tarball, which stays where it is. ERR_ALREADY_EXISTS; ERR_NOT_ACCEPTABLE: it isn't a tarball; ERR_IO: it is
/// a damaged one. Nothing is left behind then.
error_t volumes_add(const char *name, const void *tar, size_t len, bool read_only) __mustuse;
/// ERR_NOT_FOUND. ERR_IN_USE: files are open. The tarball is the caller's again.
error_t volumes_remove(const char *name, const void **tar, size_t *len) __mustuse;
/// NULL if there is none.
struct volume *volumes_find(const char *name);

/// What a path leads to whose first name is a volume's. *rest is the path in that volume, in a buffer that the next call
/// uses again.
error_t volumes_resolve(const char *path, struct volume **volume, const char **rest) __mustuse;

#endif
