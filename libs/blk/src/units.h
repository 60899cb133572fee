#ifndef __UNITS_H__
#define __UNITS_H__

/// \file
/// The disks and partitions of a driver.

#include <blk.h>
#include <blk/server.h>
#include <types.h>

#include "partition.h"

struct unit {
    char name[BLK_NAME_LEN];
    char label[BLK_LABEL_LEN];
    struct blk_disk *disk;
    uint64_t first_sector;  ///< On the disk.
    uint64_t num_sectors;
    enum blk_kind kind;
    uint8_t type;  ///< Of an MBR partition.
};

void units_init(const char *prefix);
/// Adds a disk and its partitions, gives it its number. ERR_NO_MEMORY: nothing was added.
error_t __mustuse units_add(struct blk_disk *disk, const struct partition_table *table);
/// What the next disk will be called. The name stays valid until the next call.
const char *units_next_disk_name(void);
/// By its number; NULL if there are no more. What these return stays where it is.
struct unit *units_get(unsigned index);
/// `name` need not be terminated.
struct unit *units_find(const char name[BLK_NAME_LEN]);
/// The first disk, or NULL.
struct unit *units_first_disk(void);

#endif
