#include "volumes.h"

#include <config.h>
#include <idl_client.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "clock.h"
#include "device.h"

/// The least that the cache takes.
#define CACHE_LEN_MIN \
    (BLKCACHE_WINDOWS_MIN * BLKCACHE_WINDOW_LEN + BLKCACHE_BLOCKS_MIN * BLKCACHE_BLOCK_LEN)

/// How large a cache may be: an eighth of the memory that is free, as others need some, too.
static size_t cache_len(void) {
    size_t total, num_free, most = (size_t) CONFIG_FATFS_CACHE_KIB * 1024;
    if (call_vm_stats(INIT_TASK, &total, &num_free) == OK) {
        most = MIN(most, num_free / 8 * PAGE_SIZE);
    }
    return MAX(most, (size_t) CACHE_LEN_MIN);
}

static error_t __mustuse open_unit(struct volume *volume, const char *name, bool *read_only) {
    error_t err = ERR_NOT_PERMITTED;
    size_t len = cache_len();
    if (!*read_only) {
        err = blk_open(&volume->unit, name, len, true);
    }
    if (err == ERR_NOT_PERMITTED) {
        *read_only = true;
        err = blk_open(&volume->unit, name, len, false);
    }
    return err;
}

static error_t __mustuse mount_unit(struct volume *volume, bool read_only) {
    struct blkcache_device device;
    device_init(&device, &volume->unit);
    error_t err = blkcache_init(&volume->cache, &device);
    if (IS_ERROR(err)) {
        return err;
    }
    struct fat_options options = {.read_only = read_only, .now = clock_now};
    err = fat_mount(&volume->fat, &volume->cache, &options);
    if (IS_ERROR(err)) {
        blkcache_destroy(&volume->cache);
    }
    return err;
}

error_t volumes_mount(const char *name, bool read_only) {
    struct volume *volume = malloc(sizeof(*volume));
    if (volume == NULL) {
        return ERR_NO_MEMORY;
    }
    memset(volume, 0, sizeof(*volume));
    error_t err = open_unit(volume, name, &read_only);
    if (IS_OK(err)) {
        err = mount_unit(volume, read_only);
        if (IS_ERROR(err)) {
            blk_close(&volume->unit);
        }
    }
    if (IS_ERROR(err)) {
        free(volume);
        return err;
    }
    fs_volumes_add(&volume->base, name);
    return OK;
}

static void forget(struct volume *volume) {
    fs_volumes_remove(&volume->base);
    blkcache_destroy(&volume->cache);
    blk_close(&volume->unit);
    free(volume);
}

error_t volumes_unmount(struct fs_volume *base) {
    struct volume *volume = volume_of(base);
    error_t err = fat_unmount(volume->fat);
    if (IS_OK(err)) {
        forget(volume);
    } else if (err != ERR_IN_USE && volume->failed_to_unmount) {
        WARN("%s: what couldn't be written is lost", base->name);
        fat_discard(volume->fat);
        forget(volume);
    } else if (err != ERR_IN_USE) {
        volume->failed_to_unmount = true;
    }
    return err;
}

void volumes_sync(void) {
    struct fs_volume *base;
    for (uint64_t i = 0; (base = fs_volumes_at(i)) != NULL; i++) {
        struct volume *volume = volume_of(base);
        error_t err = fat_sync(volume->fat);
        if (IS_ERROR(err) && !volume->failed_to_sync) {
            WARN("%s: changes can't be written (error %d)", base->name, err);
        }
        volume->failed_to_sync = IS_ERROR(err);
    }
}

bool volumes_have_changes(void) {
    struct fs_volume *base;
    for (uint64_t i = 0; (base = fs_volumes_at(i)) != NULL; i++) {
        if (fat_has_changes(volume_of(base)->fat)) {
            return true;
        }
    }
    return false;
}
