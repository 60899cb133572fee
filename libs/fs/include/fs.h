#ifndef __FS_H__
#define __FS_H__

/// \file
/// Files and directories. See idl/fs.idl for what the messages mean, and <fs_path.h> for paths.

#include <message.h>
#include <types.h>

/// What fs.list returns: one of these behind the other, without gaps, so at any alignment. A name has
/// 1 … FS_NAME_MAX bytes of UTF-8, none of which is a NUL or a slash; it isn't "." or "..".
struct fs_entry {
    uint64_t size;      ///< In bytes; 0 of a directory.
    uint64_t mtime;     ///< Seconds since 1970-01-01 00:00:00 UTC; 0: not known.
    uint8_t type;       ///< enum fs_type
    uint8_t read_only;  ///< 0 or 1
    uint16_t name_len;  ///< Without a NUL: there is none.
    char name[];
} __packed;

/// For file systems: adds an entry to a list in `buf` that has *len bytes already. `info` is the entry
/// but its name and the name's length. Returns false, and changes nothing, if there is no room.
bool fs_entries_add(void *buf, size_t buf_len, size_t *len, const struct fs_entry *info,
                    const char *name, size_t name_len) __mustuse;

/// For clients: the entry at *offset, which moves behind it. Returns NULL at the end of the list, and
/// where it is malformed.
const struct fs_entry *fs_entries_next(const void *list, size_t list_len, size_t *offset);

#endif
