#include "files.h"

#include <config.h>
#include <resea/timer.h>
#include <string.h>

#include "volumes.h"

STATIC_ASSERT(FAT_NAME_LEN == FS_NAME_MAX + 1, "names fit");

/// The timer will run out, and what has been changed will be written.
static bool timer_runs;

static struct fat_node *node_of(struct fs_node *node) {
    return (struct fat_node *) node;
}

static error_t open(struct fs_volume *volume, const char *path, struct fs_node **node) {
    struct fat_node *opened;
    error_t err = fat_open(volume_of(volume)->fat, path, &opened);
    *node = IS_OK(err) ? (struct fs_node *) opened : NULL;
    return err;
}

static error_t create(struct fs_volume *volume, const char *path, bool exist_ok,
                      struct fs_node **node) {
    struct fat_node *opened;
    error_t err = fat_create(volume_of(volume)->fat, path, exist_ok, &opened);
    *node = IS_OK(err) ? (struct fs_node *) opened : NULL;
    return err;
}

static error_t close(struct fs_volume *volume __unused, struct fs_node *node) {
    return fat_close(node_of(node));
}

/// The data is in the cache, where the device has put it.
static error_t read(struct fs_volume *volume __unused, struct fs_node *node, uint64_t offset,
                    size_t len, const uint8_t **data, size_t *data_len) {
    return fat_read(node_of(node), offset, len, data, data_len);
}

static error_t write(struct fs_volume *volume __unused, struct fs_node *node, uint64_t offset,
                     const void *data, size_t len) {
    return fat_write(node_of(node), offset, data, len);
}

static error_t truncate(struct fs_volume *volume __unused, struct fs_node *node, uint64_t size) {
    return fat_truncate(node_of(node), size);
}

static error_t flush(struct fs_volume *volume __unused, struct fs_node *node) {
    return fat_flush(node_of(node));
}

static void to_info(const struct fat_stat *stat, struct fs_info *info) {
    *info = (struct fs_info){
        .size = stat->size,
        .mtime = stat->mtime,
        .type = stat->is_directory ? FS_TYPE_DIRECTORY : FS_TYPE_FILE,
        .read_only = stat->read_only,
    };
}

static error_t stat(struct fs_volume *volume, const char *path, struct fs_info *info) {
    struct fat_stat found;
    error_t err = fat_stat(volume_of(volume)->fat, path, &found);
    if (IS_OK(err)) {
        to_info(&found, info);
    }
    return err;
}

static void fstat(struct fs_volume *volume __unused, struct fs_node *node, struct fs_info *info) {
    struct fat_stat found;
    fat_stat_node(node_of(node), &found);
    to_info(&found, info);
}

static error_t list(struct fs_volume *volume __unused, struct fs_node *node, uint64_t *position,
                    char name[FS_NAME_MAX + 1], struct fs_info *info) {
    struct fat_stat found;
    error_t err = fat_list(node_of(node), position, name, &found);
    if (IS_OK(err)) {
        to_info(&found, info);
    }
    return err;
}

static error_t sync(struct fs_volume *volume) {
    return fat_sync(volume_of(volume)->fat);
}

static error_t remove(struct fs_volume *volume, const char *path) {
    return fat_remove(volume_of(volume)->fat, path);
}

static error_t mkdir(struct fs_volume *volume, const char *path) {
    return fat_mkdir(volume_of(volume)->fat, path);
}

static error_t rename(struct fs_volume *volume __unused, struct fs_node *node, const char *path) {
    return fat_rename(node_of(node), path);
}

static error_t describe(struct fs_volume *volume, struct fs_volume_reply_fields *reply) {
    struct fat_info info;
    error_t err = fat_info(volume_of(volume)->fat, &info);
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

static void write_changes(void) {
    timer_runs = false;
    volumes_sync();
}

static void start_timer(void) {
    if (!timer_runs && volumes_have_changes()) {
        timer_runs = IS_OK(timer_set(CONFIG_FATFS_SYNC_MS));
    }
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
    .mount = volumes_mount,
    .unmount = volumes_unmount,
    .timer = write_changes,
    .handled = start_timer,
};
