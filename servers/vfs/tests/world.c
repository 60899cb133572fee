#include "world.h"

#include <fs.h>
#include <resea/cmdline.h>
#include <resea/ipc.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../mounts.h"

task_t world_a, world_b;
int world_mounts, world_unmounts;
error_t world_mount_error, world_unmount_error;
int world_opens, world_watches;
error_t world_open_error;

#define HANDLES 16
static char paths[HANDLES][FS_PATH_MAX + 1];

void world_reset(void) {
    while (mounts_at(0)) {
        world_unmount_error = OK;
        TEST_EXPECT_EQ(mounts_detach(mounts_at(0)->path), OK);
    }
    world_a = 20;
    world_b = 30;
    world_mounts = world_unmounts = world_watches = 0;
    world_mount_error = world_open_error = OK;
    TEST_EXPECT_EQ(world_opens, 0);
}

void world_mount(const char *service, const char *volume, const char *path) {
    struct mount mount = {0};
    strncpy2(mount.service, service, sizeof(mount.service));
    strncpy2(mount.volume, volume, sizeof(mount.volume));
    strncpy2(mount.path, path, sizeof(mount.path));
    TEST_EXPECT_EQ(mounts_attach(&mount), OK);
}

const char *program_cmdline(void) {
    static char cmdline[USER_ARGS_LEN] = "vfs";
    return cmdline;
}

task_t ipc_lookup(const char *name __unused) {
    return ERR_NOT_FOUND;
}

void ipc_reply(task_t dst __unused, struct message *m __unused) {}

static void *payload(const void *data, size_t len) {
    void *copy = malloc(len ? len : 1);
    memcpy(copy, data, len);
    return copy;
}

static error_t answer_vm(struct message *m) {
    if (m->type == TASK_WATCH_MSG) {
        world_watches++;
        m->type = TASK_WATCH_REPLY_MSG;
        return OK;
    }
    TEST_EXPECT_EQ(m->type, SERVICES_FIND_MSG);
    bool is_a = !strcmp(m->services_find.name, "fs.a");
    if (!is_a && strcmp(m->services_find.name, "fs.b") != 0) {
        return ERR_NOT_FOUND;
    }
    m->type = SERVICES_FIND_REPLY_MSG;
    m->services_find_reply.task = is_a ? world_a : world_b;
    m->services_find_reply.expected = true;
    return OK;
}

static error_t answer_open(struct message *m, int reply) {
    if (IS_ERROR(world_open_error)) {
        return world_open_error;
    }
    for (int i = 0; i < HANDLES; i++) {
        if (paths[i][0] == '\0') {
            strncpy2(paths[i], m->fs_open.path, sizeof(paths[i]));
            m->type = reply;
            m->fs_open_reply.handle = i + 1;
            world_opens++;
            return OK;
        }
    }
    return ERR_NO_MEMORY;
}

/// "file" and "disk", one at a time; then a list of nothing.
static void answer_list(struct message *m) {
    static const char *names[] = {"file", "disk"};
    static const struct fs_entry info = {.type = FS_TYPE_FILE};
    uint64_t position = m->fs_list.position;
    uint8_t list[64];
    size_t len = 0;
    if (position < 2) {
        TEST_EXPECT(fs_entries_add(list, sizeof(list), &len, &info, names[position], 4));
    }
    m->type = FS_LIST_REPLY_MSG;
    m->fs_list_reply.next = position + 1;
    m->fs_list_reply.entries = payload(list, len);
    m->fs_list_reply.entries_len = len;
}

static error_t answer_handle(struct message *m) {
    // Of all these messages, the handle comes first.
    char *path = paths[m->fs_close.handle - 1];
    switch (m->type) {
    case FS_CLOSE_MSG:
        path[0] = '\0';
        world_opens--;
        m->type = FS_CLOSE_REPLY_MSG;
        return OK;
    case FS_LIST_MSG:
        answer_list(m);
        return OK;
    default:
        return ERR_NOT_ACCEPTABLE;
    }
}

static error_t answer(struct message *m) {
    switch (m->type) {
    case FS_MOUNT_MSG:
        world_mounts++;
        m->type = FS_MOUNT_REPLY_MSG;
        return world_mount_error;
    case FS_UNMOUNT_MSG:
        world_unmounts++;
        m->type = FS_UNMOUNT_REPLY_MSG;
        return world_unmount_error;
    case FS_OPEN_MSG:
        return answer_open(m, FS_OPEN_REPLY_MSG);
    case FS_CREATE_MSG:
        return answer_open(m, FS_CREATE_REPLY_MSG);
    case FS_READ_MSG: {
        const char *path = paths[m->fs_read.handle - 1];
        m->type = FS_READ_REPLY_MSG;
        m->fs_read_reply.data = payload(path, strlen(path));
        m->fs_read_reply.data_len = strlen(path);
        return OK;
    }
    case FS_RENAME_MSG:
        strncpy2(paths[m->fs_rename.handle - 1], m->fs_rename.path, sizeof(paths[0]));
        m->type = FS_RENAME_REPLY_MSG;
        return OK;
    default:
        return answer_handle(m);
    }
}

error_t ipc_call(task_t dst, struct message *m) {
    if (dst == INIT_TASK) {
        return answer_vm(m);
    }
    return (dst == world_a || dst == world_b) ? answer(m) : ERR_INVALID_TASK;
}
