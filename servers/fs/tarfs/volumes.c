#include "volumes.h"

#include <fs_path.h>
#include <resea/malloc.h>
#include <string.h>

#include "tar.h"

struct volume *volumes_find(const char *name) {
    return volume_of(fs_volumes_find(name));
}

/// Finds a directory, or makes it.
static error_t ensure_directory(struct node *root, const char *path, struct node **directory) {
    error_t err = tree_find(root, path, directory);
    if (err == ERR_NOT_FOUND) {
        return tree_add(root, path, FS_TYPE_DIRECTORY, directory);
    }
    if (IS_ERROR(err)) {
        return err;
    }
    return ((*directory)->type == FS_TYPE_DIRECTORY) ? OK : ERR_NOT_ACCEPTABLE;
}

/// Makes the directories that a canonical path leads through.
static error_t ensure_parents(struct node *root, char *path) {
    for (char *slash = strchr(&path[1], '/'); slash; slash = strchr(slash + 1, '/')) {
        struct node *directory;
        *slash = '\0';
        error_t err = ensure_directory(root, path, &directory);
        *slash = '/';
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return OK;
}

/// A file that a tarball has twice is as it was the last time.
static error_t add_file(struct node *root, const char *path, const struct tar_entry *entry,
                        struct node **file) {
    error_t err = tree_find(root, path, file);
    if (err == ERR_NOT_FOUND) {
        err = tree_add(root, path, FS_TYPE_FILE, file);
    } else if (IS_OK(err) && (*file)->type != FS_TYPE_FILE) {
        err = ERR_NOT_ACCEPTABLE;
    }
    if (IS_OK(err)) {
        (*file)->data = entry->data;
        (*file)->size = entry->size;
    }
    return err;
}

static error_t add_entry(const struct tar_entry *entry, void *arg) {
    struct node *root = arg, *node;
    char path[FS_PATH_LEN];
    // Nothing gets out of the volume: ".." leads from its root to its root.
    error_t err = fs_path_canonical("/", entry->path, path);
    if (IS_OK(err)) {
        err = ensure_parents(root, path);
    }
    if (IS_OK(err)) {
        err = entry->is_directory ? ensure_directory(root, path, &node)
                                  : add_file(root, path, entry, &node);
    }
    if (IS_OK(err)) {
        node->mtime = entry->mtime;
    }
    // A tarball in which something is a file and a directory makes no sense.
    return (err == ERR_NOT_ACCEPTABLE || err == ERR_INVALID_ARG) ? ERR_IO : err;
}

static error_t load(struct volume *volume) {
    volume->root = tree_new();
    if (!volume->root) {
        return ERR_NO_SPACE;
    }
    error_t err = tar_read(volume->tar, volume->tar_len, add_entry, volume->root);
    if (IS_ERROR(err)) {
        bool is_tarball = (volume->root->children != NULL);
        tree_free(volume->root);
        return (err == ERR_IO && !is_tarball) ? ERR_NOT_ACCEPTABLE : err;
    }
    return OK;
}

error_t volumes_add(const char *name, const void *tar, size_t len, bool read_only) {
    if (volumes_find(name)) {
        return ERR_ALREADY_EXISTS;
    }
    struct volume *volume = malloc(sizeof(*volume));
    if (!volume) {
        return ERR_NO_MEMORY;
    }
    *volume = (struct volume){.tar = tar, .tar_len = len, .read_only = read_only};
    error_t err = load(volume);
    if (IS_ERROR(err)) {
        free(volume);
        return err;
    }
    fs_volumes_add(&volume->base, name);
    return OK;
}

error_t volumes_remove(const char *name, const void **tar, size_t *len) {
    struct volume *volume = volumes_find(name);
    if (!volume) {
        return ERR_NOT_FOUND;
    }
    if (volume->base.opens > 0) {
        return ERR_IN_USE;
    }
    fs_volumes_remove(&volume->base);
    *tar = volume->tar;
    *len = volume->tar_len;
    tree_free(volume->root);
    free(volume);
    return OK;
}
