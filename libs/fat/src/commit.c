// A commit writes, in this order:
//
//   1. The contents of files, and the table. Clusters that nothing refers to yet may be lost with no harm, so the two
//      need no order. (New clusters of directories have been cleared before: directory.c.)
//   2. A flush; then directories; then a flush. From here on, what they say is true.
//   3. Clusters that nothing refers to any more become free in the table, which is written with the next commit.
//
// Before the first one, the volume is marked as not clean; fat_sync writes all that is left and marks it as clean.
// Any part of a step may be the last thing that reaches the disk: docs/fatfs.md goes through it.

#include "commit.h"

#include "chain.h"
#include "node.h"
#include "table.h"

/// Blocks of the cache that any operation can do with between two looks at the room that is left.
#define RESERVE 16

/// The specification has the flag in the table; what everybody looks at is a bit of the boot sector.
#define STATE_DIRTY 0x01

#define INFO_FREE 488
#define INFO_NEXT 492

static error_t __mustuse set_state(struct fat *fat, bool clean) {
    uint8_t *state;
    error_t err = blkcache_edit(fat->cache, fat->state, 1, CLASS_STATE, &state);
    if (err == OK) {
        *state = (uint8_t) (clean ? *state & ~STATE_DIRTY : *state | STATE_DIRTY);
        err = table_mark(fat, clean);
    }
    return err;
}

/// Says on the disk that the volume isn't clean, before anything on it is changed.
static error_t __mustuse mark(struct fat *fat) {
    if (fat->is_marked) {
        return OK;
    }
    error_t err = set_state(fat, false);
    if (err == OK) {
        err = blkcache_write_class(fat->cache, CLASS_STATE, 0);
    }
    if (err == OK) {
        err = blkcache_write_class(fat->cache, CLASS_TABLE, BLK_FLUSH_AFTER);
    }
    fat->is_marked = err == OK;
    return err;
}

error_t commit_begin_change(struct fat *fat) {
    if (fat->read_only) {
        return ERR_NOT_PERMITTED;
    }
    fat->is_changed = true;
    return commit_if_tight(fat);
}

/// Puts the entries of what is open into the cache, as far as there is room. *more: there wasn't.
static error_t __mustuse store_nodes(struct fat *fat, bool *more) {
    *more = false;
    for (struct fat_node *node = fat->nodes; node != NULL; node = node->next) {
        error_t err = node->is_dirty ? node_store(node) : OK;
        if (err == ERR_NO_MEMORY) {
            *more = true;
            return OK;
        }
        if (err != OK) {
            return err;
        }
    }
    return OK;
}

static error_t __mustuse write_directories(struct fat *fat) {
    bool more;
    do {
        error_t err = store_nodes(fat, &more);
        if (err == OK) {
            err = blkcache_write_class(fat->cache, CLASS_DIRECTORY,
                                       BLK_FLUSH_BEFORE | BLK_FLUSH_AFTER);
        }
        if (err != OK) {
            return err;
        }
    } while (more);
    return OK;
}

static bool has_dirty_nodes(const struct fat *fat) {
    for (const struct fat_node *node = fat->nodes; node != NULL; node = node->next) {
        if (node->is_dirty) {
            return true;
        }
    }
    return false;
}

/// If no directory is to be written, one flush is enough.
static error_t __mustuse write_in_order(struct fat *fat) {
    error_t err = mark(fat);
    if (err == OK) {
        err = blkcache_write_files(fat->cache);
    }
    if (err == OK) {
        err = blkcache_write_class(fat->cache, CLASS_TABLE, 0);
    }
    if (err != OK) {
        return err;
    }
    if (has_dirty_nodes(fat) || blkcache_is_dirty(fat->cache, CLASS_DIRECTORY)) {
        return write_directories(fat);
    }
    return blkcache_flush(fat->cache);
}

/// Up to now, the chain of a file that was cut went on to what is free now, and any open one may be that: it may have
/// been closed and opened since then.
static void forget_chains(struct fat *fat) {
    for (struct fat_node *node = fat->nodes; node != NULL; node = node->next) {
        chain_forget(node);
    }
}

/// A table that can't be read keeps its clusters.
static void free_pending(struct fat *fat) {
    if (fat->num_pending > 0) {
        forget_chains(fat);
    }
    for (unsigned i = 0; i < fat->num_pending; i++) {
        struct pending_free *pending = &fat->pending[i];
        error_t err =
            (pending->keep != 0) ? table_cut(fat, pending->keep) : table_free(fat, pending->first);
        fat->num_lost += err != OK;
    }
    fat->num_pending = 0;
}

static void tell_nodes(struct fat *fat, error_t err) {
    for (struct fat_node *node = fat->nodes; node != NULL; node = node->next) {
        if (err == OK) {
            node->is_unflushed = false;
        } else if (node->is_unflushed) {
            node->error = err;
        }
    }
}

bool commit_is_due(const struct fat *fat) {
    return fat->num_pending > 0 || has_dirty_nodes(fat) || blkcache_has_changes(fat->cache);
}

error_t commit(struct fat *fat) {
    if (!commit_is_due(fat)) {
        return OK;
    }
    error_t err;
    do {
        err = write_in_order(fat);
    } while (err == ERR_TRY_AGAIN);
    if (err == OK) {
        free_pending(fat);
    }
    tell_nodes(fat, err);
    return err;
}

error_t commit_if_tight(struct fat *fat) {
    return (blkcache_room(fat->cache) < RESERVE) ? commit(fat) : OK;
}

error_t commit_table_if_tight(struct fat *fat) {
    error_t err = OK;
    if (blkcache_room(fat->cache) < RESERVE / 2) {
        do {
            err = blkcache_write_class(fat->cache, CLASS_TABLE, BLK_FLUSH_AFTER);
        } while (err == ERR_TRY_AGAIN);
    }
    return err;
}

error_t commit_free_later(struct fat *fat, uint32_t first, uint32_t keep) {
    if (first == 0 && keep == 0) {
        return OK;
    }
    if (fat->num_pending == PENDING_MAX) {
        error_t err = commit(fat);
        if (err != OK) {
            return err;
        }
    }
    fat->pending[fat->num_pending++] = (struct pending_free){.first = first, .keep = keep};
    return OK;
}

bool commit_will_cut(const struct fat *fat, uint32_t keep) {
    for (unsigned i = 0; i < fat->num_pending; i++) {
        if (fat->pending[i].keep == keep) {
            return true;
        }
    }
    return false;
}

static error_t __mustuse store_info(struct fat *fat) {
    if (fat->info == 0 || !fat->num_free_known) {
        return OK;
    }
    uint8_t *info;
    error_t err = blkcache_edit(fat->cache, fat->info, 512, CLASS_INFO, &info);
    if (err == OK) {
        put32(info + INFO_FREE, fat->num_free);
        put32(info + INFO_NEXT, is_cluster(fat, fat->hint) ? fat->hint : FIRST_CLUSTER);
        err = blkcache_write_class(fat->cache, CLASS_INFO, 0);
    }
    return err;
}

/// What was dirty when it was mounted stays so: we haven't repaired it.
static error_t __mustuse unmark(struct fat *fat) {
    if (!fat->is_marked || fat->was_dirty) {
        return blkcache_flush(fat->cache);
    }
    error_t err = set_state(fat, true);
    if (err == OK) {
        err = blkcache_write_class(fat->cache, CLASS_STATE, BLK_FLUSH_BEFORE);
    }
    if (err == OK) {
        err = blkcache_write_class(fat->cache, CLASS_TABLE, BLK_FLUSH_AFTER);
    }
    fat->is_marked = err != OK;
    return err;
}

static error_t __mustuse try_sync(struct fat *fat) {
    error_t err = commit(fat);
    if (err == OK) {
        err = store_info(fat);
    }
    if (err == OK) {
        err = blkcache_write_class(fat->cache, CLASS_TABLE, 0);
    }
    return (err == OK) ? unmark(fat) : err;
}

error_t fat_sync(struct fat *fat) {
    if (!fat_has_changes(fat)) {
        return OK;
    }
    error_t err;
    do {
        err = try_sync(fat);
    } while (err == ERR_TRY_AGAIN);
    fat->is_changed = err != OK;
    return err;
}

bool fat_has_changes(const struct fat *fat) {
    return fat->is_changed || commit_is_due(fat);
}
