#include <fs_path.h>
#include <fs_server.h>
#include <idl_server.h>
#include <resea/async.h>
#include <resea/handle.h>
#include <resea/printf.h>

/// Bytes of entries that a list returns at a time.
#define LIST_LEN 8192

static const struct fs_server *fs;

/// What a client has open. Without a volume, it is the root directory.
struct open_file {
    struct fs_volume *volume;
    struct fs_node *node;
};

// ---- Handles --------------------------------------------------------------------------------------

static error_t __mustuse close_file(struct open_file *file) {
    error_t err = OK;
    if (file->volume) {
        err = fs->close(file->volume, file->node);
        file->volume->opens--;
    }
    free(file);
    return err;
}

static void close_forgotten(void *data) {
    error_t err = close_file(data);
    if (IS_ERROR(err)) {
        WARN("what a client that has ended had written is lost (error %d)", err);
    }
}

void fs_server_forget(task_t client) {
    handle_free_all(client, close_forgotten);
}

/// Gives the client a handle to what has been opened; closes it if that fails.
static error_t give(task_t client, struct fs_volume *volume, struct fs_node *node,
                    handle_t *handle) {
    struct open_file *file = malloc(sizeof(*file));
    if (!file) {
        if (volume) {
            (void) fs->close(volume, node);
        }
        return ERR_NO_MEMORY;
    }
    *file = (struct open_file){volume, node};
    if (volume) {
        volume->opens++;
    }
    error_t err = handle_give(client, file, handle);
    if (IS_ERROR(err)) {
        error_t closed = close_file(file);
        return IS_ERROR(closed) ? closed : err;
    }
    return OK;
}

/// What is open on a volume. ERR_NOT_ACCEPTABLE: it is the root directory.
static error_t __mustuse get(task_t client, handle_t handle, struct open_file **file) {
    *file = handle_get(client, handle);
    if (!*file) {
        return ERR_NOT_FOUND;
    }
    return (*file)->volume ? OK : ERR_NOT_ACCEPTABLE;
}

/// For what can't be done to the root directory.
static error_t __mustuse resolve(const char *path, struct fs_target *target) {
    error_t err = fs_volumes_resolve(path, target);
    return (IS_OK(err) && !target->volume) ? ERR_NOT_PERMITTED : err;
}

static error_t open(task_t client, struct fs_open_fields *request,
                    struct fs_open_reply_fields *reply) {
    struct fs_target target;
    struct fs_node *node = NULL;
    error_t err = fs_volumes_resolve(request->path, &target);
    if (IS_OK(err) && target.volume) {
        err = fs->open(target.volume, target.rest, &node);
    }
    return IS_ERROR(err) ? err : give(client, target.volume, node, &reply->handle);
}

static error_t create(task_t client, struct fs_create_fields *request,
                      struct fs_create_reply_fields *reply) {
    struct fs_target target;
    struct fs_node *node;
    error_t err = resolve(request->path, &target);
    if (IS_OK(err)) {
        err = fs->create(target.volume, target.rest, request->exist_ok, &node);
    }
    return IS_ERROR(err) ? err : give(client, target.volume, node, &reply->handle);
}

static error_t close(task_t client, struct fs_close_fields *request) {
    struct open_file *file = handle_get(client, request->handle);
    if (!file) {
        return ERR_NOT_FOUND;
    }
    handle_free(client, request->handle);
    return close_file(file);
}

// ---- What is open ---------------------------------------------------------------------------------

/// The kernel copies the data from where it is to the client.
static error_t read(task_t client, struct fs_read_fields *request,
                    struct fs_read_reply_fields *reply) {
    struct open_file *file;
    const uint8_t *data = NULL;
    error_t err = get(client, request->handle, &file);
    if (IS_OK(err)) {
        err = fs->read(file->volume, file->node, request->offset,
                       MIN(request->len, (size_t) FS_TRANSFER_MAX), &data, &reply->data_len);
    }
    reply->data = data;
    return err;
}

static error_t write(task_t client, struct fs_write_fields *request) {
    struct open_file *file;
    error_t err = get(client, request->handle, &file);
    return IS_ERROR(err) ? err
                         : fs->write(file->volume, file->node, request->offset, request->data,
                                     request->data_len);
}

static error_t truncate(task_t client, struct fs_truncate_fields *request) {
    struct open_file *file;
    error_t err = get(client, request->handle, &file);
    return IS_ERROR(err) ? err : fs->truncate(file->volume, file->node, request->size);
}

static error_t flush(task_t client, struct fs_flush_fields *request) {
    struct open_file *file;
    error_t err = get(client, request->handle, &file);
    return IS_ERROR(err) ? err : fs->flush(file->volume, file->node);
}

static error_t rename(task_t client, struct fs_rename_fields *request) {
    struct fs_target target;
    const struct open_file *file = handle_get(client, request->handle);
    if (!file) {
        return ERR_NOT_FOUND;
    }
    error_t err = resolve(request->path, &target);
    if (IS_ERROR(err)) {
        return err;
    }
    return (target.volume == file->volume) ? fs->rename(file->volume, file->node, target.rest)
                                           : ERR_INVALID_ARG;
}

static const struct fs_info root_info = {.type = FS_TYPE_DIRECTORY, .read_only = true};

static error_t fstat(task_t client, struct fs_fstat_fields *request,
                     struct fs_fstat_reply_fields *reply) {
    const struct open_file *file = handle_get(client, request->handle);
    struct fs_info info = root_info;
    if (!file) {
        return ERR_NOT_FOUND;
    }
    if (file->volume) {
        fs->fstat(file->volume, file->node, &info);
    }
    reply->size = (size_t) info.size;
    reply->type = info.type;
    reply->read_only = info.read_only;
    reply->mtime = info.mtime;
    return OK;
}

// ---- Lists ----------------------------------------------------------------------------------------

static uint8_t entries[LIST_LEN];

static bool add_entry(const char *name, const struct fs_info *info, size_t *len) {
    const struct fs_entry entry = {
        .size = info->size,
        .mtime = info->mtime,
        .type = (uint8_t) info->type,
        .read_only = info->read_only,
    };
    return fs_entries_add(entries, LIST_LEN, len, &entry, name, strlen(name));
}

static error_t list_volumes(struct fs_list_reply_fields *reply) {
    static const struct fs_info info = {.type = FS_TYPE_DIRECTORY};
    const struct fs_volume *volume;
    while ((volume = fs_volumes_at(reply->next)) != NULL
           && add_entry(volume->name, &info, &reply->entries_len)) {
        reply->next++;
    }
    return OK;
}

static error_t list_node(const struct open_file *file, struct fs_list_reply_fields *reply) {
    char name[FS_NAME_MAX + 1];
    while (true) {
        uint64_t next = reply->next;
        struct fs_info info = {0};
        error_t err = fs->list(file->volume, file->node, &next, name, &info);
        if (err == ERR_END) {
            return OK;
        }
        if (IS_ERROR(err)) {
            // What comes before the damage can be listed.
            return (reply->entries_len > 0) ? OK : err;
        }
        if (!add_entry(name, &info, &reply->entries_len)) {
            return OK;
        }
        reply->next = next;
    }
}

static error_t list(task_t client, struct fs_list_fields *request,
                    struct fs_list_reply_fields *reply) {
    const struct open_file *file = handle_get(client, request->handle);
    if (!file) {
        return ERR_NOT_FOUND;
    }
    reply->next = request->position;
    reply->entries = entries;
    return file->volume ? list_node(file, reply) : list_volumes(reply);
}

// ---- Paths and volumes ----------------------------------------------------------------------------

static error_t stat(task_t client __unused, struct fs_stat_fields *request,
                    struct fs_stat_reply_fields *reply) {
    struct fs_target target;
    struct fs_info info = root_info;
    error_t err = fs_volumes_resolve(request->path, &target);
    if (IS_OK(err) && target.volume) {
        err = fs->stat(target.volume, target.rest, &info);
    }
    reply->size = (size_t) info.size;
    reply->type = info.type;
    reply->read_only = info.read_only;
    reply->mtime = info.mtime;
    return err;
}

/// The first error counts.
static error_t sync_all(void) {
    error_t result = OK;
    struct fs_volume *volume;
    for (uint64_t i = 0; (volume = fs_volumes_at(i)) != NULL; i++) {
        error_t err = fs->sync(volume);
        result = IS_ERROR(result) ? result : err;
    }
    return result;
}

static error_t sync(task_t client __unused, struct fs_sync_fields *request) {
    struct fs_target target;
    error_t err = fs_volumes_resolve(request->path, &target);
    if (IS_ERROR(err)) {
        return err;
    }
    return target.volume ? fs->sync(target.volume) : sync_all();
}

static error_t remove(task_t client __unused, struct fs_remove_fields *request) {
    struct fs_target target;
    error_t err = resolve(request->path, &target);
    return IS_ERROR(err) ? err : fs->remove(target.volume, target.rest);
}

static error_t mkdir(task_t client __unused, struct fs_mkdir_fields *request) {
    struct fs_target target;
    error_t err = resolve(request->path, &target);
    return IS_ERROR(err) ? err : fs->mkdir(target.volume, target.rest);
}

static error_t volume(task_t client __unused, struct fs_volume_fields *request,
                      struct fs_volume_reply_fields *reply) {
    struct fs_target target;
    error_t err = resolve(request->path, &target);
    return IS_ERROR(err) ? err : fs->volume(target.volume, reply);
}

static error_t mount(task_t client __unused, struct fs_mount_fields *request) {
    // The field may come without a NUL.
    char name[FS_VOLUME_LEN];
    strncpy2(name, request->volume, sizeof(name));
    return fs_volumes_find(name) ? ERR_ALREADY_EXISTS : fs->mount(name, request->read_only);
}

static error_t unmount(task_t client __unused, struct fs_unmount_fields *request) {
    char name[FS_VOLUME_LEN];
    strncpy2(name, request->volume, sizeof(name));
    struct fs_volume *found = fs_volumes_find(name);
    if (!found) {
        return ERR_NOT_FOUND;
    }
    return (found->opens > 0) ? ERR_IN_USE : fs->unmount(found);
}

// ---- Messages -------------------------------------------------------------------------------------

static const struct fs_ops ops = {
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
    .mount = mount,
    .unmount = unmount,
};

bool fs_server_dispatch(const struct fs_server *server, struct message *m) {
    fs = server;
    return fs_dispatch(&ops, m);
}

static void take_notifications(notifications_t notifications) {
    if (notifications & NOTIFY_ASYNC) {
        async_take_exits(fs_server_forget);
    }
    if ((notifications & NOTIFY_TIMER) && fs->timer) {
        fs->timer();
    }
}

void fs_server_run(const char *service, const struct fs_server *server) {
    fs = server;
    ASSERT_OK(ipc_serve(service));

    struct message m;
    while (true) {
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            take_notifications(m.notifications.data);
        } else if (!fs_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
        if (fs->handled) {
            fs->handled();
        }
    }
}
