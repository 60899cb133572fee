#include <string.h>

#include "cache.h"

static bool is_pinned(const struct blkcache_block *block) {
    unsigned any = 0;
    for (int class = 0; class < BLKCACHE_CLASSES; class ++) {
        any |= block->dirty[class] | block->unflushed[class];
    }
    return any != 0;
}

static struct blkcache_block **head_of(struct blkcache *cache, uint64_t number) {
    return &cache->heads[number % cache->num_heads];
}

static struct blkcache_block *find(struct blkcache *cache, uint64_t number) {
    struct blkcache_block *block = *head_of(cache, number);
    while (block != NULL && block->number != number) {
        block = block->next;
    }
    return block;
}

static void unlink_block(struct blkcache *cache, struct blkcache_block *block) {
    if (block->number == NO_BLOCK) {
        return;
    }
    struct blkcache_block **link = head_of(cache, block->number);
    while (*link != block) {
        link = &(*link)->next;
    }
    *link = block->next;
    block->number = NO_BLOCK;
}

/// A block to be filled: an empty one, or the one that wasn't used for the longest time. NULL: all are pinned.
static struct blkcache_block *take_block(struct blkcache *cache) {
    struct blkcache_block *oldest = NULL;
    for (unsigned i = 0; i < cache->num_blocks; i++) {
        struct blkcache_block *block = &cache->blocks[i];
        if (block->number == NO_BLOCK) {
            return block;
        }
        if (!is_pinned(block)
            && (oldest == NULL || cache->clock - block->used > cache->clock - oldest->used)) {
            oldest = block;
        }
    }
    if (oldest != NULL) {
        unlink_block(cache, oldest);
    }
    return oldest;
}

static error_t __mustuse load(struct blkcache *cache, uint64_t number,
                              struct blkcache_block **loaded) {
    uint64_t sector = number * cache->sectors_per_block;
    if (number > UINT64_MAX / cache->sectors_per_block || sector >= cache->device.num_sectors) {
        return ERR_INVALID_ARG;
    }
    struct blkcache_block *block = take_block(cache);
    if (block == NULL) {
        return ERR_NO_MEMORY;
    }
    uint32_t count =
        (uint32_t) MIN((uint64_t) cache->sectors_per_block, cache->device.num_sectors - sector);
    struct batch batch = {.cache = cache};
    error_t err = batch_add(&batch, sector, count, block->data);
    if (err == OK) {
        err = batch_finish(&batch, 0);
    }
    if (err != OK) {
        return err;
    }
    size_t len = (size_t) count << cache->sector_shift;
    memset(block->data + len, 0, BLKCACHE_BLOCK_LEN - len);
    block->number = number;
    block->next = *head_of(cache, number);
    *head_of(cache, number) = block;
    *loaded = block;
    return OK;
}

static error_t __mustuse lookup(struct blkcache *cache, uint64_t number) {
    struct blkcache_block *block = find(cache, number);
    if (block == NULL) {
        error_t err = load(cache, number, &block);
        if (err != OK) {
            return err;
        }
    }
    block->used = ++cache->clock;
    cache->last = block;
    return OK;
}

error_t blkcache_get(struct blkcache *cache, uint64_t offset, const uint8_t **data) {
    uint64_t number = offset / BLKCACHE_BLOCK_LEN;
    if (cache->last->number != number) {
        error_t err = lookup(cache, number);
        if (err != OK) {
            return err;
        }
    }
    *data = cache->last->data + offset % BLKCACHE_BLOCK_LEN;
    return OK;
}

error_t blkcache_edit(struct blkcache *cache, uint64_t offset, size_t len, int class,
                      uint8_t **data) {
    size_t from = offset % BLKCACHE_BLOCK_LEN;
    if (len == 0 || len > BLKCACHE_BLOCK_LEN - from
        || !is_inside(cache, (offset + len - 1) >> cache->sector_shift, 1)) {
        return ERR_INVALID_ARG;
    }
    const uint8_t *found;
    error_t err = blkcache_get(cache, offset, &found);
    if (err != OK) {
        return err;
    }
    struct blkcache_block *block = cache->last;
    unsigned first = (unsigned) (from >> cache->sector_shift);
    unsigned last = (unsigned) ((from + len - 1) >> cache->sector_shift);
    cache->num_pinned += !is_pinned(block);
    block->dirty[class] |= (uint8_t) (((2u << last) - 1) & ~((1u << first) - 1));
    *data = block->data + from;
    return OK;
}

unsigned blkcache_room(const struct blkcache *cache) {
    return cache->num_blocks - cache->num_pinned;
}

bool blkcache_is_dirty(const struct blkcache *cache, int class) {
    for (unsigned i = 0; i < cache->num_blocks; i++) {
        if (cache->blocks[i].dirty[class] != 0) {
            return true;
        }
    }
    return false;
}

/// Adds a run of sectors of a block, and its mirrors, to a batch.
static error_t __mustuse add_run(struct batch *batch, const struct blkcache_block *block, int class,
                                 unsigned first, unsigned count) {
    struct blkcache *cache = batch->cache;
    uint64_t sector = block->number * cache->sectors_per_block + first;
    const uint8_t *data = block->data + ((size_t) first << cache->sector_shift);
    unsigned copies = 1 + ((class == cache->mirrored_class) ? cache->num_mirrors : 0);
    for (unsigned copy = 0; copy < copies; copy++) {
        error_t err = batch_add(batch, sector + copy * cache->mirror_distance, count, data);
        if (err != OK) {
            return err;
        }
    }
    return OK;
}

static error_t __mustuse add_block(struct batch *batch, const struct blkcache_block *block,
                                   int class) {
    unsigned mask = block->dirty[class];
    while (mask != 0) {
        unsigned first = (unsigned) __builtin_ctz(mask);
        unsigned count = (unsigned) __builtin_ctz(~(mask >> first));
        error_t err = add_run(batch, block, class, first, count);
        if (err != OK) {
            return err;
        }
        mask &= ~(((1u << count) - 1) << first);
    }
    return OK;
}

static void mark_written(struct blkcache *cache, int class) {
    for (unsigned i = 0; i < cache->num_blocks; i++) {
        struct blkcache_block *block = &cache->blocks[i];
        block->unflushed[class] |= block->dirty[class];
        block->dirty[class] = 0;
    }
}

error_t blkcache_write_class(struct blkcache *cache, int class, unsigned flags) {
    struct batch batch = {.cache = cache, .flags = BLK_WRITE | (flags & BLK_FLUSH_BEFORE)};
    for (unsigned i = 0; i < cache->num_blocks; i++) {
        error_t err = add_block(&batch, &cache->blocks[i], class);
        if (err != OK) {
            return err;
        }
    }
    error_t err = batch_finish(&batch, flags & BLK_FLUSH_AFTER);
    if (err != OK) {
        return err;
    }
    mark_written(cache, class);
    return (flags & BLK_FLUSH_AFTER) ? note_flush(cache, OK) : OK;
}

void blocks_flushed(struct blkcache *cache) {
    cache->num_pinned = 0;
    for (unsigned i = 0; i < cache->num_blocks; i++) {
        struct blkcache_block *block = &cache->blocks[i];
        memset(block->unflushed, 0, sizeof(block->unflushed));
        cache->num_pinned += is_pinned(block);
    }
}

void blocks_lost(struct blkcache *cache) {
    for (unsigned i = 0; i < cache->num_blocks; i++) {
        struct blkcache_block *block = &cache->blocks[i];
        for (int class = 0; class < BLKCACHE_CLASSES; class ++) {
            block->dirty[class] |= block->unflushed[class];
            block->unflushed[class] = 0;
        }
    }
}

bool blocks_have_changes(const struct blkcache *cache) {
    return cache->num_pinned > 0;
}

/// The part of a block that was cleared, and hence isn't dirty any more.
static void clear_part(struct blkcache *cache, struct blkcache_block *block, size_t from,
                       size_t len) {
    unsigned first = (unsigned) (from >> cache->sector_shift);
    unsigned count = (unsigned) (len >> cache->sector_shift);
    uint8_t keep = (uint8_t) ~(((1u << count) - 1) << first);
    memset(block->data + from, 0, len);
    bool was_pinned = is_pinned(block);
    for (int class = 0; class < BLKCACHE_CLASSES; class ++) {
        block->dirty[class] &= keep;
        block->unflushed[class] &= keep;
    }
    cache->num_pinned -= was_pinned && !is_pinned(block);
}

void blocks_clear(struct blkcache *cache, uint64_t offset, uint64_t len, const uint8_t *first,
                  size_t first_len) {
    uint64_t end = offset + len;
    bool is_first = true;
    while (offset < end) {
        size_t from = offset % BLKCACHE_BLOCK_LEN;
        size_t part = (size_t) MIN((uint64_t) BLKCACHE_BLOCK_LEN - from, end - offset);
        struct blkcache_block *block = find(cache, offset / BLKCACHE_BLOCK_LEN);
        if (block != NULL) {
            clear_part(cache, block, from, part);
            if (is_first) {
                memcpy(block->data + from, first, first_len);
            }
        }
        is_first = false;
        offset += part;
    }
}
