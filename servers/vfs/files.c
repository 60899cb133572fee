#include "files.h"

#include <fs_path.h>
#include <idl_client.h>
#include <idl_server.h>
#include <resea/handle.h>

#include "directory.h"
#include "mounts.h"

/// What a client has open.
struct open_file {
    bool is_directory;  ///< One of our own.
    union {
        struct fs_file file;
        struct directory directory;
    };
};

static error_t resolve(const char *path, struct fs_place *place) {
    const struct mount *mount;
    error_t err = mounts_find(path, &mount, place);
    if (IS_ERROR(err)) {
        return err;
    }
    return place->server ? OK : ERR_UNAVAILABLE;
}

void files_init(void) {
    fs_resolve = resolve;
}

static void close_file(void *data) {
    struct open_file *open = data;
    if (open && open->is_directory) {
        directory_close(&open->directory);
    } else if (open) {
        fs_close(&open->file);
    }
    free(open);
}

void files_forget(task_t client) {
    handle_free_all(client, close_file);
}

/// Gives what was opened to the client; closes it if that fails.
static error_t give(task_t client, struct open_file *open, handle_t *handle) {
    error_t err = handle_give(client, open, handle);
    if (IS_ERROR(err)) {
        close_file(open);
    }
    return err;
}

/// Opens a path, or creates it: `how` says which. Sets *open to what is to be closed with close_file().
static error_t open_path(const char *path, error_t (*how)(const char *path, struct fs_file *file),
                         struct open_file **open) {
    char canonical[FS_PATH_LEN];
    error_t err = fs_path_canonical(NULL, path, canonical);
    if (IS_ERROR(err)) {
        return err;
    }
    struct open_file *new_open = malloc(sizeof(*new_open));
    if (!new_open) {
        return ERR_NO_MEMORY;
    }
    new_open->is_directory = mounts_is_directory(canonical);
    err = new_open->is_directory ? directory_open(&new_open->directory, canonical)
                                 : how(canonical, &new_open->file);
    if (IS_ERROR(err)) {
        free(new_open);
        return err;
    }
    *open = new_open;
    return OK;
}

static error_t open(task_t client, struct fs_open_fields *request,
                    struct fs_open_reply_fields *reply) {
    struct open_file *file;
    error_t err = open_path(request->path, fs_open, &file);
    return IS_ERROR(err) ? err : give(client, file, &reply->handle);
}

static error_t create_new(const char *path, struct fs_file *file) {
    return fs_create(path, false, file);
}

static error_t create_any(const char *path, struct fs_file *file) {
    return fs_create(path, true, file);
}

static error_t create(task_t client, struct fs_create_fields *request,
                      struct fs_create_reply_fields *reply) {
    struct open_file *file;
    error_t err = open_path(request->path, request->exist_ok ? create_any : create_new, &file);
    if (IS_ERROR(err)) {
        return err;
    }
    if (file->is_directory) {
        close_file(file);
        return request->exist_ok ? ERR_NOT_ACCEPTABLE : ERR_ALREADY_EXISTS;
    }
    return give(client, file, &reply->handle);
}

static error_t close(task_t client, struct fs_close_fields *request) {
    struct open_file *open = handle_get(client, request->handle);
    if (!open) {
        return ERR_NOT_FOUND;
    }
    handle_free(client, request->handle);
    close_file(open);
    return OK;
}

/// The client's open file. ERR_NOT_ACCEPTABLE: it is a directory of our own.
static error_t get_file(task_t client, handle_t handle, struct fs_file **file) {
    struct open_file *open = handle_get(client, handle);
    if (!open) {
        return ERR_NOT_FOUND;
    }
    *file = &open->file;
    return open->is_directory ? ERR_NOT_ACCEPTABLE : OK;
}

static error_t read(task_t client, struct fs_read_fields *request,
                    struct fs_read_reply_fields *reply) {
    struct fs_file *file;
    void *data;
    error_t err = get_file(client, request->handle, &file);
    if (IS_OK(err)) {
        err = fs_read(file, request->offset, request->len, &data, &reply->data_len);
    }
    if (IS_OK(err)) {
        reply->data = data;
    }
    return err;
}

static error_t write(task_t client, struct fs_write_fields *request) {
    struct fs_file *file;
    error_t err = get_file(client, request->handle, &file);
    return IS_ERROR(err) ? err : fs_write(file, request->offset, request->data, request->data_len);
}

static error_t truncate(task_t client, struct fs_truncate_fields *request) {
    struct fs_file *file;
    error_t err = get_file(client, request->handle, &file);
    return IS_ERROR(err) ? err : fs_truncate(file, request->size);
}

static error_t flush(task_t client, struct fs_flush_fields *request) {
    struct fs_file *file;
    error_t err = get_file(client, request->handle, &file);
    return IS_ERROR(err) ? err : fs_flush(file);
}

static error_t fstat(task_t client, struct fs_fstat_fields *request,
                     struct fs_fstat_reply_fields *reply) {
    struct fs_file *file;
    struct fs_info info = {.type = FS_TYPE_DIRECTORY};
    error_t err = get_file(client, request->handle, &file);
    if (IS_OK(err)) {
        err = fs_fstat(file, &info);
    } else if (err == ERR_NOT_ACCEPTABLE) {
        err = OK;
    }
    reply->size = (size_t) info.size;
    reply->type = info.type;
    reply->read_only = info.read_only;
    reply->mtime = info.mtime;
    return err;
}

static error_t list(task_t client, struct fs_list_fields *request,
                    struct fs_list_reply_fields *reply) {
    struct open_file *open = handle_get(client, request->handle);
    if (!open) {
        return ERR_NOT_FOUND;
    }
    void *entries = NULL;
    error_t err;
    if (open->is_directory) {
        err = directory_list(&open->directory, request->position, &reply->next, &entries,
                             &reply->entries_len);
    } else {
        reply->next = request->position;
        err = fs_list(&open->file, &reply->next, &entries, &reply->entries_len);
    }
    reply->entries = entries;
    return err;
}

static error_t rename(task_t client, struct fs_rename_fields *request) {
    struct fs_file *file;
    char canonical[FS_PATH_LEN];
    error_t err = get_file(client, request->handle, &file);
    if (IS_OK(err)) {
        err = fs_path_canonical(NULL, request->path, canonical);
    }
    if (IS_ERROR(err)) {
        return err;
    }
    return mounts_is_directory(canonical) ? ERR_NOT_ACCEPTABLE : fs_move(file, canonical);
}

/// Makes a path canonical. Returns `err` if it is a directory of our own.
static error_t check_path(const char *path, error_t err, char canonical[FS_PATH_LEN]) {
    error_t path_err = fs_path_canonical(NULL, path, canonical);
    if (IS_ERROR(path_err)) {
        return path_err;
    }
    return mounts_is_directory(canonical) ? err : OK;
}

static error_t stat(task_t client __unused, struct fs_stat_fields *request,
                    struct fs_stat_reply_fields *reply) {
    char path[FS_PATH_LEN];
    struct fs_info info = {.type = FS_TYPE_DIRECTORY};
    error_t err = check_path(request->path, ERR_END, path);
    if (IS_OK(err)) {
        err = fs_stat(path, &info);
    }
    reply->size = (size_t) info.size;
    reply->type = info.type;
    reply->read_only = info.read_only;
    reply->mtime = info.mtime;
    return (err == ERR_END) ? OK : err;
}

static error_t remove(task_t client __unused, struct fs_remove_fields *request) {
    char path[FS_PATH_LEN];
    error_t err = check_path(request->path, ERR_IN_USE, path);
    return IS_ERROR(err) ? err : fs_remove(path);
}

static error_t mkdir(task_t client __unused, struct fs_mkdir_fields *request) {
    char path[FS_PATH_LEN];
    error_t err = check_path(request->path, ERR_ALREADY_EXISTS, path);
    return IS_ERROR(err) ? err : fs_mkdir(path);
}

static error_t sync(task_t client __unused, struct fs_sync_fields *request) {
    return (request->path[0] == '/') ? fs_sync(request->path) : ERR_INVALID_ARG;
}

static error_t volume(task_t client __unused, struct fs_volume_fields *request,
                      struct fs_volume_reply_fields *reply) {
    return (request->path[0] == '/') ? fs_volume(request->path, reply) : ERR_INVALID_ARG;
}

const struct fs_ops files_ops = {
    .open = open,
    .create = create,
    .close = close,
    .read = read,
    .write = write,
    .stat = stat,
    .fstat = fstat,
    .truncate = truncate,
    .flush = flush,
    .sync = sync,
    .remove = remove,
    .mkdir = mkdir,
    .rename = rename,
    .list = list,
    .volume = volume,
    .free_reply = free,
};
