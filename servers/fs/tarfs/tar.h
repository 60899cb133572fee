#ifndef __TAR_H__
#define __TAR_H__

/// \file
/// Tarballs: POSIX.1-1988 (ustar) and POSIX.1-2001 (pax), the Open Group's Base Specifications, Issue 7, page "pax",
/// "ustar Interchange Format" and "pax Interchange Format"; and the long names and large numbers of GNU tar, its manual,
/// section "Basic Tar Format".

#include <types.h>

/// The longest path in a tarball.
#define TAR_PATH_MAX 4095

struct tar_entry {
    const char *path;  ///< As it is in the tarball: neither canonical nor safe.
    bool is_directory;
    uint64_t mtime;
    const uint8_t *data;  ///< In the tarball.
    size_t size;
};

/// Calls `found` for each file and directory of a tarball; links and devices are skipped. Trusts nothing in it.
/// \return  ERR_IO: it isn't a tarball, or a damaged one. ERR_TOO_LARGE: a path is too long. An error of `found`, which
///          ends the search.
error_t tar_read(const void *tar, size_t len,
                 error_t (*found)(const struct tar_entry *entry, void *arg), void *arg) __mustuse;

#endif
