#ifndef __WORLD_H__
#define __WORLD_H__

/// \file
/// vm and two file systems, fs.a and fs.b, for tests. A file system has one directory, the root of each volume, with the
/// names "file" and "disk"; any path can be opened, and reading it gives the path.

#include <types.h>

/// Their tasks; 0: the file system isn't there.
extern task_t world_a, world_b;
/// How often they were told to mount and to unmount, and what they answer to that.
extern int world_mounts, world_unmounts;
extern error_t world_mount_error, world_unmount_error;
/// Files that are open there, and tasks that are watched.
extern int world_opens, world_watches;
/// Opening anything fails with that.
extern error_t world_open_error;

/// Everything as at the start, with an empty table of mounts.
void world_reset(void);
/// Adds a mount, which is expected to work.
void world_mount(const char *service, const char *volume, const char *path);

#endif
