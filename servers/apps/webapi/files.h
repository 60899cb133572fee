#ifndef __FILES_H__
#define __FILES_H__

/// \file
/// Files below the directory that is served. Small ones are kept in memory for a second at most.

#include <fs.h>
#include <types.h>

#include "condition.h"

/// Bytes of the longest file that is answered with at once.
#define SMALL_FILE_MAX 12288

struct file {
    uint64_t size;
    struct version version;
    const char *type;     ///< Media type.
    const void *data;     ///< All of it, until the next files_open; or NULL:
    struct fs_file open;  ///< it is open, and whoever has this closes it.
};

/// Finds the file of a path (see target.h). A directory's is its index.html, if the path ends with a slash. 200, or the
/// status of the answer: 301: it is a directory, and the slash is missing.
int files_open(const char *path, struct file *file);

/// The media type that a name stands for.
const char *files_type(const char *name);

#endif
