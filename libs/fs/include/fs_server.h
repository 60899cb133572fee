#ifndef __FS_SERVER_H__
#define __FS_SERVER_H__

/// \file
/// All of a file system's server but the file system: messages, handles that end with their client, the list of volumes, and
/// the root directory, in which the volumes are.
///
///     struct my_volume { struct fs_volume base; ... };
///     static const struct fs_server my_file_system = { .open = ..., ... };
///     void main(void) { fs_server_run("fs.my", &my_file_system); }
///
/// One request is handled at a time.

#include <fs.h>
#include <message.h>
#include <types.h>

/// A volume that is mounted; the first member of what the file system keeps of it.
struct fs_volume {
    struct fs_volume *next;
    char name[FS_VOLUME_LEN];
    unsigned opens;  ///< Handles to what is on it. While there are some, it isn't unmounted.
};

/// What is open on a volume: the file system's.
struct fs_node;

/// What the server asks of the file system. Paths are canonical, within the volume (<fs_path.h>). Errors are those of the messages
/// with the same names in idl/fs.idl. Nothing may be NULL but what says so.
struct fs_server {
    error_t (*open)(struct fs_volume *volume, const char *path, struct fs_node **node);
    error_t (*create)(struct fs_volume *volume, const char *path, bool exist_ok,
                      struct fs_node **node);
    /// The node is closed even if this returns an error: what was written to it is lost then.
    error_t (*close)(struct fs_volume *volume, struct fs_node *node);
    /// Up to FS_TRANSFER_MAX bytes. *data has to stay as it is until the next request.
    error_t (*read)(struct fs_volume *volume, struct fs_node *node, uint64_t offset, size_t len,
                    const uint8_t **data, size_t *data_len);
    error_t (*write)(struct fs_volume *volume, struct fs_node *node, uint64_t offset,
                     const void *data, size_t len);
    error_t (*truncate)(struct fs_volume *volume, struct fs_node *node, uint64_t size);
    error_t (*flush)(struct fs_volume *volume, struct fs_node *node);
    error_t (*stat)(struct fs_volume *volume, const char *path, struct fs_info *info);
    void (*fstat)(struct fs_volume *volume, struct fs_node *node, struct fs_info *info);
    /// The entry of a directory behind *position, which is 0 to begin with, and moves. ERR_END: there are no more.
    error_t (*list)(struct fs_volume *volume, struct fs_node *node, uint64_t *position,
                    char name[FS_NAME_MAX + 1], struct fs_info *info);
    error_t (*sync)(struct fs_volume *volume);
    error_t (*remove)(struct fs_volume *volume, const char *path);
    error_t (*mkdir)(struct fs_volume *volume, const char *path);
    /// The path is on the node's volume.
    error_t (*rename)(struct fs_volume *volume, struct fs_node *node, const char *path);
    /// How full it is. `reply` has been zeroed.
    error_t (*volume)(struct fs_volume *volume, struct fs_volume_reply_fields *reply);
    /// Finds what has that name, which no volume has, and adds it with fs_volumes_add.
    error_t (*mount)(const char *name, bool read_only);
    /// Nothing is open on it. Takes it out of the list and frees it; not so, or not always, with an error.
    error_t (*unmount)(struct fs_volume *volume);
    /// The timer has run out. NULL: there is none.
    void (*timer)(void);
    /// After each request. NULL: nothing is to be done.
    void (*handled)(void);
};

/// Serves the service for good.
__noreturn void fs_server_run(const char *service, const struct fs_server *server);

/// For tests: what fs_server_run does with a message. Returns false if it is none for file systems.
bool fs_server_dispatch(const struct fs_server *server, struct message *m);
/// For tests: a client has ended.
void fs_server_forget(task_t client);

/// NULL if there is none.
struct fs_volume *fs_volumes_find(const char *name);
/// The volume number `index`, counted from 0, in no order that means anything; NULL: there are no more.
struct fs_volume *fs_volumes_at(uint64_t index);
/// A name that is too long is cut.
void fs_volumes_add(struct fs_volume *volume, const char *name);
void fs_volumes_remove(struct fs_volume *volume);

/// Where a path leads whose first name is a volume's.
struct fs_target {
    struct fs_volume *volume;  ///< NULL: it is the root directory.
    const char *rest;          ///< The path on the volume: canonical.
    char canonical[FS_PATH_MAX + 1];
};

/// ERR_NOT_FOUND: there is no such volume. Otherwise the errors of fs_path_canonical.
error_t fs_volumes_resolve(const char *path, struct fs_target *target) __mustuse;

#endif
