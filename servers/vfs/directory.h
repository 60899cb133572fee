#ifndef __DIRECTORY_H__
#define __DIRECTORY_H__

/// \file
/// Directories that lead to mount points: what the file system below them has there, and the mount points.

#include <fs.h>

struct directory {
    char *path;
    bool has_file;        ///< A file system has such a directory, too,
    struct fs_file file;  ///< which is this.
};

/// Opens the directory at a path that mounts_is_directory() says is one.
error_t directory_open(struct directory *directory, const char *path) __mustuse;
void directory_close(struct directory *directory);

/// Lists it, like fs.list. *list is to be freed.
error_t directory_list(struct directory *directory, uint64_t position, uint64_t *next, void **list,
                       size_t *list_len) __mustuse;

#endif
