#include "mounts.h"

#include <fs_path.h>
#include <idl_client.h>
#include <string.h>

static struct mount mounts[VFS_MOUNTS_MAX];
static unsigned num_mounts;

const struct mount *mounts_at(unsigned index) {
    return (index < num_mounts) ? &mounts[index] : NULL;
}

/// The server of a mount's file system, told of the volume. *server is 0 if there is none now.
static error_t tell(struct mount *mount, task_t *server) {
    bool expected;
    *server = 0;
    error_t err = call_services_find(INIT_TASK, mount->service, server, &expected);
    if (IS_ERROR(err) || *server == 0 || *server == mount->told) {
        return err;
    }

    err = call_fs_mount(*server, mount->volume, mount->read_only);
    if (err == ERR_INVALID_TASK || err == ERR_ABORTED) {
        *server = 0;
        return OK;
    }
    if (IS_ERROR(err) && err != ERR_ALREADY_EXISTS) {
        return err;
    }
    mount->told = *server;
    return OK;
}

static bool is_same_volume(const struct mount *a, const struct mount *b) {
    return !strcmp(a->service, b->service) && !strcmp(a->volume, b->volume);
}

static error_t check_new(const struct mount *mount) {
    for (unsigned i = 0; i < num_mounts; i++) {
        if (!strcmp(mounts[i].path, mount->path)) {
            return ERR_ALREADY_EXISTS;
        }
        // The file system knows only one way to have it.
        if (is_same_volume(&mounts[i], mount) && mounts[i].read_only != mount->read_only) {
            return ERR_IN_USE;
        }
    }
    return (num_mounts == VFS_MOUNTS_MAX) ? ERR_NO_MEMORY : OK;
}

error_t mounts_add(const struct mount *mount) {
    error_t err = check_new(mount);
    if (IS_ERROR(err)) {
        return err;
    }
    mounts[num_mounts++] = *mount;
    return OK;
}

error_t mounts_attach(const struct mount *mount) {
    struct mount new_mount = *mount;
    error_t err = check_new(mount);
    if (IS_ERROR(err)) {
        return err;
    }
    task_t server;
    err = tell(&new_mount, &server);
    if (IS_ERROR(err)) {
        return err;
    }
    return server ? mounts_add(&new_mount) : ERR_UNAVAILABLE;
}

/// Whether another mount leads to the same volume.
static bool is_mounted_elsewhere(const struct mount *mount) {
    for (unsigned i = 0; i < num_mounts; i++) {
        if (&mounts[i] != mount && is_same_volume(&mounts[i], mount)) {
            return true;
        }
    }
    return false;
}

error_t mounts_detach(const char *path) {
    struct mount *mount = mounts, *end = &mounts[num_mounts];
    while (mount < end && strcmp(mount->path, path) != 0) {
        mount++;
    }
    if (mount == end) {
        return ERR_NOT_FOUND;
    }

    if (mount->told && !is_mounted_elsewhere(mount)) {
        // A file system that doesn't have it any more, or is gone, has let it go.
        error_t err = call_fs_unmount(mount->told, mount->volume);
        if (IS_ERROR(err) && err != ERR_NOT_FOUND && err != ERR_INVALID_TASK
            && err != ERR_ABORTED) {
            return err;
        }
    }
    memmove(mount, mount + 1, (size_t) (end - mount - 1) * sizeof(*mount));
    num_mounts--;
    return OK;
}

/// The mount with the longest mount point that the path begins with, or NULL.
static struct mount *find_longest(const char *path) {
    struct mount *longest = NULL;
    for (unsigned i = 0; i < num_mounts; i++) {
        if (fs_path_below(path, mounts[i].path)
            && (!longest || strlen(mounts[i].path) > strlen(longest->path))) {
            longest = &mounts[i];
        }
    }
    return longest;
}

/// Writes the volume's name and what is below the mount point: what the file system calls the path.
static error_t translate(const struct mount *mount, const char *path, char out[FS_PATH_LEN]) {
    const char *rest = fs_path_below(path, mount->path);
    size_t volume_len = strlen(mount->volume);
    size_t rest_len = strcmp(rest, "/") ? strlen(rest) : 0;
    if (1 + volume_len + rest_len > FS_PATH_MAX) {
        return ERR_TOO_LARGE;
    }
    out[0] = '/';
    memcpy(&out[1], mount->volume, volume_len);
    memcpy(&out[1 + volume_len], rest, rest_len);
    out[1 + volume_len + rest_len] = '\0';
    return OK;
}

error_t mounts_find(const char *path, const struct mount **mount, struct fs_place *place) {
    struct mount *found = find_longest(path);
    if (!found) {
        return ERR_NOT_FOUND;
    }
    *mount = found;
    error_t err = translate(found, path, place->path);
    return IS_ERROR(err) ? err : tell(found, &place->server);
}

const struct mount *mounts_waits_for(const char *path) {
    const struct mount *mount = find_longest(path);
    task_t server;
    bool expected;
    bool waits = mount && IS_OK(call_services_find(INIT_TASK, mount->service, &server, &expected))
                 && server == 0 && expected;
    return waits ? mount : NULL;
}

bool mounts_is_directory(const char *path) {
    bool is_mounted = false, leads_on = false;
    for (unsigned i = 0; i < num_mounts; i++) {
        const char *below = fs_path_below(mounts[i].path, path);
        bool is_it = below && !strcmp(mounts[i].path, path);
        is_mounted = is_mounted || is_it;
        leads_on = leads_on || (below && !is_it);
    }
    return leads_on || (!is_mounted && !strcmp(path, "/"));
}

static const char *first_name_below(const char *directory, const struct mount *mount, size_t *len) {
    const char *below = fs_path_below(mount->path, directory);
    const char *name = NULL;
    *len = below ? fs_path_next(&below, &name) : 0;
    return *len ? name : NULL;
}

const char *mounts_name_in(const char *directory, unsigned index, size_t *len) {
    const char *name = first_name_below(directory, &mounts[index], len);
    for (unsigned i = 0; name && i < index; i++) {
        size_t other_len;
        const char *other = first_name_below(directory, &mounts[i], &other_len);
        if (other && other_len == *len && !memcmp(other, name, *len)) {
            return NULL;
        }
    }
    return name;
}
