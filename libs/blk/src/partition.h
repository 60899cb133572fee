#ifndef __PARTITION_H__
#define __PARTITION_H__

/// \file
/// Partition tables. What a disk says is believed only as far as it makes sense: whatever overlaps something else, or isn't on
/// the disk, is warned about and left out, and no table takes more than a bounded number of reads.

#include <blk.h>
#include <types.h>

/// Partitions of a disk, at most. More are left out.
#define PARTITIONS_MAX 128
/// The longest sector that there can be.
#define SECTOR_SIZE_MAX 4096

struct partition {
    uint64_t first_sector;
    uint64_t num_sectors;
    enum blk_kind kind;
    uint8_t type;     ///< Of an MBR partition.
    unsigned number;  ///< From 1; logical partitions of an MBR from 5.
    char label[BLK_LABEL_LEN];
};

struct partition_table {
    // How to read the disk; set by the caller.
    const char *disk_name;  ///< For messages.
    uint64_t disk_sectors;
    uint32_t sector_size;  ///< From 512 to SECTOR_SIZE_MAX.
    /// Reads one sector.
    error_t (*read)(void *arg, uint64_t sector, void *buf);
    void *arg;

    // What has been found, in the order of the table.
    size_t num_partitions;
    struct partition partitions[PARTITIONS_MAX];

    uint8_t sector[SECTOR_SIZE_MAX] __aligned(8);
};

/// Finds all partitions. A disk without a table has none.
void partition_scan(struct partition_table *table);

// For mbr.c and gpt.c.

/// A GUID partition table, which is there if a protective MBR is.
void gpt_scan(struct partition_table *table);
/// Reads a sector into table->sector.
error_t partition_read_sector(struct partition_table *table, uint64_t sector);
/// Adds a partition, if there is room, it is on the disk, and what it has nobody else has.
void partition_add(struct partition_table *table, const struct partition *partition);

/// Copies text to a label, which becomes printable ASCII without blanks at its end.
void label_append(char label[BLK_LABEL_LEN], size_t *len, unsigned character);
void label_end(char label[BLK_LABEL_LEN], size_t len);

#endif
