#ifndef __CACHE_H__
#define __CACHE_H__

/// \file
/// The parts of the cache among themselves.

#include <blkcache.h>

/// Bit n of a mask: sector n of the block.
struct blkcache_block {
    uint64_t number;  ///< The block's place on the device, in blocks; NO_BLOCK: it is empty.
    uint8_t *data;
    uint8_t dirty[BLKCACHE_CLASSES];
    uint8_t unflushed[BLKCACHE_CLASSES];
    unsigned used;
    struct blkcache_block *next;  ///< With the same hash.
};

#define NO_BLOCK UINT64_MAX

/// A part of a window, in its sectors. Empty if both are the same.
struct part {
    uint32_t from, to;
};

/// Windows never overlap.
struct blkcache_window {
    uint64_t start;  ///< The first sector.
    uint32_t count;  ///< How many; 0: the window is empty.
    struct part dirty, unflushed;
    unsigned used;
    unsigned failures;  ///< How often in a row it couldn't be written.
    uint8_t *data;
};

/// Segments that are collected for one transfer after the other.
struct batch {
    struct blkcache *cache;
    unsigned flags;  ///< BLK_FLUSH_BEFORE holds for the first transfer only.
    size_t bytes;
    size_t num_segments;
    struct blk_segment segments[BLK_SEGMENTS_MAX];
};

/// Adds a run of sectors, which is at `data` in the buffer. Whenever the batch is full, it is carried out.
error_t __mustuse batch_add(struct batch *batch, uint64_t sector, uint32_t count,
                            const uint8_t *data);
/// Carries out what is left. `flags` are added: BLK_FLUSH_AFTER. If there is nothing to flush after, flushes.
error_t __mustuse batch_finish(struct batch *batch, unsigned flags);

/// The device has been flushed, or has lost what was not.
void blocks_flushed(struct blkcache *cache);
void blocks_lost(struct blkcache *cache);
void windows_flushed(struct blkcache *cache);
void windows_lost(struct blkcache *cache);
bool blocks_have_changes(const struct blkcache *cache);
bool windows_have_changes(const struct blkcache *cache);
/// Makes what the cache has of the sectors what blkcache_clear writes.
void blocks_clear(struct blkcache *cache, uint64_t offset, uint64_t len, const uint8_t *first,
                  size_t first_len);

/// What is known of the device after a call that has flushed, or was meant to.
error_t note_flush(struct blkcache *cache, error_t err);

static inline bool is_inside(const struct blkcache *cache, uint64_t sector, uint64_t count) {
    return sector <= cache->device.num_sectors && count <= cache->device.num_sectors - sector;
}

#endif
