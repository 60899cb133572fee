#include "files.h"

#include <fs.h>
#include <fs_path.h>
#include <idl_client.h>
#include <resea/handle.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "volumes.h"

/// Bytes of entries that a list returns at a time.
#define LIST_LEN 8192

/// What a client has open. Without a volume, it is the root directory, in which the volumes are.
struct open_file {
    struct volume *volume;
    struct fat_node *node;
};

/// Where a path leads: `rest` is the path on the volume. Without a volume, it is the root directory.
struct place {
    struct volume *volume;
    const char *rest;
    char canonical[FS_PATH_LEN];
};

static error_t __mustuse close_file(struct open_file *file) {
    error_t err = (file->node != NULL) ? fat_close(file->node) : OK;
    free(file);
    return err;
}

static void close_forgotten(void *data) {
    if (data != NULL) {
        error_t err = close_file(data);
        if (IS_ERROR(err)) {
            WARN("what a client that has ended had written is lost (error %d)", err);
        }
    }
}

void files_forget(task_t client) {
    handle_free_all(client, close_forgotten);
}

static error_t __mustuse resolve(const char *path, struct place *place) {
    error_t err = fs_path_canonical(NULL, path, place->canonical);
    if (IS_ERROR(err)) {
        return err;
    }
    *place->canonical = '/';
    place->volume = NULL;
    if (place->canonical[1] == '\0') {
        return OK;
    }
    char name[FS_VOLUME_LEN];
    place->rest = fs_path_volume(place->canonical, name);
    place->volume = (place->rest != NULL) ? volumes_find(name) : NULL;
    return (place->volume != NULL) ? OK : ERR_NOT_FOUND;
}

/// For what can't be done to the root directory.
static error_t __mustuse resolve_on_volume(const char *path, struct place *place) {
    error_t err = resolve(path, place);
    return (IS_OK(err) && place->volume == NULL) ? ERR_NOT_PERMITTED : err;
}

/// Gives the client a handle, and closes the node if that fails.
static error_t __mustuse give(task_t client, struct volume *volume, struct fat_node *node,
                              handle_t *handle) {
    struct open_file *file = malloc(sizeof(*file));
    if (file == NULL) {
        if (node != NULL) {
            fat_close(node);
        }
        return ERR_NO_MEMORY;
    }
    *file = (struct open_file){volume, node};
    *handle = handle_alloc(client);
    error_t err = *handle;
    if (IS_OK(err)) {
        err = handle_set(client, *handle, file);
    }
    // Whoever is gone must not keep files open.
    if (IS_OK(err)) {
        err = call_task_watch(INIT_TASK, client);
    }
    if (IS_ERROR(err)) {
        handle_free(client, *handle);
        error_t closed = close_file(file);
        return IS_ERROR(closed) ? closed : err;
    }
    return OK;
}

static error_t open(task_t client, struct fs_open_fields *request,
                    struct fs_open_reply_fields *reply) {
    struct place place;
    struct fat_node *node = NULL;
    error_t err = resolve(request->path, &place);
    if (IS_OK(err) && place.volume != NULL) {
        err = fat_open(place.volume->fat, place.rest, &node);
    }
    return IS_ERROR(err) ? err : give(client, place.volume, node, &reply->handle);
}

static error_t create(task_t client, struct fs_create_fields *request,
                      struct fs_create_reply_fields *reply) {
    struct place place;
    struct fat_node *node;
    error_t err = resolve_on_volume(request->path, &place);
    if (IS_OK(err)) {
        err = fat_create(place.volume->fat, place.rest, request->exist_ok, &node);
    }
    return IS_ERROR(err) ? err : give(client, place.volume, node, &reply->handle);
}

static error_t close(task_t client, struct fs_close_fields *request) {
    struct open_file *file = handle_get(client, request->handle);
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    handle_free(client, request->handle);
    return close_file(file);
}

/// ERR_NOT_ACCEPTABLE: it is the root directory.
static error_t __mustuse get(task_t client, handle_t handle, struct fat_node **node) {
    const struct open_file *file = handle_get(client, handle);
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    *node = file->node;
    return (file->node != NULL) ? OK : ERR_NOT_ACCEPTABLE;
}

/// The kernel copies the data from the cache, where the device has put it, to the client.
static error_t read(task_t client, struct fs_read_fields *request,
                    struct fs_read_reply_fields *reply) {
    struct fat_node *node;
    const uint8_t *data = NULL;
    error_t err = get(client, request->handle, &node);
    if (IS_OK(err)) {
        err = fat_read(node, request->offset, MIN(request->len, (size_t) FS_TRANSFER_MAX), &data,
                       &reply->data_len);
    }
    reply->data = data;
    return err;
}

static error_t write(task_t client, struct fs_write_fields *request) {
    struct fat_node *node;
    error_t err = get(client, request->handle, &node);
    return IS_ERROR(err) ? err : fat_write(node, request->offset, request->data, request->data_len);
}

static error_t truncate(task_t client, struct fs_truncate_fields *request) {
    struct fat_node *node;
    error_t err = get(client, request->handle, &node);
    return IS_ERROR(err) ? err : fat_truncate(node, request->size);
}

static error_t stat(task_t client __unused, struct fs_stat_fields *request,
                    struct fs_stat_reply_fields *reply) {
    struct place place;
    struct fat_stat found = {.is_directory = true, .read_only = true};
    error_t err = resolve(request->path, &place);
    if (IS_OK(err) && place.volume != NULL) {
        err = fat_stat(place.volume->fat, place.rest, &found);
    }
    reply->size = found.size;
    reply->type = found.is_directory ? FS_TYPE_DIRECTORY : FS_TYPE_FILE;
    reply->read_only = found.read_only;
    reply->mtime = found.mtime;
    return err;
}

static error_t fstat(task_t client, struct fs_fstat_fields *request,
                     struct fs_fstat_reply_fields *reply) {
    const struct open_file *file = handle_get(client, request->handle);
    struct fat_stat found = {.is_directory = true, .read_only = true};
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    if (file->node != NULL) {
        fat_stat_node(file->node, &found);
    }
    reply->size = found.size;
    reply->type = found.is_directory ? FS_TYPE_DIRECTORY : FS_TYPE_FILE;
    reply->read_only = found.read_only;
    reply->mtime = found.mtime;
    return OK;
}

static error_t flush(task_t client, struct fs_flush_fields *request) {
    struct fat_node *node;
    error_t err = get(client, request->handle, &node);
    return IS_ERROR(err) ? err : fat_flush(node);
}

static error_t sync(task_t client __unused, struct fs_sync_fields *request) {
    struct place place;
    error_t err = resolve(request->path, &place);
    if (IS_ERROR(err)) {
        return err;
    }
    return (place.volume != NULL) ? fat_sync(place.volume->fat) : volumes_sync();
}

static error_t remove(task_t client __unused, struct fs_remove_fields *request) {
    struct place place;
    error_t err = resolve_on_volume(request->path, &place);
    return IS_ERROR(err) ? err : fat_remove(place.volume->fat, place.rest);
}

static error_t mkdir(task_t client __unused, struct fs_mkdir_fields *request) {
    struct place place;
    error_t err = resolve_on_volume(request->path, &place);
    return IS_ERROR(err) ? err : fat_mkdir(place.volume->fat, place.rest);
}

static error_t rename(task_t client, struct fs_rename_fields *request) {
    struct place place;
    const struct open_file *file = handle_get(client, request->handle);
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    error_t err = resolve_on_volume(request->path, &place);
    if (IS_ERROR(err)) {
        return err;
    }
    return (place.volume == file->volume) ? fat_rename(file->node, place.rest) : ERR_INVALID_ARG;
}

static uint8_t entries[LIST_LEN];

static bool add_entry(const char *name, const struct fat_stat *stat, size_t *len) {
    const struct fs_entry entry = {
        .size = stat->size,
        .mtime = stat->mtime,
        .type = stat->is_directory ? FS_TYPE_DIRECTORY : FS_TYPE_FILE,
        .read_only = stat->read_only,
    };
    return fs_entries_add(entries, LIST_LEN, len, &entry, name, strlen(name));
}

static error_t list_volumes(struct fs_list_reply_fields *reply) {
    const struct volume *volume;
    while ((volume = volumes_at(reply->next)) != NULL) {
        struct fat_stat stat = {.is_directory = true};
        if (!add_entry(volume->unit.name, &stat, &reply->entries_len)) {
            break;
        }
        reply->next++;
    }
    return OK;
}

static error_t list_node(struct fat_node *node, struct fs_list_reply_fields *reply) {
    char name[FAT_NAME_LEN];
    struct fat_stat stat;
    while (true) {
        uint64_t next = reply->next;
        error_t err = fat_list(node, &next, name, &stat);
        if (err == ERR_END) {
            return OK;
        }
        if (IS_ERROR(err)) {
            // What comes before the damage can be listed.
            return (reply->entries_len > 0) ? OK : err;
        }
        if (!add_entry(name, &stat, &reply->entries_len)) {
            return OK;
        }
        reply->next = next;
    }
}

static error_t list(task_t client, struct fs_list_fields *request,
                    struct fs_list_reply_fields *reply) {
    const struct open_file *file = handle_get(client, request->handle);
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    reply->next = request->position;
    reply->entries = entries;
    return (file->node != NULL) ? list_node(file->node, reply) : list_volumes(reply);
}

static error_t volume(task_t client __unused, struct fs_volume_fields *request,
                      struct fs_volume_reply_fields *reply) {
    struct place place;
    struct fat_info info;
    error_t err = resolve_on_volume(request->path, &place);
    if (IS_OK(err)) {
        err = fat_info(place.volume->fat, &info);
    }
    if (IS_ERROR(err)) {
        return err;
    }
    reply->total_bytes = info.total_bytes;
    reply->free_bytes = info.free_bytes;
    reply->cluster_bytes = info.cluster_bytes;
    reply->read_only = info.read_only;
    strncpy2(reply->type,
             (info.bits == 12)   ? "FAT12"
             : (info.bits == 16) ? "FAT16"
                                 : "FAT32",
             sizeof(reply->type));
    strncpy2(reply->label, info.label, sizeof(reply->label));
    return OK;
}

static error_t mount(task_t client __unused, struct fs_mount_fields *request) {
    char name[FS_VOLUME_LEN];
    strncpy2(name, request->volume, sizeof(name));
    return volumes_mount(name, request->read_only);
}

static error_t unmount(task_t client __unused, struct fs_unmount_fields *request) {
    char name[FS_VOLUME_LEN];
    strncpy2(name, request->volume, sizeof(name));
    return volumes_unmount(name);
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
    .mount = mount,
    .unmount = unmount,
};
