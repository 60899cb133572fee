#include "files.h"

#include <idl_client.h>
#include <resea/printf.h>
#include <string.h>

#include "volumes.h"

static struct node *node_of(struct fs_node *node) {
    return (struct node *) node;
}

static error_t find(struct fs_volume *volume, const char *path, struct node **node) {
    return tree_find(volume_of(volume)->root, path, node);
}

static error_t check_writable(struct fs_volume *volume) {
    return volume_of(volume)->read_only ? ERR_NOT_PERMITTED : OK;
}

static error_t check_type(const struct node *node, enum fs_type type) {
    return (node->type == type) ? OK : ERR_NOT_ACCEPTABLE;
}

static struct fs_node *count(struct node *node) {
    node->opens++;
    return (struct fs_node *) node;
}

static error_t open(struct fs_volume *volume, const char *path, struct fs_node **opened) {
    struct node *node;
    error_t err = find(volume, path, &node);
    if (IS_OK(err)) {
        *opened = count(node);
    }
    return err;
}

static error_t create(struct fs_volume *volume, const char *path, bool exist_ok,
                      struct fs_node **opened) {
    struct node *node;
    error_t err = find(volume, path, &node);
    if (IS_OK(err)) {
        err = exist_ok ? check_type(node, FS_TYPE_FILE) : ERR_ALREADY_EXISTS;
    } else if (err == ERR_NOT_FOUND) {
        err = check_writable(volume);
        if (IS_OK(err)) {
            err = tree_add(volume_of(volume)->root, path, FS_TYPE_FILE, &node);
        }
    }
    if (IS_OK(err)) {
        *opened = count(node);
    }
    return err;
}

static error_t close(struct fs_volume *volume __unused, struct fs_node *node) {
    node_of(node)->opens--;
    return OK;
}

static error_t read(struct fs_volume *volume __unused, struct fs_node *opened, uint64_t from,
                    size_t len, const uint8_t **data, size_t *data_len) {
    const struct node *node = node_of(opened);
    error_t err = check_type(node, FS_TYPE_FILE);
    if (IS_ERROR(err)) {
        return err;
    }
    size_t offset = (size_t) MIN(from, (uint64_t) node->size);
    *data_len = MIN(len, node->size - offset);
    *data = *data_len ? &node->data[offset] : NULL;
    return OK;
}

/// Whether a file may be changed. Its time isn't known from then on.
static error_t begin_change(struct fs_volume *volume, struct node *node) {
    error_t err = check_type(node, FS_TYPE_FILE);
    if (IS_OK(err)) {
        err = check_writable(volume);
    }
    if (IS_OK(err)) {
        node->mtime = 0;
    }
    return err;
}

static error_t write(struct fs_volume *volume, struct fs_node *opened, uint64_t offset,
                     const void *data, size_t len) {
    struct node *node = node_of(opened);
    error_t err = begin_change(volume, node);
    return IS_ERROR(err) ? err : tree_write(node, (size_t) offset, data, len);
}

static error_t truncate(struct fs_volume *volume, struct fs_node *opened, uint64_t size) {
    struct node *node = node_of(opened);
    error_t err = begin_change(volume, node);
    return IS_ERROR(err) ? err : tree_resize(node, (size_t) size);
}

/// There is nothing more durable than the memory that it is in.
static error_t flush(struct fs_volume *volume __unused, struct fs_node *node __unused) {
    return OK;
}

static error_t sync(struct fs_volume *volume __unused) {
    return OK;
}

static void to_info(struct fs_volume *volume, const struct node *node, struct fs_info *info) {
    *info = (struct fs_info){
        .size = node->size,
        .mtime = node->mtime,
        .type = node->type,
        .read_only = volume_of(volume)->read_only,
    };
}

static error_t stat(struct fs_volume *volume, const char *path, struct fs_info *info) {
    struct node *node;
    error_t err = find(volume, path, &node);
    if (IS_OK(err)) {
        to_info(volume, node, info);
    }
    return err;
}

static void fstat(struct fs_volume *volume, struct fs_node *node, struct fs_info *info) {
    to_info(volume, node_of(node), info);
}

static error_t list(struct fs_volume *volume, struct fs_node *directory, uint64_t *position,
                    char name[FS_NAME_MAX + 1], struct fs_info *info) {
    error_t err = check_type(node_of(directory), FS_TYPE_DIRECTORY);
    if (IS_ERROR(err)) {
        return err;
    }
    const struct node *child = tree_child(node_of(directory), *position);
    if (!child) {
        return ERR_END;
    }
    strncpy2(name, child->name, FS_NAME_MAX + 1);
    to_info(volume, child, info);
    *position = child->position;
    return OK;
}

static error_t remove(struct fs_volume *volume, const char *path) {
    struct node *node;
    error_t err = check_writable(volume);
    if (IS_OK(err)) {
        err = find(volume, path, &node);
    }
    return IS_ERROR(err) ? err : tree_remove(node);
}

static error_t mkdir(struct fs_volume *volume, const char *path) {
    struct node *node;
    error_t err = check_writable(volume);
    return IS_ERROR(err) ? err : tree_add(volume_of(volume)->root, path, FS_TYPE_DIRECTORY, &node);
}

static error_t rename(struct fs_volume *volume, struct fs_node *node, const char *path) {
    error_t err = check_writable(volume);
    return IS_ERROR(err) ? err : tree_move(volume_of(volume)->root, node_of(node), path);
}

static error_t describe(struct fs_volume *volume, struct fs_volume_reply_fields *reply) {
    reply->total_bytes = tree_memory_total();
    reply->free_bytes = tree_memory_total() - tree_memory_used();
    reply->cluster_bytes = 1;
    reply->read_only = volume_of(volume)->read_only;
    strncpy2(reply->type, "tar", sizeof(reply->type));
    return OK;
}

static void unmap(const void *tar, size_t len) {
    OOPS_OK(call_vm_free_pages(INIT_TASK, (vaddr_t) tar, ALIGN_UP(len, PAGE_SIZE) / PAGE_SIZE));
}

static error_t mount(const char *name, bool read_only) {
    vaddr_t vaddr;
    size_t len;
    error_t err = call_bootfs_map(INIT_TASK, name, &vaddr, &len);
    if (IS_ERROR(err)) {
        return (err == ERR_EMPTY) ? ERR_NOT_ACCEPTABLE : err;
    }
    err = volumes_add(name, (const void *) vaddr, len, read_only);
    if (IS_ERROR(err)) {
        unmap((const void *) vaddr, len);
    }
    return err;
}

static error_t unmount(struct fs_volume *volume) {
    const void *tar;
    size_t len;
    error_t err = volumes_remove(volume->name, &tar, &len);
    if (IS_OK(err)) {
        unmap(tar, len);
    }
    return err;
}

const struct fs_server files_server = {
    .open = open,
    .create = create,
    .close = close,
    .read = read,
    .write = write,
    .truncate = truncate,
    .flush = flush,
    .stat = stat,
    .fstat = fstat,
    .list = list,
    .sync = sync,
    .remove = remove,
    .mkdir = mkdir,
    .rename = rename,
    .volume = describe,
    .mount = mount,
    .unmount = unmount,
};
