#include <fs.h>
#include <resea/printf.h>
#include <string.h>

#include "commands.h"
#include "say.h"

/// Calls `each` with all mounts. Returns the exit status.
static int for_each_mount(bool (*each)(const struct vfs_mount_reply_fields *mount,
                                       const char *path)) {
    bool ok = true;
    for (unsigned i = 0;; i++) {
        struct vfs_mount_reply_fields mount;
        char path[FS_PATH_LEN];
        error_t err = fs_mount_at(i, &mount, path);
        if (err == ERR_END) {
            return ok ? 0 : STATUS_FAILED;
        }
        if (!say("/", err)) {
            return STATUS_FAILED;
        }
        ok = each(&mount, path) && ok;
    }
}

bool has_mounts(const char *path) {
    char canonical[FS_PATH_LEN], mounted[FS_PATH_LEN];
    struct vfs_mount_reply_fields mount;
    if (IS_ERROR(fs_path_canonical(fs_directory(), path, canonical))) {
        return false;
    }
    for (unsigned i = 0; IS_OK(fs_mount_at(i, &mount, mounted)); i++) {
        if (fs_path_below(mounted, canonical)) {
            say_text(path, "something is mounted there");
            return true;
        }
    }
    return false;
}

static unsigned long long kib(uint64_t bytes) {
    return bytes / 1024;
}

static bool print_space(const struct vfs_mount_reply_fields *mount, const char *path) {
    struct fs_volume_reply_fields volume;
    if (!say(path, fs_volume(path, &volume))) {
        return false;
    }
    uint64_t used = volume.total_bytes - MIN(volume.free_bytes, volume.total_bytes);
    unsigned percent = volume.total_bytes ? (unsigned) (used * 100 / volume.total_bytes) : 0;
    printf("%-15s %-7s %10llu %10llu %10llu %3u%%  %s\n", mount->volume, volume.type,
           kib(volume.total_bytes), kib(used), kib(volume.free_bytes), percent, path);
    return true;
}

int df(const struct args *args) {
    printf("%-15s %-7s %10s %10s %10s %4s  %s\n", "Volume", "Type", "KiB", "Used", "Free", "Used",
           "Mounted at");
    if (args->count == 0) {
        return for_each_mount(print_space);
    }
    const struct vfs_mount_reply_fields unknown = {.volume = "-"};
    bool ok = true;
    for (int i = 0; i < args->count; i++) {
        ok = print_space(&unknown, args->words[i]) && ok;
    }
    return ok ? 0 : STATUS_FAILED;
}

static bool print_mount(const struct vfs_mount_reply_fields *mount, const char *path) {
    printf("%s at %s (%s%s)\n", mount->volume, path, mount->service,
           mount->read_only ? ", read-only" : "");
    return true;
}

static int say_mount(const char *volume, const char *service, const char *path, error_t err) {
    switch (err) {
    case ERR_NOT_FOUND:
        printf("mount: %s: there is no such volume, or no %s\n", volume, service);
        return STATUS_FAILED;
    case ERR_NOT_ACCEPTABLE:
        printf("mount: %s: has no file system that %s knows\n", volume, service);
        return STATUS_FAILED;
    case ERR_ALREADY_EXISTS:
        printf("mount: %s: something is mounted there already\n", path);
        return STATUS_FAILED;
    default:
        return say(volume, err) ? 0 : STATUS_FAILED;
    }
}

int mount(const struct args *args) {
    if (args->count == 0) {
        return for_each_mount(print_mount);
    }
    const char *volume = args->words[0];
    char path[FS_PATH_LEN], service[2 * VFS_SERVICE_LEN];
    if (args->count > 1) {
        strncpy2(path, args->words[1], sizeof(path));
    } else if (!join("/", volume, path)) {
        return STATUS_FAILED;
    }
    const char *type = args->options['t'] ? args->options['t'] : "fat";
    snprintf(service, sizeof(service), "fs.%s", type);
    error_t err = fs_mount(service, volume, args->options['r'] != NULL, path);
    return say_mount(volume, service, path, err);
}

int umount(const struct args *args) {
    const char *path = args->words[0];
    error_t err = fs_unmount(path);
    if (err == ERR_NOT_FOUND) {
        say_text(path, "nothing is mounted there");
        return STATUS_FAILED;
    }
    return say(path, err) ? 0 : STATUS_FAILED;
}

static bool sync_mount(const struct vfs_mount_reply_fields *mount __unused, const char *path) {
    return say(path, fs_sync(path));
}

int sync_all(const struct args *args) {
    if (args->count == 0) {
        return for_each_mount(sync_mount);
    }
    bool ok = true;
    for (int i = 0; i < args->count; i++) {
        ok = say(args->words[i], fs_sync(args->words[i])) && ok;
    }
    return ok ? 0 : STATUS_FAILED;
}
