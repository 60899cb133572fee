#ifndef __FAT_H__
#define __FAT_H__

/// \file
/// FAT volumes: FAT12, FAT16 and FAT32 with long names, on a cached block device. Knows nothing of messages: the
/// server fatfs is what clients talk to.
///
/// Sources: Microsoft, "FAT: General Overview of On-Disk Format", version 1.03 (called "the specification" in this library), and
/// "Long Filename Specification", version 0.5, which it refers to.
///
/// Changes stay in the cache until fat_flush, fat_sync or a full cache has them written, in an order in which
/// power may be lost at any time: docs/fatfs.md says why.
///
/// Paths are canonical (<fs_path.h>), within the volume. Times are seconds since 1970-01-01 00:00:00 UTC.
///
/// Errors of all calls, besides their own: ERR_IO (the device has failed, or what is on it is damaged), ERR_NO_MEMORY,
/// ERR_NOT_PERMITTED (the volume, or the file, is read-only).

#include <blkcache.h>
#include <types.h>

/// Files have at most 2^32 - 1 bytes.
#define FAT_FILE_SIZE_MAX UINT32_MAX
/// Bytes of a name, the terminating NUL included.
#define FAT_NAME_LEN 256

struct fat;
/// An open file or directory.
struct fat_node;

struct fat_options {
    bool read_only;
    /// What time it is; 0: not known.
    uint64_t (*now)(void);
};

struct fat_stat {
    uint64_t size;  ///< 0 of a directory.
    uint64_t mtime;
    bool is_directory;
    bool read_only;
};

struct fat_info {
    uint64_t total_bytes;
    uint64_t free_bytes;
    uint32_t cluster_bytes;
    unsigned bits;  ///< 12, 16 or 32.
    bool read_only;
    char label[12];
};

/// ERR_NOT_ACCEPTABLE: that is no FAT volume, or a damaged one. The cache is the volume's from now on.
error_t __mustuse fat_mount(struct fat **mounted, struct blkcache *cache,
                            const struct fat_options *options);
/// Writes what is left to write, and frees everything but the cache. ERR_IN_USE: something is open. After other
/// errors, it is mounted still.
error_t __mustuse fat_unmount(struct fat *fat);
/// The same without writing anything, and with what is open.
void fat_discard(struct fat *fat);
/// Is anything not on the disk yet, or isn't the volume marked as clean?
bool fat_has_changes(const struct fat *fat);
error_t __mustuse fat_info(struct fat *fat, struct fat_info *info);
/// All changes are durable, and the volume is marked as clean.
error_t __mustuse fat_sync(struct fat *fat);

/// ERR_NOT_FOUND; ERR_NOT_ACCEPTABLE: the path leads through a file.
error_t __mustuse fat_open(struct fat *fat, const char *path, struct fat_node **opened);
/// Creates a file and opens it. ERR_ALREADY_EXISTS: unless `exist_ok`. ERR_INVALID_ARG: no name can be like that. ERR_NO_SPACE.
/// ERR_NOT_ACCEPTABLE: also if it is a directory.
error_t __mustuse fat_create(struct fat *fat, const char *path, bool exist_ok,
                             struct fat_node **opened);
/// Closes what was opened. The error, if any, is of a write that took place in the background: it is closed all the same.
error_t fat_close(struct fat_node *node);
/// As create.
error_t __mustuse fat_mkdir(struct fat *fat, const char *path);
/// ERR_IN_USE: it is open. ERR_NOT_ACCEPTABLE: a directory that isn't empty, or the root.
error_t __mustuse fat_remove(struct fat *fat, const char *path);
/// Moves what is open to another path. A file there is replaced. ERR_NOT_ACCEPTABLE: a directory is there, or a file and
/// this is a directory, or the path leads into the directory itself. ERR_IN_USE: the file there is open.
error_t __mustuse fat_rename(struct fat_node *node, const char *path);
error_t __mustuse fat_stat(struct fat *fat, const char *path, struct fat_stat *stat);
void fat_stat_node(const struct fat_node *node, struct fat_stat *stat);

/// Reads up to BLKCACHE_READ_MAX bytes; *data is where they are, until the next call. ERR_NOT_ACCEPTABLE: a directory.
error_t __mustuse fat_read(struct fat_node *node, uint64_t offset, size_t len, const uint8_t **data,
                           size_t *read_len);
/// A gap between the file's end and `offset` becomes zeroes. ERR_TOO_LARGE; ERR_NO_SPACE. Like flush, it also returns what went wrong
/// with writes in the background since it was last told.
error_t __mustuse fat_write(struct fat_node *node, uint64_t offset, const void *data, size_t len);
error_t __mustuse fat_truncate(struct fat_node *node, uint64_t size);
/// All of the volume's changes are durable.
error_t __mustuse fat_flush(struct fat_node *node);

/// The next entry of a directory. *position: 0 to begin with. ERR_END.
error_t __mustuse fat_list(struct fat_node *node, uint64_t *position, char name[FAT_NAME_LEN],
                           struct fat_stat *stat);

#endif
