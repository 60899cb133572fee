#include <config.h>
#include <fs_path.h>
#include <idl_client.h>
#include <idl_server.h>
#include <resea/async.h>
#include <resea/printf.h>
#include <resea/task.h>

#include "files.h"
#include "mounts.h"

static error_t resolve(task_t client __unused, struct vfs_resolve_fields *request,
                       struct vfs_resolve_reply_fields *reply) {
    static char canonical[FS_PATH_LEN];
    static struct fs_place place;
    error_t err = fs_path_canonical(NULL, request->path, canonical);
    if (IS_ERROR(err)) {
        return err;
    }
    const struct mount *mount = NULL;
    bool is_own = mounts_is_directory(canonical);
    // What a file system has in a directory of our own would be missing there while it is being restarted.
    if (is_own && (mount = mounts_waits_for(canonical)) != NULL) {
        memcpy(reply->service, mount->service, sizeof(reply->service));
        reply->path = canonical;
        return OK;
    }
    if (is_own) {
        reply->task = task_self();
        strncpy2(reply->service, "fs", sizeof(reply->service));
        reply->path = canonical;
        return OK;
    }

    err = mounts_find(canonical, &mount, &place);
    if (IS_ERROR(err)) {
        return err;
    }
    reply->task = place.server;
    memcpy(reply->service, mount->service, sizeof(reply->service));
    reply->path = place.path;
    return OK;
}

static error_t attach(task_t client __unused, struct vfs_attach_fields *request) {
    char canonical[FS_PATH_LEN];
    error_t err = fs_path_canonical(NULL, request->path, canonical);
    if (IS_ERROR(err)) {
        return err;
    }
    struct mount mount = {.read_only = request->read_only};
    if (strlen(canonical) >= sizeof(mount.path)) {
        return ERR_TOO_LARGE;
    }
    // The fields may come without a NUL.
    strncpy2(mount.service, request->service, sizeof(mount.service));
    strncpy2(mount.volume, request->volume, sizeof(mount.volume));
    strncpy2(mount.path, canonical, sizeof(mount.path));
    if (mount.volume[0] == '\0' || strchr(mount.volume, '/')) {
        return ERR_INVALID_ARG;
    }
    return mounts_attach(&mount);
}

static error_t detach(task_t client __unused, struct vfs_detach_fields *request) {
    char canonical[FS_PATH_LEN];
    error_t err = fs_path_canonical(NULL, request->path, canonical);
    return IS_ERROR(err) ? err : mounts_detach(canonical);
}

static error_t mount_at(task_t client __unused, struct vfs_mount_fields *request,
                        struct vfs_mount_reply_fields *reply) {
    const struct mount *mount = mounts_at(request->index);
    if (!mount) {
        return ERR_END;
    }
    memcpy(reply->service, mount->service, sizeof(reply->service));
    memcpy(reply->volume, mount->volume, sizeof(reply->volume));
    reply->read_only = mount->read_only;
    reply->path = mount->path;
    return OK;
}

static const struct vfs_ops ops = {
    .resolve = resolve,
    .attach = attach,
    .detach = detach,
    .mount = mount_at,
};

/// Moves to *field the text up to the next colon or space. Returns what follows it.
static const char *take_field(const char *text, char *field, size_t field_len) {
    size_t len = 0;
    while (text[len] != '\0' && text[len] != ':' && text[len] != ' ') {
        len++;
    }
    strncpy2(field, text, MIN(len + 1, field_len));
    return &text[len];
}

/// Adds the first mount of a list as the option has it. Returns what follows it.
static const char *add_mount(const char *text) {
    struct mount mount = {0};
    char flag[4] = "";
    text = take_field(text, mount.service, sizeof(mount.service));
    text = take_field(text + (*text == ':'), mount.volume, sizeof(mount.volume));
    text = take_field(text + (*text == ':'), mount.path, sizeof(mount.path));
    text = take_field(text + (*text == ':'), flag, sizeof(flag));
    mount.read_only = !strcmp(flag, "ro");
    if (mount.path[0] != '/') {
        WARN("the option VFS_MOUNTS has a mount without a path: '%s'", CONFIG_VFS_MOUNTS);
        return text;
    }

    // It may still be starting.
    task_t server = ipc_lookup(mount.service);
    error_t err = IS_ERROR(server) ? server : mounts_add(&mount);
    if (IS_ERROR(err)) {
        WARN("%s is not mounted at %s: %s", mount.volume, mount.path, error_name(err));
    }
    return text;
}

static void add_mounts(void) {
    for (const char *text = CONFIG_VFS_MOUNTS; *text != '\0';) {
        text = (*text == ' ') ? text + 1 : add_mount(text);
    }
}

void main(void) {
    files_init();
    add_mounts();
    ASSERT_OK(ipc_serve("fs"));

    struct message m;
    while (true) {
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            if (m.notifications.data & NOTIFY_ASYNC) {
                async_take_exits(files_forget);
            }
        } else if (!vfs_dispatch(&ops, &m) && !fs_dispatch(&files_ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}
