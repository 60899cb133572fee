#ifndef __FS_H__
#define __FS_H__

/// \file
/// Files and directories. See idl/fs.idl for what the messages mean, and <fs_path.h> for paths.
///
/// The functions ask `fs` who has a path, and then talk to that file system directly: a program that uses them needs
/// may_call = ["fs", "fs.*"] in its manifest entry. They block until the file system has answered.
///
/// A path that doesn't begin with a slash begins from the directory that the program was launched in.
///
/// If the file system's server ends and is restarted, they ask again, and open again what was open. Only what might
/// then be done twice is not repeated: fs_create (if the file may not exist), fs_mkdir, fs_remove, fs_move and fs_rename return
/// ERR_ABORTED, and may have been done. What was written since the last fs_flush may be lost with the server: the
/// next fs_flush says so. A file that was created since then, and is lost, is created again, empty; one that was moved since then,
/// and isn't where it was moved to, is ERR_ABORTED.
///
/// Errors are those of idl/fs.idl. fs_error_text puts them into words.

#include <message.h>
#include <types.h>

/// What is known of the name of an open file.
enum fs_name_state {
    FS_NAME_FLUSHED,  ///< It was there when the file was opened, or was flushed since.
    FS_NAME_CREATED,  ///< The server may take it with it when it ends: then the file is created again.
    FS_NAME_MOVED,  ///< The same, and the file has its old name then.
};

/// A file or directory that is open.
struct fs_file {
    task_t server;  ///< Who has it; 0: it has to be opened again.
    handle_t handle;
    bool dirty;  ///< It was written to since the last flush,
    bool lost;   ///< and the server ended since then.
    enum fs_name_state name_state;
    char *path;  ///< Canonical.
};

struct fs_info {
    uint64_t size;   ///< In bytes; 0 of a directory.
    uint64_t mtime;  ///< Seconds since 1970-01-01 00:00:00 UTC; 0: not known.
    enum fs_type type;
    bool read_only;
};

/// The directory that the program was launched in: a canonical path.
const char *fs_directory(void);

/// Opens a file or a directory that exists.
error_t fs_open(const char *path, struct fs_file *file) __mustuse;
/// Creates an empty file and opens it. `exist_ok`: opens it if it exists, instead of failing with ERR_ALREADY_EXISTS.
error_t fs_create(const char *path, bool exist_ok, struct fs_file *file) __mustuse;
/// What was written to it may not be durable yet: see fs_flush.
void fs_close(struct fs_file *file);

/// Reads up to FS_TRANSFER_MAX bytes; at the file's end less than `len`, or none. *data is to be freed.
error_t fs_read(struct fs_file *file, uint64_t offset, size_t len, void **data,
                size_t *data_len) __mustuse;
/// Reads into the caller's memory, which is a copy more, any number of bytes; less than `len` at the file's end.
error_t fs_read_into(struct fs_file *file, uint64_t offset, void *buf, size_t len,
                     size_t *done) __mustuse;
/// Writes any number of bytes. After an error, some of them may have been written.
error_t fs_write(struct fs_file *file, uint64_t offset, const void *data, size_t len) __mustuse;
error_t fs_truncate(struct fs_file *file, uint64_t size) __mustuse;
/// What was written to the file is durable when this returns OK. ERR_ABORTED: the file system ended since the last
/// flush, and what was written since may be lost: write it again.
error_t fs_flush(struct fs_file *file) __mustuse;
error_t fs_fstat(struct fs_file *file, struct fs_info *info) __mustuse;
/// Moves an open file or directory; a file at `to` is replaced. ERR_INVALID_ARG: `to` is on another volume.
error_t fs_move(struct fs_file *file, const char *to) __mustuse;
/// Lists an open directory: *position is 0 to begin. *list is to be freed; it is empty (*list_len is 0) when there
/// are no more entries.
error_t fs_list(struct fs_file *directory, uint64_t *position, void **list,
                size_t *list_len) __mustuse;

error_t fs_stat(const char *path, struct fs_info *info) __mustuse;
error_t fs_remove(const char *path) __mustuse;
error_t fs_mkdir(const char *path) __mustuse;
/// See fs_move.
error_t fs_rename(const char *from, const char *to) __mustuse;
/// All files of the volume that the path leads to are durable when this returns OK.
error_t fs_sync(const char *path) __mustuse;
/// How full the volume is that the path leads to.
error_t fs_volume(const char *path, struct fs_volume_reply_fields *volume) __mustuse;

/// Mounts a volume. See vfs.attach.
error_t fs_mount(const char *service, const char *volume, bool read_only,
                 const char *path) __mustuse;
error_t fs_unmount(const char *path) __mustuse;
/// The mount number `index`, counted from 0, and its canonical path. ERR_END: there are no more.
error_t fs_mount_at(unsigned index, struct vfs_mount_reply_fields *mount,
                    char path[FS_PATH_MAX + 1]) __mustuse;

/// For messages to people: "no such file or directory".
const char *fs_error_text(error_t err);

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

/// Where a file system has a path.
struct fs_place {
    task_t server;
    char path[FS_PATH_MAX + 1];
};

/// Finds the place of a canonical path. Asks `fs`; its server has a function of its own, as it can't ask itself.
extern error_t (*fs_resolve)(const char *path, struct fs_place *place);

#endif
