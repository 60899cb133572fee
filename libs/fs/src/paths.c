#include <fs.h>
#include <fs_path.h>
#include <idl_client.h>
#include <string.h>

#include "place.h"

/// A request about what a path leads to.
typedef error_t (*request_t)(const struct fs_place *place, void *arg);

/// Makes the request; again if the server ended before it got it or, if that does no harm, meanwhile.
static error_t carry_out(const char *path, bool may_repeat, request_t request, void *arg) {
    char canonical[FS_PATH_LEN];
    error_t err = fs_path_canonical(fs_directory(), path, canonical);
    if (IS_ERROR(err)) {
        return err;
    }

    int tries = 0;
    do {
        struct fs_place place;
        err = fs_resolve(canonical, &place);
        if (IS_ERROR(err)) {
            return err;
        }
        err = request(&place, arg);
        tries++;
    } while (tries < FS_TRIES && (err == ERR_INVALID_TASK || (err == ERR_ABORTED && may_repeat)));
    return err;
}

static error_t request_stat(const struct fs_place *place, void *arg) {
    struct fs_info *info = arg;
    size_t size;
    error_t err = call_fs_stat(place->server, place->path, &size, &info->type, &info->read_only,
                               &info->mtime);
    if (IS_OK(err)) {
        info->size = size;
    }
    return err;
}

error_t fs_stat(const char *path, struct fs_info *info) {
    return carry_out(path, true, request_stat, info);
}

static error_t request_remove(const struct fs_place *place, void *arg __unused) {
    return call_fs_remove(place->server, place->path);
}

error_t fs_remove(const char *path) {
    return carry_out(path, false, request_remove, NULL);
}

static error_t request_mkdir(const struct fs_place *place, void *arg __unused) {
    return call_fs_mkdir(place->server, place->path);
}

error_t fs_mkdir(const char *path) {
    return carry_out(path, false, request_mkdir, NULL);
}

static error_t request_sync(const struct fs_place *place, void *arg __unused) {
    return call_fs_sync(place->server, place->path);
}

error_t fs_sync(const char *path) {
    return carry_out(path, true, request_sync, NULL);
}

static error_t request_volume(const struct fs_place *place, void *arg) {
    struct fs_volume_reply_fields *volume = arg;
    error_t err =
        call_fs_volume(place->server, place->path, &volume->total_bytes, &volume->free_bytes,
                       &volume->cluster_bytes, &volume->read_only, volume->type, volume->label);
    volume->type[sizeof(volume->type) - 1] = '\0';
    volume->label[sizeof(volume->label) - 1] = '\0';
    return err;
}

error_t fs_volume(const char *path, struct fs_volume_reply_fields *volume) {
    memset(volume, 0, sizeof(*volume));
    return carry_out(path, true, request_volume, volume);
}
