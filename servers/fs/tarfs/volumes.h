#ifndef __VOLUMES_H__
#define __VOLUMES_H__

/// \file
/// The tarballs that are mounted.

#include <fs_server.h>

#include "tree.h"

struct volume {
    struct fs_volume base;
    bool read_only;
    struct node *root;
    const void *tar;  ///< What its files' contents are in.
    size_t tar_len;
};

/// What a volume of tarfs' is to <fs_server.h>.
static inline struct volume *volume_of(struct fs_volume *base) {
    return (struct volume *) base;
}

/// Mounts a tarball, which stays where it is. ERR_ALREADY_EXISTS; ERR_NOT_ACCEPTABLE: it isn't a tarball; ERR_IO: it is
/// a damaged one. Nothing is left behind then.
error_t volumes_add(const char *name, const void *tar, size_t len, bool read_only) __mustuse;
/// ERR_NOT_FOUND. ERR_IN_USE: files are open. The tarball is the caller's again.
error_t volumes_remove(const char *name, const void **tar, size_t *len) __mustuse;
/// NULL if there is none.
struct volume *volumes_find(const char *name);

#endif
