#include <fs.h>
#include <fs_path.h>
#include <idl_client.h>
#include <resea/malloc.h>
#include <string.h>

#include "place.h"

/// Copies a name into a message's field, which it has to leave room in for a NUL.
static bool copy_name(char *dst, const char *name, size_t dst_len) {
    memset(dst, 0, dst_len);
    strncpy2(dst, name, dst_len);
    return name[0] != '\0' && strlen(name) < dst_len;
}

error_t fs_mount(const char *service, const char *volume, bool read_only, const char *path) {
    char canonical[FS_PATH_LEN];
    char service_name[VFS_SERVICE_LEN], volume_name[VFS_VOLUME_LEN];
    error_t err = fs_path_canonical(fs_directory(), path, canonical);
    if (IS_ERROR(err)) {
        return err;
    }
    if (!copy_name(service_name, service, sizeof(service_name))
        || !copy_name(volume_name, volume, sizeof(volume_name))) {
        return ERR_NOT_FOUND;
    }
    task_t vfs = fs_vfs();
    return IS_ERROR(vfs) ? vfs
                         : call_vfs_attach(vfs, service_name, volume_name, read_only, canonical);
}

error_t fs_unmount(const char *path) {
    char canonical[FS_PATH_LEN];
    error_t err = fs_path_canonical(fs_directory(), path, canonical);
    if (IS_ERROR(err)) {
        return err;
    }
    task_t vfs = fs_vfs();
    return IS_ERROR(vfs) ? vfs : call_vfs_detach(vfs, canonical);
}

error_t fs_mount_at(unsigned index, struct vfs_mount_reply_fields *mount,
                    char path[FS_PATH_MAX + 1]) {
    task_t vfs = fs_vfs();
    if (IS_ERROR(vfs)) {
        return vfs;
    }
    char *at;
    error_t err = call_vfs_mount(vfs, index, mount->service, mount->volume, &mount->read_only, &at);
    if (IS_ERROR(err)) {
        return err;
    }
    strncpy2(path, at, FS_PATH_LEN);
    free(at);
    mount->service[VFS_SERVICE_LEN - 1] = '\0';
    mount->volume[VFS_VOLUME_LEN - 1] = '\0';
    return OK;
}
