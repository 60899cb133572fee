#include <resea/malloc.h>
#include <string.h>

#include "cache.h"

/// One block for every so many bytes of the buffer, the rest are windows.
#define BYTES_PER_BLOCK 16384

static bool is_supported(const struct blkcache_device *device) {
    size_t size = device->sector_size;
    return size >= 512 && size <= BLKCACHE_BLOCK_LEN && (size & (size - 1)) == 0
           && device->max_bytes >= BLKCACHE_BLOCK_LEN
           && device->buffer_len >= BLKCACHE_WINDOWS_MIN * BLKCACHE_WINDOW_LEN
                                        + BLKCACHE_BLOCKS_MIN * BLKCACHE_BLOCK_LEN;
}

static void divide_buffer(struct blkcache *cache) {
    size_t len = cache->device.buffer_len;
    cache->num_blocks = (unsigned) MAX(len / BYTES_PER_BLOCK, (size_t) BLKCACHE_BLOCKS_MIN);
    len -= cache->num_blocks * BLKCACHE_BLOCK_LEN;
    // One window is the scratch window.
    cache->num_windows = (unsigned) (len / BLKCACHE_WINDOW_LEN) - 1;
    cache->num_heads = cache->num_blocks;
}

static void place_in_buffer(struct blkcache *cache) {
    uint8_t *next = cache->device.buffer;
    cache->scratch = next;
    next += BLKCACHE_WINDOW_LEN;
    for (unsigned i = 0; i < cache->num_windows; i++, next += BLKCACHE_WINDOW_LEN) {
        cache->windows[i] = (struct blkcache_window){.data = next};
    }
    for (unsigned i = 0; i < cache->num_blocks; i++, next += BLKCACHE_BLOCK_LEN) {
        cache->blocks[i] = (struct blkcache_block){.number = NO_BLOCK, .data = next};
    }
    for (unsigned i = 0; i < cache->num_heads; i++) {
        cache->heads[i] = NULL;
    }
    cache->last = &cache->blocks[0];
}

error_t blkcache_init(struct blkcache *cache, const struct blkcache_device *device) {
    if (!is_supported(device)) {
        return ERR_INVALID_ARG;
    }
    *cache = (struct blkcache){.device = *device, .mirrored_class = -1};
    cache->sectors_per_block = BLKCACHE_BLOCK_LEN / device->sector_size;
    cache->sector_shift = (unsigned) __builtin_ctz(device->sector_size);
    divide_buffer(cache);
    cache->windows = malloc(cache->num_windows * sizeof(cache->windows[0]));
    cache->blocks = malloc(cache->num_blocks * sizeof(cache->blocks[0]));
    cache->heads = malloc(cache->num_heads * sizeof(struct blkcache_block *));
    if (cache->windows == NULL || cache->blocks == NULL || cache->heads == NULL) {
        blkcache_destroy(cache);
        return ERR_NO_MEMORY;
    }
    place_in_buffer(cache);
    return OK;
}

void blkcache_destroy(struct blkcache *cache) {
    free(cache->windows);
    free(cache->blocks);
    free(cache->heads);
    *cache = (struct blkcache){.mirrored_class = -1};
}

void blkcache_mirror(struct blkcache *cache, int class, uint64_t distance, unsigned num_mirrors) {
    cache->mirrored_class = class;
    cache->mirror_distance = distance;
    cache->num_mirrors = num_mirrors;
}

error_t note_flush(struct blkcache *cache, error_t err) {
    if (err == OK) {
        blocks_flushed(cache);
        windows_flushed(cache);
    } else if (err == ERR_TRY_AGAIN) {
        blocks_lost(cache);
        windows_lost(cache);
    }
    return err;
}

static error_t __mustuse carry_out(struct batch *batch, unsigned flags) {
    struct blkcache *cache = batch->cache;
    flags |= batch->flags;
    error_t err =
        cache->device.transfer(cache->device.context, flags, batch->segments, batch->num_segments);
    if (err == ERR_TRY_AGAIN || (err == OK && (flags & BLK_FLUSH_BEFORE))) {
        // What this batch has written is not marked yet, and so isn't taken for flushed.
        err = note_flush(cache, err);
    }
    batch->flags &= ~(unsigned) BLK_FLUSH_BEFORE;
    batch->num_segments = 0;
    batch->bytes = 0;
    return err;
}

error_t batch_add(struct batch *batch, uint64_t sector, uint32_t count, const uint8_t *data) {
    const struct blkcache_device *device = &batch->cache->device;
    if (!is_inside(batch->cache, sector, count)) {
        return ERR_INVALID_ARG;
    }
    while (count > 0) {
        size_t room = (device->max_bytes - batch->bytes) / device->sector_size;
        if (batch->num_segments == BLK_SEGMENTS_MAX || room == 0) {
            error_t err = carry_out(batch, 0);
            if (err != OK) {
                return err;
            }
            continue;
        }
        uint32_t part = (uint32_t) MIN((size_t) count, room);
        batch->segments[batch->num_segments++] = (struct blk_segment){
            .sector = sector, .count = part, .place = (uint32_t) (data - device->buffer)};
        batch->bytes += (size_t) part * device->sector_size;
        sector += part;
        count -= part;
        data += (size_t) part * device->sector_size;
    }
    return OK;
}

error_t batch_finish(struct batch *batch, unsigned flags) {
    if (batch->num_segments > 0) {
        return carry_out(batch, flags);
    }
    if (((batch->flags | flags) & (BLK_FLUSH_BEFORE | BLK_FLUSH_AFTER)) != 0) {
        return blkcache_flush(batch->cache);
    }
    return OK;
}

error_t blkcache_flush(struct blkcache *cache) {
    return note_flush(cache, cache->device.flush(cache->device.context));
}

bool blkcache_has_changes(const struct blkcache *cache) {
    return blocks_have_changes(cache) || windows_have_changes(cache);
}

/// Zeroes, from the scratch window, as often as it takes.
static error_t __mustuse add_zeroes(struct batch *batch, uint64_t sector, uint64_t count,
                                    const uint8_t *zeroes, size_t len) {
    uint32_t max = (uint32_t) (len >> batch->cache->sector_shift);
    while (count > 0) {
        uint32_t part = (uint32_t) MIN(count, (uint64_t) max);
        error_t err = batch_add(batch, sector, part, zeroes);
        if (err != OK) {
            return err;
        }
        sector += part;
        count -= part;
    }
    return OK;
}

static error_t __mustuse write_cleared(struct blkcache *cache, uint64_t sector, uint64_t count) {
    uint32_t size = cache->device.sector_size;
    struct batch batch = {.cache = cache, .flags = BLK_WRITE};
    error_t err = batch_add(&batch, sector, 1, cache->scratch);
    if (err == OK) {
        err = add_zeroes(&batch, sector + 1, count - 1, cache->scratch + size,
                         BLKCACHE_WINDOW_LEN - size);
    }
    if (err == OK) {
        err = batch_finish(&batch, BLK_FLUSH_AFTER);
    }
    return (err == OK) ? note_flush(cache, OK) : err;
}

error_t blkcache_clear(struct blkcache *cache, uint64_t offset, uint64_t len, const uint8_t *first,
                       size_t first_len) {
    uint64_t sector = offset >> cache->sector_shift, count = len >> cache->sector_shift;
    error_t err = blkcache_forget(cache, offset, len);
    if (err != OK) {
        return err;
    }
    memset(cache->scratch, 0, (size_t) MIN(len, (uint64_t) BLKCACHE_WINDOW_LEN));
    memcpy(cache->scratch, first, first_len);
    do {
        // Again if a driver was restarted in between: of these sectors nobody else has a copy.
        err = write_cleared(cache, sector, count);
    } while (err == ERR_TRY_AGAIN);
    if (err == OK) {
        blocks_clear(cache, offset, len, first, first_len);
    }
    return err;
}
