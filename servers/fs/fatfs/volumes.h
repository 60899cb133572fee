#ifndef __VOLUMES_H__
#define __VOLUMES_H__

/// \file
/// The volumes that are mounted.

#include <blk/client.h>
#include <fat.h>
#include <message.h>

struct volume {
    struct volume *next;
    struct blk_unit unit;  ///< Its name is the volume's.
    struct blkcache cache;
    struct fat *fat;
    bool failed_to_unmount;
    bool failed_to_sync;
};

/// Mounts what is on a unit of a block driver; waits for the driver if it hasn't started. A disk that can't be written to is
/// mounted read-only. ERR_ALREADY_EXISTS; ERR_NOT_ACCEPTABLE; those of blk_open.
error_t __mustuse volumes_mount(const char *name, bool read_only);
/// ERR_NOT_FOUND; ERR_IN_USE. If something can't be written, ERR_IO, and it stays mounted: the second time it is given up.
error_t __mustuse volumes_unmount(const char *name);
/// NULL if there is none.
struct volume *volumes_find(const char *name);
/// The volume number `index`, counted from 0, in no order that means anything; NULL: there are no more.
struct volume *volumes_at(uint64_t index);
/// Writes what is to be written on all volumes. The first error counts.
error_t volumes_sync(void);
/// Is there anything to be written?
bool volumes_have_changes(void);

#endif
