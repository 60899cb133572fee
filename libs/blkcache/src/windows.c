#include <string.h>

#include "cache.h"

static bool is_empty(struct part part) {
    return part.from == part.to;
}

static struct part both(struct part a, struct part b) {
    if (is_empty(a)) {
        return b;
    }
    if (is_empty(b)) {
        return a;
    }
    return (struct part){MIN(a.from, b.from), MAX(a.to, b.to)};
}

static bool is_pinned(const struct blkcache_window *window) {
    return !is_empty(window->dirty) || !is_empty(window->unflushed);
}

static uint64_t end_of(const struct blkcache_window *window) {
    return window->start + window->count;
}

static bool overlaps(const struct blkcache_window *window, uint64_t sector, uint64_t count) {
    return window->count > 0 && window->start < sector + count && sector < end_of(window);
}

static void drop(struct blkcache_window *window) {
    window->count = 0;
    window->failures = 0;
    window->dirty = window->unflushed = (struct part){0, 0};
}

static uint8_t *data_at(const struct blkcache *cache, const struct blkcache_window *window,
                        uint64_t sector) {
    return window->data + ((size_t) (sector - window->start) << cache->sector_shift);
}

static struct blkcache_window *find(struct blkcache *cache, uint64_t sector) {
    for (unsigned i = 0; i < cache->num_windows; i++) {
        if (overlaps(&cache->windows[i], sector, 1)) {
            cache->windows[i].used = ++cache->clock;
            return &cache->windows[i];
        }
    }
    return NULL;
}

/// Whether there is a window with some of the sectors that can't be dropped; the others are.
static bool drop_overlapping(struct blkcache *cache, uint64_t sector, uint64_t count) {
    bool pinned = false;
    for (unsigned i = 0; i < cache->num_windows; i++) {
        struct blkcache_window *window = &cache->windows[i];
        if (overlaps(window, sector, count)) {
            if (is_pinned(window)) {
                pinned = true;
            } else {
                drop(window);
            }
        }
    }
    return pinned;
}

/// Of the sectors, how many come before the next window begins.
static uint64_t count_to_next(const struct blkcache *cache, uint64_t sector, uint64_t count) {
    for (unsigned i = 0; i < cache->num_windows; i++) {
        const struct blkcache_window *window = &cache->windows[i];
        if (window->count > 0 && window->start >= sector && window->start - sector < count) {
            count = window->start - sector;
        }
    }
    return count;
}

/// An empty window, or the one that wasn't used for the longest time. NULL: all are pinned.
static struct blkcache_window *oldest_clean(struct blkcache *cache) {
    struct blkcache_window *oldest = NULL;
    for (unsigned i = 0; i < cache->num_windows; i++) {
        struct blkcache_window *window = &cache->windows[i];
        if (window->count == 0) {
            return window;
        }
        if (!is_pinned(window)
            && (oldest == NULL || cache->clock - window->used > cache->clock - oldest->used)) {
            oldest = window;
        }
    }
    return oldest;
}

/// After this many failures a window's changes are given up: one bad sector must not end all writing.
#define ATTEMPTS 3

/// All windows are written together: that takes few transfers, and one flush for all of them.
static error_t __mustuse clean_all(struct blkcache *cache) {
    error_t err;
    do {
        err = blkcache_write_files(cache);
        if (err == OK) {
            err = blkcache_flush(cache);
        }
    } while (err == ERR_TRY_AGAIN);
    return err;
}

/// A window to be filled, empty.
static error_t __mustuse take_window(struct blkcache *cache, struct blkcache_window **taken) {
    struct blkcache_window *window = oldest_clean(cache);
    if (window == NULL) {
        error_t err = clean_all(cache);
        window = oldest_clean(cache);
        if (window == NULL) {
            return (err != OK) ? err : ERR_NO_MEMORY;
        }
    }
    drop(window);
    window->used = ++cache->clock;
    *taken = window;
    return OK;
}

static error_t __mustuse read_sectors(struct blkcache *cache, uint64_t sector, uint32_t count,
                                      uint8_t *data) {
    struct batch batch = {.cache = cache};
    error_t err = batch_add(&batch, sector, count, data);
    return (err == OK) ? batch_finish(&batch, 0) : err;
}

/// How many sectors to read: those that are asked for, and `ahead` if there is room and nothing in the way.
static uint32_t count_with_ahead(const struct blkcache *cache, uint64_t sector, uint32_t count,
                                 size_t ahead) {
    uint64_t most = (uint64_t) count + (ahead >> cache->sector_shift);
    most = MIN(most, (uint64_t) BLKCACHE_WINDOW_LEN >> cache->sector_shift);
    most = MIN(most, cache->device.num_sectors - sector);
    return (uint32_t) count_to_next(cache, sector, most);
}

static error_t __mustuse fill_window(struct blkcache *cache, uint64_t sector, uint32_t count,
                                     size_t ahead, struct blkcache_window **filled) {
    struct blkcache_window *window;
    error_t err = take_window(cache, &window);
    if (err != OK) {
        return err;
    }
    uint32_t most = count_with_ahead(cache, sector, count, ahead);
    err = read_sectors(cache, sector, most, window->data);
    if (err == ERR_IO && most > count) {
        most = count;  // What nobody has asked for may be what can't be read.
        err = read_sectors(cache, sector, most, window->data);
    }
    if (err == OK) {
        window->start = sector;
        window->count = most;
        *filled = window;
    }
    return err;
}

/// Copies what windows have of some sectors; what they don't have goes into the batch.
static error_t __mustuse gather(struct batch *batch, uint64_t sector, uint32_t count,
                                uint8_t *data) {
    struct blkcache *cache = batch->cache;
    while (count > 0) {
        struct blkcache_window *window = find(cache, sector);
        uint32_t part;
        if (window != NULL) {
            part = (uint32_t) MIN((uint64_t) count, end_of(window) - sector);
            memcpy(data, data_at(cache, window, sector), (size_t) part << cache->sector_shift);
        } else {
            part = (uint32_t) count_to_next(cache, sector, count);
            error_t err = batch_add(batch, sector, part, data);
            if (err != OK) {
                return err;
            }
        }
        sector += part;
        count -= part;
        data += (size_t) part << cache->sector_shift;
    }
    return OK;
}

/// The sectors that a run touches.
static uint32_t sectors_of(const struct blkcache *cache, const struct blkcache_run *run,
                           uint64_t *first) {
    *first = run->offset >> cache->sector_shift;
    return (uint32_t) (((run->offset + run->len - 1) >> cache->sector_shift) - *first + 1);
}

/// Reads into the scratch window, which remembers nothing.
static error_t __mustuse read_scattered(struct blkcache *cache, const struct blkcache_run *runs,
                                        size_t num_runs, const uint8_t **data) {
    struct batch batch = {.cache = cache};
    uint8_t *next = cache->scratch;
    for (size_t i = 0; i < num_runs; i++) {
        uint64_t sector;
        uint32_t count = sectors_of(cache, &runs[i], &sector);
        size_t len = (size_t) count << cache->sector_shift;
        if (len > (size_t) (cache->scratch + BLKCACHE_WINDOW_LEN - next)
            || !is_inside(cache, sector, count)) {
            return ERR_INVALID_ARG;
        }
        error_t err = gather(&batch, sector, count, next);
        if (err != OK) {
            return err;
        }
        next += len;
    }
    *data = cache->scratch + runs[0].offset % cache->device.sector_size;
    return batch_finish(&batch, 0);
}

error_t blkcache_read(struct blkcache *cache, const struct blkcache_run *runs, size_t num_runs,
                      size_t ahead, const uint8_t **data) {
    if (num_runs != 1) {
        return read_scattered(cache, runs, num_runs, data);
    }
    uint64_t sector;
    uint32_t count = sectors_of(cache, &runs[0], &sector);
    if (!is_inside(cache, sector, count) || runs[0].len > BLKCACHE_READ_MAX) {
        return ERR_INVALID_ARG;
    }
    struct blkcache_window *window = find(cache, sector);
    if (window == NULL || end_of(window) < sector + count) {
        if (drop_overlapping(cache, sector, count)) {
            return read_scattered(cache, runs, 1, data);
        }
        error_t err = fill_window(cache, sector, count, ahead, &window);
        if (err != OK) {
            // Perhaps there is no window because none can be written.
            return read_scattered(cache, runs, 1, data);
        }
    }
    *data = data_at(cache, window, sector) + runs[0].offset % cache->device.sector_size;
    return OK;
}

/// A window that a write can go on with at `sector`: one that ends there, or a new one.
static error_t __mustuse window_to_append(struct blkcache *cache, uint64_t sector,
                                          struct blkcache_window **found) {
    for (unsigned i = 0; i < cache->num_windows; i++) {
        struct blkcache_window *window = &cache->windows[i];
        if (window->count > 0 && end_of(window) == sector
            && window->count < (BLKCACHE_WINDOW_LEN >> cache->sector_shift)) {
            window->used = ++cache->clock;
            *found = window;
            return OK;
        }
    }
    error_t err = take_window(cache, found);
    if (err == OK) {
        (*found)->start = sector;
    }
    return err;
}

/// A write that is under way: `len` bytes are left, `offset` bytes from the device's start.
struct writing {
    uint64_t offset;
    const uint8_t *data;
    size_t len;
    bool keep_tail;
};

/// Gives a window `count` more sectors. Of the first and the last, what isn't about to be overwritten is read.
static error_t __mustuse append(struct blkcache *cache, struct blkcache_window *window,
                                uint32_t count, const struct writing *writing) {
    uint32_t size = cache->device.sector_size;
    uint64_t sector = end_of(window), end = writing->offset + writing->len;
    uint8_t *data = data_at(cache, window, sector);
    uint8_t *last = data + ((size_t) (count - 1) << cache->sector_shift);
    bool partial_head = writing->offset % size != 0;
    bool partial_tail = end < ((sector + count) << cache->sector_shift);
    error_t err = OK;
    if (partial_tail && !writing->keep_tail) {
        memset(last, 0, size);
    }
    if (partial_head) {
        err = read_sectors(cache, sector, 1, data);
    }
    if (err == OK && partial_tail && writing->keep_tail && !(partial_head && count == 1)) {
        err = read_sectors(cache, sector + count - 1, 1, last);
    }
    if (err == OK) {
        window->count += count;
    }
    return err;
}

/// Finds the window where a write is to begin, or goes on, with as many of its sectors as can be had.
static error_t __mustuse prepare(struct blkcache *cache, const struct writing *writing,
                                 struct blkcache_window **prepared) {
    uint64_t sector = writing->offset >> cache->sector_shift;
    *prepared = find(cache, sector);
    if (*prepared != NULL) {
        return OK;
    }
    uint64_t end = writing->offset + writing->len + cache->device.sector_size - 1;
    uint64_t count = (end >> cache->sector_shift) - sector;
    if (!is_inside(cache, sector, count)) {
        return ERR_INVALID_ARG;
    }
    drop_overlapping(cache, sector, count);
    error_t err = window_to_append(cache, sector, prepared);
    if (err != OK) {
        return err;
    }
    count = count_to_next(cache, sector, count);
    uint32_t room = (BLKCACHE_WINDOW_LEN >> cache->sector_shift) - (*prepared)->count;
    return append(cache, *prepared, (uint32_t) MIN(count, (uint64_t) room), writing);
}

static void mark_dirty(struct blkcache *cache, struct blkcache_window *window, uint64_t offset,
                       size_t len) {
    uint64_t first = offset >> cache->sector_shift;
    uint64_t last = (offset + len - 1) >> cache->sector_shift;
    struct part part = {(uint32_t) (first - window->start), (uint32_t) (last + 1 - window->start)};
    window->dirty = both(window->dirty, part);
}

error_t blkcache_write(struct blkcache *cache, uint64_t offset, const uint8_t *data, size_t len,
                       bool keep_tail) {
    struct writing writing = {offset, data, len, keep_tail};
    while (writing.len > 0) {
        struct blkcache_window *window;
        error_t err = prepare(cache, &writing, &window);
        if (err != OK) {
            return err;
        }
        uint64_t end = end_of(window) << cache->sector_shift;
        size_t part = (size_t) MIN((uint64_t) writing.len, end - writing.offset);
        uint8_t *to =
            window->data + (size_t) (writing.offset - (window->start << cache->sector_shift));
        if (writing.data != NULL) {
            memcpy(to, writing.data, part);
            writing.data += part;
        } else {
            memset(to, 0, part);
        }
        mark_dirty(cache, window, writing.offset, part);
        writing.offset += part;
        writing.len -= part;
    }
    return OK;
}

static error_t __mustuse add_dirty(struct batch *batch, const struct blkcache_window *window) {
    if (is_empty(window->dirty)) {
        return OK;
    }
    uint64_t sector = window->start + window->dirty.from;
    return batch_add(batch, sector, window->dirty.to - window->dirty.from,
                     data_at(batch->cache, window, sector));
}

static void mark_written(struct blkcache_window *window) {
    window->unflushed = both(window->unflushed, window->dirty);
    window->dirty = (struct part){0, 0};
    window->failures = 0;
}

static error_t __mustuse write_together(struct blkcache *cache) {
    struct batch batch = {.cache = cache, .flags = BLK_WRITE};
    for (unsigned i = 0; i < cache->num_windows; i++) {
        error_t err = add_dirty(&batch, &cache->windows[i]);
        if (err != OK) {
            return err;
        }
    }
    error_t err = batch_finish(&batch, 0);
    for (unsigned i = 0; err == OK && i < cache->num_windows; i++) {
        mark_written(&cache->windows[i]);
    }
    return err;
}

/// Writes one window after the other, to find out which of them it is that can't be written.
static error_t __mustuse write_one_by_one(struct blkcache *cache) {
    error_t result = OK;
    for (unsigned i = 0; i < cache->num_windows; i++) {
        struct blkcache_window *window = &cache->windows[i];
        struct batch batch = {.cache = cache, .flags = BLK_WRITE};
        error_t err = add_dirty(&batch, window);
        if (err == OK) {
            err = batch_finish(&batch, 0);
        }
        if (err == OK) {
            mark_written(window);
            continue;
        }
        result = err;
        if (err == ERR_IO && ++window->failures == ATTEMPTS) {
            drop(window);
        }
    }
    return result;
}

error_t blkcache_write_files(struct blkcache *cache) {
    error_t err = write_together(cache);
    return (err == ERR_IO) ? write_one_by_one(cache) : err;
}

void windows_flushed(struct blkcache *cache) {
    for (unsigned i = 0; i < cache->num_windows; i++) {
        cache->windows[i].unflushed = (struct part){0, 0};
    }
}

void windows_lost(struct blkcache *cache) {
    for (unsigned i = 0; i < cache->num_windows; i++) {
        struct blkcache_window *window = &cache->windows[i];
        window->dirty = both(window->dirty, window->unflushed);
        window->unflushed = (struct part){0, 0};
    }
}

bool windows_have_changes(const struct blkcache *cache) {
    for (unsigned i = 0; i < cache->num_windows; i++) {
        if (is_pinned(&cache->windows[i])) {
            return true;
        }
    }
    return false;
}

static struct part clip(struct part part, uint32_t from, uint32_t to) {
    struct part clipped = {MAX(part.from, from), MIN(part.to, to)};
    return (clipped.from < clipped.to) ? (struct part){clipped.from - from, clipped.to - from}
                                       : (struct part){0, 0};
}

/// Leaves a window nothing but its sectors `from` to `to`.
static void trim(struct blkcache *cache, struct blkcache_window *window, uint32_t from,
                 uint32_t to) {
    window->dirty = clip(window->dirty, from, to);
    window->unflushed = clip(window->unflushed, from, to);
    if (from > 0) {
        memmove(window->data, window->data + ((size_t) from << cache->sector_shift),
                (size_t) (to - from) << cache->sector_shift);
    }
    window->start += from;
    window->count = to - from;
}

/// A window can't have a hole. If there would be one, and what is beside it can't be dropped, all is written first.
static error_t __mustuse forget_part(struct blkcache *cache, struct blkcache_window *window,
                                     uint64_t sector, uint64_t count) {
    if (sector <= window->start && sector + count >= end_of(window)) {
        drop(window);
    } else if (sector <= window->start) {
        trim(cache, window, (uint32_t) (sector + count - window->start), window->count);
    } else if (sector + count >= end_of(window)) {
        trim(cache, window, 0, (uint32_t) (sector - window->start));
    } else {
        error_t err = is_pinned(window) ? clean_all(cache) : OK;
        if (err != OK) {
            return err;
        }
        drop(window);
    }
    return OK;
}

error_t blkcache_forget(struct blkcache *cache, uint64_t offset, uint64_t len) {
    uint64_t sector = offset >> cache->sector_shift, count = len >> cache->sector_shift;
    for (unsigned i = 0; i < cache->num_windows; i++) {
        if (overlaps(&cache->windows[i], sector, count)) {
            error_t err = forget_part(cache, &cache->windows[i], sector, count);
            if (err != OK) {
                return err;
            }
        }
    }
    return OK;
}
