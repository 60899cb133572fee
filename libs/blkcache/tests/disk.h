#ifndef __TESTS_DISK_H__
#define __TESTS_DISK_H__

#include <blkcache.h>

/// \file
/// A disk in memory with a cache that loses what was not flushed: for the tests of what writes to disks.

/// A sector that was written and not flushed.
struct disk_write {
    uint64_t sector;
    uint8_t *data;
};

struct disk {
    struct blkcache_device device;
    uint8_t *image;    ///< As reads see it.
    uint8_t *durable;  ///< As of the last flush.
    struct disk_write *writes;
    size_t num_writes, max_writes;

    /// After each sector that is written.
    void (*written)(struct disk *disk, void *context);
    void *written_context;

    // What goes wrong.
    uint64_t bad_sector;  ///< Can't be written; UINT64_MAX: none.
    uint64_t unreadable;  ///< Can't be read.
    unsigned
        restart_every;  ///< The driver ends before one of so many requests, at random; 0: never.
    uint32_t random;
    bool lost;  ///< Something was lost, and nobody was told.

    // What happened.
    uint64_t transfers, flushes, restarts, sectors_written;
};

/// A disk of zeroes, and a buffer for it.
void disk_init(struct disk *disk, uint64_t num_sectors, uint32_t sector_size, size_t buffer_len);
void disk_destroy(struct disk *disk);
/// Fills the disk.
void disk_load(struct disk *disk, const void *image, size_t len);
/// The disk as it may be after a power cut now. `random`: NULL: with all that was written; otherwise with some of what wasn't
/// flushed. `image` has room for all of it.
void disk_cut(const struct disk *disk, uint32_t *random, uint8_t *image);
size_t disk_len(const struct disk *disk);

#endif
