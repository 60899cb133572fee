// Opening, creating, removing and listing.

#include <fs_path.h>
#include <string.h>

#include "commit.h"
#include "lookup.h"
#include "table.h"
#include "unicode.h"

/// The directory that an entry is, as the next one to look into.
static error_t __mustuse enter(struct fat *fat, const uint8_t *entry, uint32_t *directory) {
    struct entry_info info;
    node_read_entry(fat, entry, &info);
    if (!info.is_directory) {
        return ERR_NOT_ACCEPTABLE;
    }
    *directory = info.start;
    return is_cluster(fat, info.start) ? OK : ERR_IO;
}

error_t lookup_parent(struct fat *fat, const char *path, uint32_t forbidden,
                      struct target *target) {
    const char *utf8;
    size_t len = fs_path_next(&path, &utf8);
    *target = (struct target){.is_root = len == 0};
    while (len > 0) {
        error_t err = name_parse(&target->place.name, utf8, len);
        if (err != OK) {
            return err;
        }
        len = fs_path_next(&path, &utf8);
        if (len == 0) {
            break;
        }
        struct entries *entries = &target->place.entries;
        err = directory_find(fat, target->directory, &target->place.name, entries);
        if (err == OK) {
            err = enter(fat, entries->entry, &target->directory);
        }
        if (err != OK) {
            return err;
        }
        if (forbidden != 0 && target->directory == forbidden) {
            return ERR_NOT_ACCEPTABLE;
        }
    }
    return OK;
}

error_t lookup(struct fat *fat, const char *path, struct target *target) {
    error_t err = lookup_parent(fat, path, 0, target);
    if (err == OK && !target->is_root) {
        err = directory_find(fat, target->directory, &target->place.name, &target->place.entries);
    }
    return err;
}

void lookup_location(const struct target *target, struct location *location) {
    const struct entries *entries = &target->place.entries;
    *location = (struct location){.directory = target->directory,
                                  .first = entries->first,
                                  .index = entries->index,
                                  .place = entries_place(entries)};
}

/// Opens what the lookup has found.
static error_t __mustuse open_found(struct fat *fat, const struct target *target,
                                    struct fat_node **opened) {
    if (target->is_root) {
        return node_open(fat, NULL, NULL, opened);
    }
    struct location location;
    lookup_location(target, &location);
    return node_open(fat, &location, target->place.entries.entry, opened);
}

error_t fat_open(struct fat *fat, const char *path, struct fat_node **opened) {
    struct target target;
    error_t err = lookup(fat, path, &target);
    return (err == OK) ? open_found(fat, &target, opened) : err;
}

error_t fat_stat(struct fat *fat, const char *path, struct fat_stat *stat) {
    struct target target;
    error_t err = lookup(fat, path, &target);
    if (err != OK) {
        return err;
    }
    if (target.is_root) {
        *stat = (struct fat_stat){.is_directory = true, .read_only = fat->read_only};
        return OK;
    }
    struct fat_node *node = node_find(fat, target.directory, target.place.entries.index);
    if (node != NULL) {
        fat_stat_node(node, stat);
        return OK;
    }
    struct entry_info info;
    node_read_entry(fat, target.place.entries.entry, &info);
    *stat = (struct fat_stat){.size = info.size,
                              .mtime = info.mtime,
                              .is_directory = info.is_directory,
                              .read_only = info.read_only || fat->read_only};
    return OK;
}

/// Looks whether a name can be created, and where. OK: it is there already.
static error_t __mustuse prepare_to_create(struct fat *fat, const char *path,
                                           struct target *target) {
    error_t err = lookup_parent(fat, path, 0, target);
    if (err != OK || target->is_root) {
        return err;
    }
    err = directory_prepare(fat, target->directory, NO_INDEX, &target->place);
    if (err == ERR_NOT_FOUND) {
        error_t allowed = commit_begin_change(fat);
        err = (allowed == OK) ? err : allowed;
    }
    return err;
}

/// Adds an entry that was made by node_put_new.
static error_t __mustuse add(struct fat *fat, struct target *target, uint8_t *entry,
                             struct location *added) {
    error_t err = directory_choose_alias(fat, target->directory, &target->place, entry);
    if (err == OK) {
        err = directory_add(fat, target->directory, &target->place, entry, added);
    }
    return err;
}

error_t fat_create(struct fat *fat, const char *path, bool exist_ok, struct fat_node **opened) {
    struct target target;
    error_t err = prepare_to_create(fat, path, &target);
    if (err == OK && !exist_ok) {
        return ERR_ALREADY_EXISTS;
    }
    if (err == OK) {
        bool is_directory =
            target.is_root
            || (target.place.entries.entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY) != 0;
        return is_directory ? ERR_NOT_ACCEPTABLE : open_found(fat, &target, opened);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    uint8_t entry[ENTRY_LEN];
    struct location added;
    node_put_new(fat, entry, ATTRIBUTE_ARCHIVE, 0);
    err = add(fat, &target, entry, &added);
    if (err == OK) {
        err = node_open(fat, &added, entry, opened);
    }
    if (err == OK) {
        (*opened)->is_unflushed = true;
    }
    return err;
}

error_t fat_mkdir(struct fat *fat, const char *path) {
    struct target target;
    error_t err = prepare_to_create(fat, path, &target);
    if (err != ERR_NOT_FOUND) {
        return (err == OK) ? ERR_ALREADY_EXISTS : err;
    }
    uint32_t cluster;
    err = directory_new_cluster(fat, target.directory, &cluster);
    if (err != OK) {
        return err;
    }
    uint8_t entry[ENTRY_LEN];
    struct location added;
    node_put_new(fat, entry, ATTRIBUTE_DIRECTORY, cluster);
    err = add(fat, &target, entry, &added);
    if (err != OK) {
        error_t undone = table_free(fat, cluster);
        fat->num_lost += undone != OK;
    }
    return err;
}

static error_t __mustuse check_removable(struct fat *fat, const struct target *target,
                                         const struct entry_info *info) {
    if (info->read_only) {
        return ERR_NOT_PERMITTED;
    }
    if (node_find(fat, target->directory, target->place.entries.index) != NULL) {
        return ERR_IN_USE;
    }
    // A directory without clusters is what fsck.fat leaves of the second name of a moved one.
    if (!info->is_directory || info->start == 0) {
        return OK;
    }
    // Of a damaged directory nobody knows what is in it, nor what is to be freed.
    return is_cluster(fat, info->start) ? directory_check_empty(fat, info->start) : ERR_IO;
}

error_t fat_remove(struct fat *fat, const char *path) {
    struct target target;
    error_t err = lookup(fat, path, &target);
    if (err != OK || target.is_root) {
        return (err == OK) ? ERR_NOT_ACCEPTABLE : err;
    }
    struct entry_info info;
    const struct entries *entries = &target.place.entries;
    node_read_entry(fat, entries->entry, &info);
    err = fat->read_only ? ERR_NOT_PERMITTED : check_removable(fat, &target, &info);
    if (err == OK) {
        err = commit_begin_change(fat);
    }
    // First what can fail for lack of memory on the way: it may commit, too.
    if (err == OK) {
        err = commit_free_later(fat, is_cluster(fat, info.start) ? info.start : 0, 0);
    }
    if (err != OK) {
        return err;
    }
    err = directory_remove(fat, target.directory, entries->first, entries->index);
    if (err != OK && is_cluster(fat, info.start)) {
        fat->num_pending--;
    }
    return err;
}

/// The name to show: the long one, unless it can't be told in UTF-8, is too long, or couldn't be asked for.
static size_t name_of(const struct entries *entries, char name[FAT_NAME_LEN]) {
    if (entries->long_len > 0) {
        int len = utf16_to_utf8(entries->units, entries->long_len, name, FAT_NAME_LEN);
        if (len > 0 && name[len - 1] != '.' && name[len - 1] != ' ') {
            return (size_t) len;
        }
    }
    return short_to_utf8(entries->entry, name);
}

static void stat_entry(const struct fat_node *directory, const struct entries *entries,
                       struct fat_stat *stat) {
    struct fat *fat = directory->fat;
    struct fat_node *node =
        node_find(fat, (directory->index == NO_INDEX) ? 0 : directory->start, entries->index);
    if (node != NULL) {
        fat_stat_node(node, stat);
        return;
    }
    struct entry_info info;
    node_read_entry(fat, entries->entry, &info);
    *stat = (struct fat_stat){.size = info.size,
                              .mtime = info.mtime,
                              .is_directory = info.is_directory,
                              .read_only = info.read_only || fat->read_only};
}

error_t fat_list(struct fat_node *node, uint64_t *position, char name[FAT_NAME_LEN],
                 struct fat_stat *stat) {
    if (!node->is_directory) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (*position >= ENTRIES_MAX) {
        return ERR_END;
    }
    uint16_t units[LONG_MAX];
    struct entries entries = {.units = units, .ignored = NO_INDEX};
    error_t err = entries_init(&entries, node->fat, node->start, (uint32_t) *position);
    while (err == OK) {
        err = entries_next(&entries);
        // What has no name that could be told can't be asked for either.
        if (err == OK && name_of(&entries, name) > 0) {
            stat_entry(node, &entries, stat);
            *position = (uint64_t) entries.index + 1;
            return OK;
        }
    }
    return err;
}
