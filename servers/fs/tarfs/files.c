#include "files.h"

#include <fs_path.h>
#include <idl_client.h>
#include <idl_server.h>
#include <resea/handle.h>
#include <resea/printf.h>

#include "volumes.h"

/// Bytes of entries that a list returns at a time.
#define LIST_LEN 4096

/// What a client has open.
struct open_file {
    struct volume *volume;
    struct node *node;
};

static void close_file(void *data) {
    struct open_file *file = data;
    if (file) {
        file->volume->opens--;
        file->node->opens--;
        free(file);
    }
}

void files_forget(task_t client) {
    handle_free_all(client, close_file);
}

static error_t give(task_t client, struct volume *volume, struct node *node, handle_t *handle) {
    struct open_file *file = malloc(sizeof(*file));
    if (!file) {
        return ERR_NO_MEMORY;
    }
    *file = (struct open_file){volume, node};
    volume->opens++;
    node->opens++;

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
        close_file(file);
    }
    return err;
}

static error_t find(const char *path, struct volume **volume, struct node **node) {
    const char *rest;
    error_t err = volumes_resolve(path, volume, &rest);
    return IS_ERROR(err) ? err : tree_find((*volume)->root, rest, node);
}

/// Finds the volume of a path that is to be changed.
static error_t resolve_writable(const char *path, struct volume **volume, const char **rest) {
    error_t err = volumes_resolve(path, volume, rest);
    if (IS_ERROR(err)) {
        return err;
    }
    return (*volume)->read_only ? ERR_NOT_PERMITTED : OK;
}

static error_t open(task_t client, struct fs_open_fields *request,
                    struct fs_open_reply_fields *reply) {
    struct volume *volume;
    struct node *node;
    error_t err = find(request->path, &volume, &node);
    return IS_ERROR(err) ? err : give(client, volume, node, &reply->handle);
}

static error_t create(task_t client, struct fs_create_fields *request,
                      struct fs_create_reply_fields *reply) {
    struct volume *volume;
    struct node *node;
    const char *rest;
    error_t err = volumes_resolve(request->path, &volume, &rest);
    if (IS_OK(err)) {
        err = tree_find(volume->root, rest, &node);
    }
    if (IS_OK(err)) {
        if (!request->exist_ok) {
            return ERR_ALREADY_EXISTS;
        }
        return (node->type == FS_TYPE_FILE) ? give(client, volume, node, &reply->handle)
                                            : ERR_NOT_ACCEPTABLE;
    }
    if (err == ERR_NOT_FOUND) {
        err = resolve_writable(request->path, &volume, &rest);
    }
    if (IS_OK(err)) {
        err = tree_add(volume->root, rest, FS_TYPE_FILE, &node);
    }
    return IS_ERROR(err) ? err : give(client, volume, node, &reply->handle);
}

static error_t close(task_t client, struct fs_close_fields *request) {
    struct open_file *file = handle_get(client, request->handle);
    if (!file) {
        return ERR_NOT_FOUND;
    }
    handle_free(client, request->handle);
    close_file(file);
    return OK;
}

static error_t get(task_t client, handle_t handle, enum fs_type type, struct open_file **file) {
    *file = handle_get(client, handle);
    if (!*file) {
        return ERR_NOT_FOUND;
    }
    return ((*file)->node->type == type) ? OK : ERR_NOT_ACCEPTABLE;
}

static error_t get_writable(task_t client, handle_t handle, struct open_file **file) {
    error_t err = get(client, handle, FS_TYPE_FILE, file);
    if (IS_ERROR(err)) {
        return err;
    }
    return (*file)->volume->read_only ? ERR_NOT_PERMITTED : OK;
}

static error_t read(task_t client, struct fs_read_fields *request,
                    struct fs_read_reply_fields *reply) {
    struct open_file *file;
    error_t err = get(client, request->handle, FS_TYPE_FILE, &file);
    if (IS_ERROR(err)) {
        return err;
    }
    const struct node *node = file->node;
    size_t offset = MIN(request->offset, node->size);
    size_t len = MIN(request->len, node->size - offset);
    // The kernel copies it from here to the client.
    reply->data_len = MIN(len, (size_t) FS_TRANSFER_MAX);
    reply->data = reply->data_len ? &node->data[offset] : NULL;
    return OK;
}

static error_t write(task_t client, struct fs_write_fields *request) {
    struct open_file *file;
    error_t err = get_writable(client, request->handle, &file);
    if (IS_ERROR(err)) {
        return err;
    }
    file->node->mtime = 0;
    return tree_write(file->node, request->offset, request->data, request->data_len);
}

static error_t truncate(task_t client, struct fs_truncate_fields *request) {
    struct open_file *file;
    error_t err = get_writable(client, request->handle, &file);
    if (IS_ERROR(err)) {
        return err;
    }
    file->node->mtime = 0;
    return tree_resize(file->node, request->size);
}

static error_t stat(task_t client __unused, struct fs_stat_fields *request,
                    struct fs_stat_reply_fields *reply) {
    struct volume *volume;
    struct node *node;
    error_t err = find(request->path, &volume, &node);
    if (IS_ERROR(err)) {
        return err;
    }
    reply->size = node->size;
    reply->type = node->type;
    reply->read_only = volume->read_only;
    reply->mtime = node->mtime;
    return OK;
}

static error_t fstat(task_t client, struct fs_fstat_fields *request,
                     struct fs_fstat_reply_fields *reply) {
    const struct open_file *file = handle_get(client, request->handle);
    if (!file) {
        return ERR_NOT_FOUND;
    }
    reply->size = file->node->size;
    reply->type = file->node->type;
    reply->read_only = file->volume->read_only;
    reply->mtime = file->node->mtime;
    return OK;
}

/// There is nothing more durable than the memory that it is in.
static error_t flush(task_t client, struct fs_flush_fields *request) {
    return handle_get(client, request->handle) ? OK : ERR_NOT_FOUND;
}

static error_t sync(task_t client __unused, struct fs_sync_fields *request) {
    struct volume *volume;
    const char *rest;
    return volumes_resolve(request->path, &volume, &rest);
}

static error_t remove(task_t client __unused, struct fs_remove_fields *request) {
    struct volume *volume;
    struct node *node;
    const char *rest;
    error_t err = resolve_writable(request->path, &volume, &rest);
    if (IS_OK(err)) {
        err = tree_find(volume->root, rest, &node);
    }
    return IS_ERROR(err) ? err : tree_remove(node);
}

static error_t mkdir(task_t client __unused, struct fs_mkdir_fields *request) {
    struct volume *volume;
    struct node *node;
    const char *rest;
    error_t err = resolve_writable(request->path, &volume, &rest);
    return IS_ERROR(err) ? err : tree_add(volume->root, rest, FS_TYPE_DIRECTORY, &node);
}

static error_t rename(task_t client, struct fs_rename_fields *request) {
    struct volume *volume;
    const char *rest;
    const struct open_file *file = handle_get(client, request->handle);
    if (!file) {
        return ERR_NOT_FOUND;
    }
    error_t err = resolve_writable(request->path, &volume, &rest);
    if (IS_ERROR(err)) {
        return err;
    }
    return (volume == file->volume) ? tree_move(volume->root, file->node, rest) : ERR_INVALID_ARG;
}

static error_t list(task_t client, struct fs_list_fields *request,
                    struct fs_list_reply_fields *reply) {
    static uint8_t entries[LIST_LEN];
    struct open_file *file;
    error_t err = get(client, request->handle, FS_TYPE_DIRECTORY, &file);
    if (IS_ERROR(err)) {
        return err;
    }
    reply->next = request->position;
    reply->entries = entries;
    struct node *child;
    while ((child = tree_child(file->node, reply->next)) != NULL) {
        struct fs_entry entry = {
            .size = child->size,
            .mtime = child->mtime,
            .type = (uint8_t) child->type,
            .read_only = file->volume->read_only,
        };
        if (!fs_entries_add(entries, LIST_LEN, &reply->entries_len, &entry, child->name,
                            strlen(child->name))) {
            break;
        }
        reply->next = child->position;
    }
    return OK;
}

static error_t volume(task_t client __unused, struct fs_volume_fields *request,
                      struct fs_volume_reply_fields *reply) {
    struct volume *found;
    const char *rest;
    error_t err = volumes_resolve(request->path, &found, &rest);
    if (IS_ERROR(err)) {
        return err;
    }
    reply->total_bytes = tree_memory_total();
    reply->free_bytes = tree_memory_total() - tree_memory_used();
    reply->cluster_bytes = 1;
    reply->read_only = found->read_only;
    strncpy2(reply->type, "tar", sizeof(reply->type));
    return OK;
}

static error_t mount(task_t client __unused, struct fs_mount_fields *request) {
    char name[FS_VOLUME_LEN];
    vaddr_t vaddr;
    size_t len;
    strncpy2(name, request->volume, sizeof(name));
    if (volumes_find(name)) {
        return ERR_ALREADY_EXISTS;
    }
    error_t err = call_bootfs_map(INIT_TASK, name, &vaddr, &len);
    if (IS_ERROR(err)) {
        return (err == ERR_EMPTY) ? ERR_NOT_ACCEPTABLE : err;
    }
    err = volumes_add(name, (const void *) vaddr, len, request->read_only);
    if (IS_ERROR(err)) {
        size_t num_pages = ALIGN_UP(len, PAGE_SIZE) / PAGE_SIZE;
        OOPS_OK(call_vm_free_pages(INIT_TASK, vaddr, num_pages));
    }
    return err;
}

static error_t unmount(task_t client __unused, struct fs_unmount_fields *request) {
    char name[FS_VOLUME_LEN];
    const void *tar;
    size_t len;
    strncpy2(name, request->volume, sizeof(name));
    error_t err = volumes_remove(name, &tar, &len);
    if (IS_OK(err)) {
        size_t num_pages = ALIGN_UP(len, PAGE_SIZE) / PAGE_SIZE;
        OOPS_OK(call_vm_free_pages(INIT_TASK, (vaddr_t) tar, num_pages));
    }
    return err;
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
