#ifndef __VOLUMES_H__
#define __VOLUMES_H__

/// \file
/// The volumes that are mounted.

#include <blk/client.h>
#include <fat.h>
#include <fs_server.h>

struct volume {
    struct fs_volume base;  ///< Its name is the unit's.
    struct blk_unit unit;
    struct blkcache cache;
    struct fat *fat;
    bool failed_to_unmount;
    bool failed_to_sync;
};

/// What a volume of fatfs' is to <fs_server.h>.
static inline struct volume *volume_of(struct fs_volume *base) {
    return (struct volume *) base;
}

/// Mounts what is on a unit of a block driver; waits for the driver if it hasn't started. A disk that can't be written to is
/// mounted read-only. ERR_NOT_ACCEPTABLE; those of blk_open.
error_t __mustuse volumes_mount(const char *name, bool read_only);
/// Nothing may be open. If something can't be written, ERR_IO, and it stays mounted: the second time it is given up.
error_t __mustuse volumes_unmount(struct fs_volume *base);
/// Writes what is to be written on all volumes, and warns if that fails.
void volumes_sync(void);
/// Is there anything to be written?
bool volumes_have_changes(void);

#endif
