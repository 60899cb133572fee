#include "chain.h"
#include "commit.h"
#include "node.h"
#include "table.h"

static error_t __mustuse check_file(const struct fat_node *node, bool write) {
    if (node->is_directory) {
        return ERR_NOT_ACCEPTABLE;
    }
    return (write && node->read_only) ? ERR_NOT_PERMITTED : OK;
}

/// Where up to `len` bytes of a file are that lie in one piece; *more: how much of the file lies behind them in the same piece,
/// as far as `ahead` bytes go.
static error_t __mustuse map(struct fat_node *node, uint64_t offset, size_t len, size_t ahead,
                             struct blkcache_run *run, size_t *more) {
    struct fat *fat = node->fat;
    uint32_t within = (uint32_t) (offset & (fat->cluster_bytes - 1));
    uint32_t cluster, count;
    error_t err = chain_find(node, (uint32_t) (offset >> fat->cluster_shift),
                             clusters_of(fat, within + len + ahead), &cluster, &count);
    if (err == OK) {
        uint64_t piece = ((uint64_t) count << fat->cluster_shift) - within;
        run->offset = place_of(fat, cluster) + within;
        run->len = (size_t) MIN((uint64_t) len, piece);
        *more = (size_t) MIN((uint64_t) ahead, piece - run->len);
    }
    return err;
}

/// What to read beyond what is asked for: a sequential reader will want it.
static size_t read_ahead(const struct fat_node *node, uint64_t offset, size_t len) {
    if (offset != node->next_offset || len >= BLKCACHE_READ_MAX) {
        return 0;
    }
    return (size_t) MIN((uint64_t) BLKCACHE_READ_MAX, node->size - offset) - len;
}

error_t fat_read(struct fat_node *node, uint64_t offset, size_t len, const uint8_t **data,
                 size_t *read_len) {
    error_t err = check_file(node, false);
    *read_len = 0;
    if (err != OK || offset >= node->size) {
        return err;
    }
    len = (size_t) MIN(MIN((uint64_t) len, (uint64_t) BLKCACHE_READ_MAX), node->size - offset);
    struct blkcache_run runs[BLKCACHE_RUNS_MAX];
    size_t num_runs = 0, done = 0, more = 0;
    size_t ahead = read_ahead(node, offset, len);
    while (err == OK && done < len) {
        err = map(node, offset + done, len - done, ahead, &runs[num_runs], &more);
        if (err == OK) {
            done += runs[num_runs++].len;
        }
    }
    if (err == OK && len > 0) {
        err = blkcache_read(node->fat->cache, runs, num_runs, more, data);
    }
    if (err == OK) {
        *read_len = len;
        node->next_offset = offset + len;
    }
    return err;
}

/// Writes to what is allocated already. `data`: NULL stands for zeroes.
static error_t __mustuse write_data(struct fat_node *node, uint64_t offset, const uint8_t *data,
                                    uint64_t len) {
    while (len > 0) {
        struct blkcache_run run;
        size_t more, part = (size_t) MIN(len, (uint64_t) BLKCACHE_READ_MAX);
        error_t err = map(node, offset, part, 0, &run, &more);
        if (err == OK) {
            bool keep_tail = offset + run.len < node->size;
            err = blkcache_write(node->fat->cache, run.offset, data, run.len, keep_tail);
        }
        if (err != OK) {
            return err;
        }
        data = (data != NULL) ? data + run.len : NULL;
        offset += run.len;
        len -= run.len;
    }
    return OK;
}

/// Clusters of the file's chain that its size accounts for.
static uint32_t clusters_in_use(const struct fat_node *node) {
    return clusters_of(node->fat, node->size);
}

/// Chains may be longer than the size says: after a power cut, or because somebody has reserved space.
static error_t __mustuse cut_excess(struct fat_node *node) {
    uint32_t cluster, count, used = clusters_in_use(node);
    error_t err;
    if (used == 0) {
        err = commit_free_later(node->fat, node->start, 0);
        if (err == OK && node->start != 0) {
            node->start = 0;
            chain_forget(node);
            node_changed(node);
        }
        return err;
    }
    uint32_t next;
    err = chain_find(node, used - 1, 1, &cluster, &count);
    if (err == OK) {
        err = table_get(node->fat, cluster, &next);
    }
    if (err == OK && is_cluster(node->fat, next)) {
        err = table_cut(node->fat, cluster);
        chain_forget(node);
    }
    return err;
}

/// What is pending to be freed must be off the chain before it grows again.
static error_t __mustuse prepare_to_grow(struct fat_node *node) {
    uint32_t last, count, used = clusters_in_use(node);
    error_t err = (used > 0) ? chain_find(node, used - 1, 1, &last, &count) : OK;
    if (err == OK && used > 0 && commit_will_cut(node->fat, last)) {
        err = commit(node->fat);
    }
    return (err == OK) ? cut_excess(node) : err;
}

/// Allocates clusters so that the file can have `size` bytes. *last: the last one of before, 0 if there was none.
static error_t __mustuse allocate(struct fat_node *node, uint64_t size, uint32_t *last) {
    struct fat *fat = node->fat;
    uint32_t used = clusters_in_use(node), needed = clusters_of(fat, size), first, count;
    *last = 0;
    if (needed <= used) {
        return OK;
    }
    error_t err = prepare_to_grow(node);
    if (err == OK && used > 0) {
        err = chain_find(node, used - 1, 1, last, &count);
    }
    if (err == OK) {
        err = table_extend(fat, *last, needed - used, &first);
    }
    if (err == OK && used == 0) {
        node->start = first;
    }
    return err;
}

/// Gives back what a write that failed had allocated: nothing refers to it.
static void undo_allocate(struct fat_node *node, uint32_t last) {
    error_t err;
    if (node->size == 0) {
        err = table_free(node->fat, node->start);
        node->start = 0;
    } else {
        err = (last != 0) ? table_cut(node->fat, last) : OK;
    }
    node->fat->num_lost += err != OK;
    chain_forget(node);
}

/// Changes a part of the file, and fills what is between its end and that part with zeroes.
static error_t __mustuse change(struct fat_node *node, uint64_t offset, const uint8_t *data,
                                uint64_t len) {
    uint64_t end = offset + len;
    uint32_t last;
    error_t err = allocate(node, end, &last);
    if (err != OK) {
        return err;
    }
    if (offset > node->size) {
        err = write_data(node, node->size, NULL, offset - node->size);
    }
    if (err == OK) {
        err = write_data(node, offset, data, len);
    }
    if (err != OK) {
        node->is_unflushed = true;
        if (end > node->size) {
            undo_allocate(node, last);
        }
        return err;
    }
    node->size = (uint32_t) MAX(end, (uint64_t) node->size);
    node_changed(node);
    return OK;
}

error_t fat_write(struct fat_node *node, uint64_t offset, const void *data, size_t len) {
    error_t err = check_file(node, true);
    if (err == OK) {
        err = node_take_error(node);
    }
    if (err == OK && (offset > FAT_FILE_SIZE_MAX || len > FAT_FILE_SIZE_MAX - offset)) {
        err = ERR_TOO_LARGE;
    }
    if (err != OK || len == 0) {
        return err;
    }
    err = commit_begin_change(node->fat);
    return (err == OK) ? change(node, offset, data, len) : err;
}

static error_t __mustuse shrink(struct fat_node *node, uint32_t size) {
    struct fat *fat = node->fat;
    uint32_t used = clusters_in_use(node), needed = clusters_of(fat, size), last = 0, count;
    error_t err = OK;
    if (needed > 0 && needed < used) {
        err = chain_find(node, needed - 1, 1, &last, &count);
    }
    if (err == OK && needed < used) {
        err = commit_free_later(fat, (needed == 0) ? node->start : 0, last);
    }
    if (err != OK) {
        return err;
    }
    if (needed < used) {
        node->start = (needed == 0) ? 0 : node->start;
        chain_forget(node);
    }
    node->size = size;
    node_changed(node);
    return OK;
}

error_t fat_truncate(struct fat_node *node, uint64_t size) {
    error_t err = check_file(node, true);
    if (err == OK) {
        err = node_take_error(node);
    }
    if (err == OK && size > FAT_FILE_SIZE_MAX) {
        err = ERR_TOO_LARGE;
    }
    if (err != OK || size == node->size) {
        return err;
    }
    err = commit_begin_change(node->fat);
    if (err != OK) {
        return err;
    }
    return (size < node->size) ? shrink(node, (uint32_t) size)
                               : change(node, node->size, NULL, size - node->size);
}

error_t fat_flush(struct fat_node *node) {
    error_t err = commit(node->fat);
    // What went wrong in the background is told even if this time it has gone well.
    error_t earlier = node_take_error(node);
    return (err != OK) ? err : earlier;
}
