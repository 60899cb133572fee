#ifndef __BLKCACHE_H__
#define __BLKCACHE_H__

/// \file
/// A write-back cache of a block device, for a file system. Nothing is written before its owner says so, but for
/// the contents of files when the cache is full; so the owner decides what reaches the disk before what.
///
/// The memory is one buffer, which the device reads and writes by itself. One part of it consists of **blocks** of
/// 4 KiB: what a file system reads and changes in small pieces, its tables and directories. The other
/// part consists of **windows**, each a run of sectors of up to BLKCACHE_WINDOW_LEN bytes: the contents of files, which come and
/// go in large transfers. A sector is the business of either kind; blkcache_forget must be called before it becomes
/// the other kind's.
///
/// Sectors of blocks are dirty in **classes**, whose numbers the owner gives a meaning. A class is written as a whole.
///
/// What was written is **unflushed** until the device was flushed. It stays in the cache until then: a driver that
/// is restarted may have lost it, and then it is written again.
///
/// Errors of all calls, besides their own: ERR_IO (the device has failed), ERR_INVALID_ARG (beyond the device's end), and
/// whatever else the device's functions return. What couldn't be written stays dirty.

#include <blk.h>
#include <types.h>

#define BLKCACHE_BLOCK_LEN 4096
/// The longest read is 64 KiB, which may begin and end in the middle of a sector.
#define BLKCACHE_READ_MAX   65536
#define BLKCACHE_WINDOW_LEN (BLKCACHE_READ_MAX + BLKCACHE_BLOCK_LEN)
#define BLKCACHE_CLASSES    4
/// Runs of one blkcache_read, at least one for each sector.
#define BLKCACHE_RUNS_MAX (BLKCACHE_READ_MAX / 512 + 1)
/// The smallest buffer is that of this many windows and blocks.
#define BLKCACHE_WINDOWS_MIN 3
#define BLKCACHE_BLOCKS_MIN  24

/// What the cache asks of a device: see <blk/client.h>, whose functions have these meanings.
struct blkcache_device {
    uint8_t *buffer;
    size_t buffer_len;
    uint64_t num_sectors;
    uint32_t sector_size;  ///< A power of two, from 512 to BLKCACHE_BLOCK_LEN.
    uint32_t max_bytes;    ///< Of one transfer.
    void *context;
    /// ERR_TRY_AGAIN, only with one of the flags BLK_FLUSH_*: what was written since the last flush may be lost.
    error_t (*transfer)(void *context, unsigned flags, const struct blk_segment *segments,
                        size_t num_segments);
    error_t (*flush)(void *context);
};

struct blkcache_block;
struct blkcache_window;

struct blkcache {
    struct blkcache_device device;
    unsigned sectors_per_block;
    unsigned sector_shift;
    unsigned clock;  ///< Counts uses: what was used least recently is given up first.

    struct blkcache_block *blocks;
    unsigned num_blocks;
    unsigned num_pinned;  ///< Blocks that are dirty or unflushed, which can't be given up.
    struct blkcache_block **heads;
    unsigned num_heads;
    struct blkcache_block *last;  ///< The block that was asked for last.

    struct blkcache_window *windows;
    unsigned num_windows;
    uint8_t *scratch;  ///< A window that belongs to no sectors.

    /// See blkcache_mirror.
    int mirrored_class;
    uint64_t mirror_distance;
    unsigned num_mirrors;
};

/// A part of the device, in bytes.
struct blkcache_run {
    uint64_t offset;
    size_t len;
};

/// ERR_INVALID_ARG: the buffer is too small, or the sectors' size isn't supported. ERR_NO_MEMORY.
error_t __mustuse blkcache_init(struct blkcache *cache, const struct blkcache_device *device);
/// Frees everything but the buffer. What is dirty is lost.
void blkcache_destroy(struct blkcache *cache);

/// What is written of a class is written `num_mirrors` more times, each `distance` sectors further.
void blkcache_mirror(struct blkcache *cache, int class, uint64_t distance, unsigned num_mirrors);

/// Blocks that aren't dirty and flushed: as many different ones can be edited for sure.
unsigned blkcache_room(const struct blkcache *cache);

/// Where the bytes from `offset` on are, up to the end of their block. Good until the next call.
error_t __mustuse blkcache_get(struct blkcache *cache, uint64_t offset, const uint8_t **data);
/// The same for `len` bytes, within one block, that the caller is about to change: makes their sectors dirty in a class.
/// ERR_NO_MEMORY: there is no room, write first.
error_t __mustuse blkcache_edit(struct blkcache *cache, uint64_t offset, size_t len, int class,
                                uint8_t **data);

/// Whether anything of the class is dirty.
bool blkcache_is_dirty(const struct blkcache *cache, int class);
/// Writes what is dirty of a class. `flags`: BLK_FLUSH_BEFORE, BLK_FLUSH_AFTER, which count even if there is nothing to
/// write. ERR_TRY_AGAIN: what was written since the last flush may be lost, and is dirty again, all classes and files:
/// begin again with the first of them.
error_t __mustuse blkcache_write_class(struct blkcache *cache, int class, unsigned flags);
/// Writes the dirty contents of files. ERR_IO: some of it couldn't be written. It stays dirty, but after the third time in a row
/// it is given up.
error_t __mustuse blkcache_write_files(struct blkcache *cache);
/// All that was written is durable. ERR_TRY_AGAIN: as above.
error_t __mustuse blkcache_flush(struct blkcache *cache);
/// Is anything not durable?
bool blkcache_has_changes(const struct blkcache *cache);

/// Reads runs of a file's contents, BLKCACHE_READ_MAX bytes at most in all; *data is where they are, one behind the other,
/// until the next call. All but the first begin on a sector, all but the last end on one. If it is only one run, up to
/// `ahead` bytes behind it are read into the cache as well.
error_t __mustuse blkcache_read(struct blkcache *cache, const struct blkcache_run *runs,
                                size_t num_runs, size_t ahead, const uint8_t **data);
/// Changes a file's contents. `data`: NULL stands for zeroes. `keep_tail`: what is behind the data, in the same sector, matters.
/// If it fails, a part may have been changed.
error_t __mustuse blkcache_write(struct blkcache *cache, uint64_t offset, const uint8_t *data,
                                 size_t len, bool keep_tail);

/// Whole sectors of files are free, and may be used for something else: what was changed in them isn't written any more.
error_t __mustuse blkcache_forget(struct blkcache *cache, uint64_t offset, uint64_t len);
/// Writes zeroes to whole sectors, but `first_len` bytes of `first` to the beginning of the first one, and flushes.
error_t __mustuse blkcache_clear(struct blkcache *cache, uint64_t offset, uint64_t len,
                                 const uint8_t *first, size_t first_len);

#endif
