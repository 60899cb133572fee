#ifndef __MOUNTS_H__
#define __MOUNTS_H__

/// \file
/// The table of mounts. Paths here are canonical.

#include <fs.h>

/// The longest mount point, in bytes.
#define MOUNTS_PATH_MAX 255

struct mount {
    char service[VFS_SERVICE_LEN];
    char volume[VFS_VOLUME_LEN];
    bool read_only;
    char path[MOUNTS_PATH_MAX + 1];
    /// The task of the file system that has mounted the volume; 0: none. Another one has to be told.
    task_t told;
};

/// Adds a mount, which its file system is told when the path is first used.
error_t mounts_add(const struct mount *mount) __mustuse;
/// Adds a mount and tells its file system. ERR_UNAVAILABLE: that isn't there. ERR_IN_USE: the volume is
/// mounted elsewhere, and there may be written to or not, as it may not or may here.
error_t mounts_attach(const struct mount *mount) __mustuse;
/// Takes a mount away; the file system is told if it was the volume's last one.
error_t mounts_detach(const char *path) __mustuse;
/// The mount of that number, or NULL.
const struct mount *mounts_at(unsigned index);

/// Finds the mount that has the path; place->server is 0 if its file system isn't there. ERR_NOT_FOUND: none has it.
/// Otherwise what the file system said that was told to mount the volume.
error_t mounts_find(const char *path, const struct mount **mount, struct fs_place *place) __mustuse;

/// The mount that has the path, if its file system isn't there but is about to come; else NULL.
const struct mount *mounts_waits_for(const char *path);

/// Whether the path is a directory because mount points are below it, or because it is the root.
bool mounts_is_directory(const char *path);
/// The name, in a directory, of the mount number `index`, or of what leads there; NULL if that isn't below the
/// directory, or if a mount before it has the same name there. *len is its length.
const char *mounts_name_in(const char *directory, unsigned index, size_t *len);

#endif
