// Renaming. At any time, at least one of the two names must lead to the file on the disk, and no other one: of a file with
// several names, fsck.fat leaves the first one that it finds as it is. So no short name may be on the disk without its long
// name, nor in a directory whose own name isn't there as a whole.
//
// If the new name has room in the sector where the old short name is, that sector changes at once. Otherwise there are
// steps, each with a commit of its own: the new long name, and all that was changed before; the new short name; the old
// short name's end. What is left of the old long name goes last: it has no meaning any more.

#include <string.h>

#include "commit.h"
#include "lookup.h"
#include "table.h"

/// A renaming under way.
struct renaming {
    struct fat *fat;
    struct fat_node *node;
    struct target target;
    uint8_t entry[ENTRY_LEN];  ///< The new one.
    struct location added;
};

static uint32_t own_index(const struct renaming *renaming) {
    return (renaming->target.directory == renaming->node->directory) ? renaming->node->index
                                                                     : NO_INDEX;
}

/// The entry as it is now, to be given another name.
static error_t __mustuse read_entry(struct renaming *renaming) {
    const uint8_t *entry;
    error_t err = blkcache_get(renaming->fat->cache, renaming->node->place, &entry);
    if (err == OK) {
        memcpy(renaming->entry, entry, ENTRY_LEN);
        node_put(renaming->node, renaming->entry);
    }
    return err;
}

/// Makes `..` of a directory lead elsewhere.
static error_t __mustuse set_parent(struct renaming *renaming, uint32_t parent) {
    struct fat *fat = renaming->fat;
    if (!renaming->node->is_directory) {
        return OK;
    }
    uint8_t *entry;
    error_t err = blkcache_edit(fat->cache, place_of(fat, renaming->node->start) + ENTRY_LEN,
                                ENTRY_LEN, CLASS_DIRECTORY, &entry);
    if (err == OK && entry[0] == '.' && entry[1] == '.') {
        node_put_start(fat, entry, parent);
    }
    return err;
}

static void move_node(struct renaming *renaming) {
    struct fat_node *node = renaming->node;
    node->directory = renaming->added.directory;
    node->first = renaming->added.first;
    node->index = renaming->added.index;
    node->place = renaming->added.place;
}

/// Entries of a sector. Directories begin on sectors, and so do their clusters.
static uint32_t per_sector(const struct fat *fat) {
    return fat->cache->device.sector_size / ENTRY_LEN;
}

static bool is_in_one_sector(const struct fat *fat, uint32_t first, uint32_t index) {
    return first / per_sector(fat) == index / per_sector(fat);
}

/// The first one of a name's entries that is in the same sector as its last one.
static uint32_t first_beside(const struct fat_node *node) {
    uint32_t begin = node->index - node->index % per_sector(node->fat);
    return MAX(node->first, begin);
}

/// Whether an entry is free, or will be when the old name is gone.
static bool is_usable(const struct fat_node *node, const uint8_t *entry, uint32_t index) {
    return entry[0] == MARK_DELETED || (index >= node->first && index <= node->index);
}

/// Looks for free entries in the sector where the old short name is. NO_INDEX: there are not enough.
static uint32_t find_in_sector(struct renaming *renaming) {
    struct fat_node *node = renaming->node;
    uint32_t size = renaming->fat->cache->device.sector_size;
    uint64_t sector = node->place & ~(uint64_t) (size - 1);
    const uint8_t *data;
    if (blkcache_get(renaming->fat->cache, sector, &data) != OK) {
        return NO_INDEX;
    }
    uint32_t begin = node->index - (uint32_t) ((node->place - sector) / ENTRY_LEN);
    unsigned in_a_row = 0, needed = renaming->target.place.entries.needed;
    for (uint32_t i = 0; i < size / ENTRY_LEN; i++) {
        in_a_row = is_usable(node, data + (size_t) i * ENTRY_LEN, begin + i) ? in_a_row + 1 : 0;
        if (in_a_row == needed) {
            return begin + i + 1 - needed;
        }
    }
    return NO_INDEX;
}

/// The old short name is gone: the part of its long name that is in other sectors goes, after that has reached the disk.
static error_t __mustuse remove_rest(struct fat *fat, const struct fat_node *old) {
    uint32_t end = first_beside(old);
    if (old->first == end) {
        return OK;
    }
    error_t err = commit(fat);
    return (err == OK) ? directory_remove(fat, old->directory, old->first, end - 1) : err;
}

/// The new name has room in the sector where the old short name is.
static error_t __mustuse rename_at_once(struct renaming *renaming, uint32_t first) {
    struct fat_node *node = renaming->node, old = *node;
    error_t err = directory_remove(renaming->fat, node->directory, first_beside(node), node->index);
    if (err == OK) {
        err = directory_put(renaming->fat, node->directory, first, &renaming->target.place.name,
                            renaming->entry, &renaming->added);
    }
    if (err != OK) {
        return err;
    }
    move_node(renaming);
    return remove_rest(renaming->fat, &old);
}

/// The new name is on the disk: the old one goes. At the end, `is_apart`, only one of them is there.
static error_t __mustuse remove_old(struct renaming *renaming, bool is_apart) {
    struct fat *fat = renaming->fat;
    struct fat_node old = *renaming->node;
    error_t err = directory_remove(fat, old.directory, first_beside(&old), old.index);
    if (err != OK) {
        return err;
    }
    move_node(renaming);
    err = is_apart ? commit(fat) : OK;
    return (err == OK) ? remove_rest(fat, &old) : err;
}

static error_t __mustuse set_mark(const struct renaming *renaming, uint8_t mark) {
    uint8_t *entry;
    error_t err =
        blkcache_edit(renaming->fat->cache, renaming->added.place, 1, CLASS_DIRECTORY, &entry);
    if (err == OK) {
        entry[0] = mark;
    }
    return err;
}

/// Adds the new name. Its short name is made to look deleted until the disk has all that must be there before.
static error_t __mustuse add_new(struct renaming *renaming) {
    struct fat *fat = renaming->fat;
    struct location *added = &renaming->added;
    bool is_alone = !commit_is_due(fat);
    error_t err = directory_add(fat, renaming->target.directory, &renaming->target.place,
                                renaming->entry, added);
    if (err != OK || (is_alone && is_in_one_sector(fat, added->first, added->index))) {
        return err;
    }
    err = set_mark(renaming, MARK_DELETED);
    if (err == OK) {
        err = commit(fat);
    }
    return (err == OK) ? set_mark(renaming, renaming->entry[0]) : err;
}

/// Adds the new name; if it can't be written, takes it away again.
static error_t __mustuse rename_in_steps(struct renaming *renaming) {
    struct fat *fat = renaming->fat;
    error_t err = add_new(renaming);
    if (err == OK) {
        err = set_parent(renaming, renaming->target.directory);
    }
    if (err == OK) {
        err = commit(fat);
    }
    if (err != OK) {
        const struct location *added = &renaming->added;
        if (added->place != 0
            && (directory_remove(fat, added->directory, added->first, added->index) != OK
                || set_parent(renaming, renaming->node->directory) != OK)) {
            fat->num_lost++;
        }
        return err;
    }
    return remove_old(renaming, true);
}

/// Makes the entry of the file that is replaced lead to this one; then it has both names.
static error_t __mustuse take_over(struct renaming *renaming, const uint8_t *old, bool is_apart) {
    struct fat *fat = renaming->fat;
    uint8_t *entry;
    error_t err =
        blkcache_edit(fat->cache, renaming->added.place, ENTRY_LEN, CLASS_DIRECTORY, &entry);
    if (err != OK) {
        return err;
    }
    memcpy(entry, renaming->entry, ENTRY_LEN);
    err = is_apart ? commit(fat) : OK;
    if (err != OK
        && blkcache_edit(fat->cache, renaming->added.place, ENTRY_LEN, CLASS_DIRECTORY, &entry)
               == OK) {
        memcpy(entry, old, ENTRY_LEN);
    }
    return err;
}

/// Gives the file the entry of another one, which is replaced.
static error_t __mustuse replace(struct renaming *renaming) {
    struct fat *fat = renaming->fat;
    struct entry_info info;
    uint8_t old[ENTRY_LEN];
    memcpy(old, renaming->target.place.entries.entry, ENTRY_LEN);
    node_read_entry(fat, old, &info);
    lookup_location(&renaming->target, &renaming->added);
    memcpy(renaming->entry, old, SHORT_LEN);
    renaming->entry[ENTRY_CASE] = old[ENTRY_CASE];

    const struct location *added = &renaming->added;
    uint64_t sector_mask = ~(uint64_t) (fat->cache->device.sector_size - 1);
    bool is_apart = ((renaming->node->place ^ added->place) & sector_mask) != 0;
    bool is_whole = !is_apart && is_in_one_sector(fat, added->first, added->index);
    error_t err = is_whole ? OK : commit(fat);
    if (err == OK) {
        err = take_over(renaming, old, is_apart);
    }
    if (err == OK) {
        err = remove_old(renaming, is_apart);
    }
    return (err == OK) ? commit_free_later(fat, is_cluster(fat, info.start) ? info.start : 0, 0)
                       : err;
}

/// The new name is another file's, or another directory's.
static error_t __mustuse check_replaceable(struct renaming *renaming) {
    struct fat *fat = renaming->fat;
    const struct entries *entries = &renaming->target.place.entries;
    struct entry_info info;
    node_read_entry(fat, entries->entry, &info);
    if (info.is_directory || renaming->node->is_directory) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (info.read_only) {
        return ERR_NOT_PERMITTED;
    }
    return (node_find(fat, renaming->target.directory, entries->index) != NULL) ? ERR_IN_USE : OK;
}

static error_t __mustuse move(struct renaming *renaming) {
    uint32_t first = NO_INDEX;
    if (renaming->target.directory == renaming->node->directory) {
        first = find_in_sector(renaming);
    }
    error_t err = directory_choose_alias(renaming->fat, renaming->target.directory,
                                         &renaming->target.place, renaming->entry);
    if (err != OK) {
        return err;
    }
    return (first != NO_INDEX) ? rename_at_once(renaming, first) : rename_in_steps(renaming);
}

error_t fat_rename(struct fat_node *node, const char *path) {
    struct fat *fat = node->fat;
    if (fat->read_only || node->read_only) {
        return ERR_NOT_PERMITTED;
    }
    if (node->index == NO_INDEX) {
        return ERR_NOT_ACCEPTABLE;
    }
    struct renaming renaming = {.fat = fat, .node = node};
    error_t err = lookup_parent(fat, path, node->is_directory ? node->start : 0, &renaming.target);
    if (err != OK || renaming.target.is_root) {
        return (err == OK) ? ERR_NOT_ACCEPTABLE : err;
    }
    err = commit_begin_change(fat);
    if (err == OK) {
        err = read_entry(&renaming);
    }
    if (err != OK) {
        return err;
    }
    err = directory_prepare(fat, renaming.target.directory, own_index(&renaming),
                            &renaming.target.place);
    if (err == OK) {
        err = check_replaceable(&renaming);
        return (err == OK) ? replace(&renaming) : err;
    }
    return (err == ERR_NOT_FOUND) ? move(&renaming) : err;
}
