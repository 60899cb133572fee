#ifndef __FS_PATH_H__
#define __FS_PATH_H__

/// \file
/// Paths: absolute, names separated by slashes. A canonical path is "/", or has a slash in front of each
/// name and none at its end; no name in it is empty, "." or "..".

#include <message.h>
#include <types.h>

/// Bytes of the longest canonical path and its NUL.
#define FS_PATH_LEN (FS_PATH_MAX + 1)

/// Makes a path canonical. ".." leads from the root to the root. `path` may be longer than FS_PATH_MAX, its
/// canonical form may not, nor may a name in it be longer than FS_NAME_MAX: ERR_TOO_LARGE.
/// \param directory  A canonical path that `path` begins from if it isn't absolute; NULL: it has to be
///                   absolute. Isn't in `out`.
/// \param path       Isn't in `out`.
/// \return           ERR_INVALID_ARG: it is empty, or isn't absolute.
error_t fs_path_canonical(const char *directory, const char *path, char out[FS_PATH_LEN]) __mustuse;

/// The next name of a canonical path: *path moves behind it. *name isn't terminated. Returns its length, 0 at
/// the end of the path.
size_t fs_path_next(const char **path, const char **name);

/// What a canonical path is called below a directory: "/b" of "/a/b" below "/a", "/" of the directory itself.
/// Returns NULL if it isn't the directory or below it.
const char *fs_path_below(const char *path, const char *directory);

/// The last name of a canonical path; "" of "/".
const char *fs_path_last(const char *path);

/// For file systems: takes the first name, that of a volume, off a canonical path. Returns the rest, which is
/// canonical again, or NULL if there is no name or it is too long for a volume's.
const char *fs_path_volume(const char *path, char volume[FS_VOLUME_LEN]);

#endif
