#include "directory.h"

#include <fs_path.h>
#include <resea/malloc.h>
#include <string.h>

#include "mounts.h"

/// Positions from here on are those of the mount points.
#define MOUNTS_FROM ((uint64_t) 1 << 63)
/// Room for the names of all mount points.
#define LIST_LEN (VFS_MOUNTS_MAX * (sizeof(struct fs_entry) + FS_NAME_MAX))

error_t directory_open(struct directory *directory, const char *path) {
    directory->path = strdup(path);
    if (!directory->path) {
        return ERR_NO_MEMORY;
    }
    // What isn't there, or fails, shows the mount points all the same.
    directory->has_file = IS_OK(fs_open(path, &directory->file));
    return OK;
}

void directory_close(struct directory *directory) {
    if (directory->has_file) {
        fs_close(&directory->file);
    }
    free(directory->path);
}

/// Whether a mount point hides that name.
static bool is_hidden(const struct directory *directory, const struct fs_entry *entry) {
    for (unsigned i = 0; mounts_at(i); i++) {
        size_t len;
        const char *name = mounts_name_in(directory->path, i, &len);
        if (name && len == entry->name_len && !memcmp(name, entry->name, len)) {
            return true;
        }
    }
    return false;
}

/// Takes what is hidden out of a list. Returns the length of what is left.
static size_t filter(const struct directory *directory, void *list, size_t list_len) {
    uint8_t *bytes = list;
    size_t offset = 0, kept = 0;
    const struct fs_entry *entry;
    while (true) {
        size_t start = offset;
        entry = fs_entries_next(list, list_len, &offset);
        if (!entry) {
            return kept;
        }
        if (!is_hidden(directory, entry)) {
            memmove(&bytes[kept], &bytes[start], offset - start);
            kept += offset - start;
        }
    }
}

/// Lists what the file system has, until there is something to show. Returns ERR_END behind all of it.
static error_t list_file(struct directory *directory, uint64_t *position, void **list,
                         size_t *list_len) {
    while (directory->has_file) {
        error_t err = fs_list(&directory->file, position, list, list_len);
        if (IS_ERROR(err)) {
            return err;
        }
        bool ended = (*list_len == 0 || *position >= MOUNTS_FROM);
        *list_len = filter(directory, *list, *list_len);
        if (*list_len > 0 && !ended) {
            return OK;
        }
        free(*list);
        *list = NULL;
        if (ended) {
            return ERR_END;
        }
    }
    return ERR_END;
}

static error_t list_mounts(const struct directory *directory, void **list, size_t *list_len) {
    uint8_t *entries = malloc(LIST_LEN);
    if (!entries) {
        return ERR_NO_MEMORY;
    }
    static const struct fs_entry info = {.type = FS_TYPE_DIRECTORY};
    *list_len = 0;
    for (unsigned i = 0; mounts_at(i); i++) {
        size_t len;
        const char *name = mounts_name_in(directory->path, i, &len);
        if (name && !fs_entries_add(entries, LIST_LEN, list_len, &info, name, len)) {
            break;
        }
    }
    *list = entries;
    return OK;
}

error_t directory_list(struct directory *directory, uint64_t position, uint64_t *next, void **list,
                       size_t *list_len) {
    *list = NULL;
    *list_len = 0;
    *next = position;
    if (position < MOUNTS_FROM) {
        error_t err = list_file(directory, next, list, list_len);
        if (err != ERR_END) {
            return err;
        }
        *next = MOUNTS_FROM;
    }
    if (*next != MOUNTS_FROM) {
        return OK;
    }
    *next = MOUNTS_FROM + 1;
    return list_mounts(directory, list, list_len);
}
