#include <fs.h>
#include <fs_path.h>
#include <idl_client.h>
#include <resea/malloc.h>
#include <string.h>

#include "place.h"

/// A request about an open file, as often as it is needed.
struct request {
    error_t (*call)(struct fs_file *file, struct request *request);
    uint64_t offset;
    const void *data;
    size_t len;
    void **result;
    size_t *result_len;
    uint64_t *position;
    struct fs_info *info;
};

/// A name that wasn't flushed may be lost, as what was written may be.
static error_t reopen_at(struct fs_file *file, const struct fs_place *place) {
    error_t err = call_fs_open(place->server, place->path, &file->handle);
    if (err != ERR_NOT_FOUND || file->name_state == FS_NAME_FLUSHED) {
        return err;
    }
    if (file->name_state == FS_NAME_MOVED) {
        return ERR_ABORTED;
    }
    return call_fs_create(place->server, place->path, true, &file->handle);
}

static error_t reopen(struct fs_file *file) {
    struct fs_place place;
    error_t err = fs_resolve(file->path, &place);
    if (IS_OK(err)) {
        err = reopen_at(file, &place);
    }
    if (IS_OK(err)) {
        file->server = place.server;
    }
    return err;
}

/// It has ended.
static void forget_server(struct fs_file *file) {
    file->server = 0;
    file->lost = file->lost || file->dirty;
}

static error_t try_once(struct fs_file *file, struct request *request) {
    error_t err = file->server ? OK : reopen(file);
    bool was_dirty = file->dirty;
    if (IS_OK(err)) {
        err = request->call(file, request);
    }
    if (fs_is_gone(err)) {
        // This request isn't lost: it is made again, or its error is told.
        file->dirty = was_dirty;
        forget_server(file);
    }
    return err;
}

/// All that can be done to an open file may be done twice.
static error_t carry_out(struct fs_file *file, struct request *request) {
    error_t err;
    int tries = 0;
    do {
        err = try_once(file, request);
        tries++;
    } while (fs_is_gone(err) && tries < FS_TRIES);
    return err;
}

static error_t open_once(const char *path, bool create, bool exist_ok, struct fs_file *file) {
    struct fs_place place;
    error_t err = fs_resolve(path, &place);
    if (IS_ERROR(err)) {
        return err;
    }
    file->server = place.server;
    return create ? call_fs_create(place.server, place.path, exist_ok, &file->handle)
                  : call_fs_open(place.server, place.path, &file->handle);
}

static error_t open_or_create(const char *path, bool create, bool exist_ok, struct fs_file *file) {
    char canonical[FS_PATH_LEN];
    error_t err = fs_path_canonical(fs_directory(), path, canonical);
    if (IS_ERROR(err)) {
        return err;
    }
    *file = (struct fs_file){.path = strdup(canonical)};
    if (!file->path) {
        return ERR_NO_MEMORY;
    }

    bool may_repeat = !create || exist_ok;
    int tries = 0;
    do {
        err = open_once(canonical, create, exist_ok, file);
        tries++;
    } while (tries < FS_TRIES && (err == ERR_INVALID_TASK || (err == ERR_ABORTED && may_repeat)));
    file->name_state = create ? FS_NAME_CREATED : FS_NAME_FLUSHED;
    if (IS_ERROR(err)) {
        free(file->path);
        file->path = NULL;
    }
    return err;
}

error_t fs_open(const char *path, struct fs_file *file) {
    return open_or_create(path, false, false, file);
}

error_t fs_create(const char *path, bool exist_ok, struct fs_file *file) {
    return open_or_create(path, true, exist_ok, file);
}

void fs_close(struct fs_file *file) {
    if (file->server) {
        // A server that is gone has closed it.
        (void) call_fs_close(file->server, file->handle);
    }
    free(file->path);
    file->path = NULL;
    file->server = 0;
}

static error_t call_read(struct fs_file *file, struct request *request) {
    return call_fs_read(file->server, file->handle, (offset_t) request->offset, request->len,
                        request->result, request->result_len);
}

error_t fs_read(struct fs_file *file, uint64_t offset, size_t len, void **data, size_t *data_len) {
    struct request request = {
        .call = call_read,
        .offset = offset,
        .len = MIN(len, (size_t) FS_TRANSFER_MAX),
        .result = data,
        .result_len = data_len,
    };
    error_t err = carry_out(file, &request);
    if (IS_OK(err) && *data_len > request.len) {
        free(*data);
        return ERR_NOT_ACCEPTABLE;
    }
    return err;
}

error_t fs_read_into(struct fs_file *file, uint64_t offset, void *buf, size_t len, size_t *done) {
    for (*done = 0; *done < len;) {
        void *data;
        size_t data_len;
        error_t err = fs_read(file, offset + *done, len - *done, &data, &data_len);
        if (IS_ERROR(err)) {
            return err;
        }
        if (data_len == 0) {
            free(data);
            return OK;
        }
        memcpy((uint8_t *) buf + *done, data, data_len);
        free(data);
        *done += data_len;
    }
    return OK;
}

static error_t call_write(struct fs_file *file, struct request *request) {
    // Even a write that fails may have written something.
    file->dirty = true;
    return call_fs_write(file->server, file->handle, (offset_t) request->offset, request->data,
                         request->len);
}

error_t fs_write(struct fs_file *file, uint64_t offset, const void *data, size_t len) {
    const uint8_t *bytes = data;
    while (len > 0) {
        struct request request = {
            .call = call_write,
            .offset = offset,
            .data = bytes,
            .len = MIN(len, (size_t) FS_TRANSFER_MAX),
        };
        error_t err = carry_out(file, &request);
        if (IS_ERROR(err)) {
            return err;
        }
        bytes += request.len;
        offset += request.len;
        len -= request.len;
    }
    return OK;
}

static error_t call_truncate(struct fs_file *file, struct request *request) {
    file->dirty = true;
    return call_fs_truncate(file->server, file->handle, (size_t) request->offset);
}

error_t fs_truncate(struct fs_file *file, uint64_t size) {
    struct request request = {.call = call_truncate, .offset = size};
    return carry_out(file, &request);
}

static error_t call_flush(struct fs_file *file, struct request *request __unused) {
    return call_fs_flush(file->server, file->handle);
}

error_t fs_flush(struct fs_file *file) {
    struct request request = {.call = call_flush};
    error_t err = carry_out(file, &request);
    if (IS_ERROR(err)) {
        return err;
    }
    bool lost = file->lost;
    file->dirty = file->lost = false;
    file->name_state = FS_NAME_FLUSHED;
    return lost ? ERR_ABORTED : OK;
}

static error_t call_fstat(struct fs_file *file, struct request *request) {
    size_t size;
    struct fs_info *info = request->info;
    error_t err = call_fs_fstat(file->server, file->handle, &size, &info->type, &info->read_only,
                                &info->mtime);
    if (IS_OK(err)) {
        info->size = size;
    }
    return err;
}

error_t fs_fstat(struct fs_file *file, struct fs_info *info) {
    struct request request = {.call = call_fstat, .info = info};
    return carry_out(file, &request);
}

static error_t call_list(struct fs_file *file, struct request *request) {
    uint64_t next;
    error_t err = call_fs_list(file->server, file->handle, *request->position, &next,
                               request->result, request->result_len);
    if (IS_OK(err)) {
        *request->position = next;
    }
    return err;
}

error_t fs_list(struct fs_file *directory, uint64_t *position, void **list, size_t *list_len) {
    struct request request = {
        .call = call_list,
        .position = position,
        .result = list,
        .result_len = list_len,
    };
    return carry_out(directory, &request);
}

/// Opens the file again if its server has been restarted, which nobody may have noticed yet.
static error_t reopen_if_moved_on(struct fs_file *file) {
    struct fs_place place;
    error_t err = fs_resolve(file->path, &place);
    if (IS_ERROR(err) || place.server == file->server) {
        return err;
    }
    forget_server(file);
    return reopen(file);
}

/// Where the file is to go, on its own server.
static error_t find_target(struct fs_file *file, const char *to, struct fs_place *target) {
    error_t err = file->server ? OK : reopen(file);
    if (IS_OK(err)) {
        err = fs_resolve(to, target);
    }
    if (IS_OK(err) && target->server != file->server) {
        err = reopen_if_moved_on(file);
    }
    if (IS_OK(err) && target->server != file->server) {
        err = ERR_INVALID_ARG;
    }
    return err;
}

static error_t move_once(struct fs_file *file, const char *to) {
    struct fs_place target;
    error_t err = find_target(file, to, &target);
    if (IS_ERROR(err)) {
        return err;
    }

    err = call_fs_rename(file->server, file->handle, target.path);
    if (fs_is_gone(err)) {
        forget_server(file);
    }
    if (IS_OK(err) || err == ERR_ABORTED) {
        file->name_state = FS_NAME_MOVED;
    }
    return err;
}

error_t fs_move(struct fs_file *file, const char *to) {
    char canonical[FS_PATH_LEN];
    error_t err = fs_path_canonical(fs_directory(), to, canonical);
    char *path = IS_OK(err) ? strdup(canonical) : NULL;
    if (!path) {
        return IS_OK(err) ? ERR_NO_MEMORY : err;
    }

    int tries = 0;
    do {
        err = move_once(file, canonical);
        tries++;
    } while (err == ERR_INVALID_TASK && tries < FS_TRIES);
    if (IS_OK(err)) {
        free(file->path);
        file->path = path;
    } else {
        free(path);
    }
    return err;
}

error_t fs_rename(const char *from, const char *to) {
    struct fs_file file;
    error_t err = fs_open(from, &file);
    if (IS_ERROR(err)) {
        return err;
    }
    err = fs_move(&file, to);
    fs_close(&file);
    return err;
}
