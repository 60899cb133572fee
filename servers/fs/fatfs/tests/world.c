#include "world.h"

#include <blk/client.h>
#include <fs_path.h>
#include <idl_client.h>
#include <resea/cmdline.h>
#include <resea/malloc.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "../../../../libs/fat/tests/format.h"
#include "../files.h"

#define BUFFER_LEN \
    (BLKCACHE_WINDOWS_MIN * BLKCACHE_WINDOW_LEN + BLKCACHE_BLOCKS_MIN * BLKCACHE_BLOCK_LEN)

enum {
    VFS = 5,
    NO_BODY = 0
};

struct disk world_disks[2];
task_t world_client = CLIENT;
bool world_read_only;
int world_open_units, world_timers;
size_t world_free_pages, world_buffer_len;
unsigned world_kill_at_transfer, world_kill_before_message, world_kill_behind_message;
unsigned world_transfers, world_messages, world_kills;

/// fatfs' task, and the one that has been told of the mounts.
static task_t server = 20, told;
/// fatfs has ended, and what it still does is in vain.
static bool is_dying;
static struct message reply;

// ---- Disks ----------------------------------------------------------------------------------------

error_t blk_open(struct blk_unit *unit, const char *name, size_t buffer_len, bool writable) {
    if (strncmp(name, "disk", 4) != 0 || (name[4] != '0' && name[4] != '1') || name[5] != '\0') {
        return ERR_NOT_FOUND;
    }
    if (world_read_only && writable) {
        return ERR_NOT_PERMITTED;
    }
    const struct blkcache_device *device = &world_disks[name[4] - '0'].device;
    *unit = (struct blk_unit){.num_sectors = device->num_sectors,
                              .sector_size = device->sector_size,
                              .max_bytes = device->max_bytes,
                              .writable = writable,
                              .buffer = device->buffer,
                              .buffer_len = device->buffer_len};
    strncpy2(unit->name, name, sizeof(unit->name));
    world_buffer_len = buffer_len;
    world_open_units++;
    return OK;
}

void blk_close(struct blk_unit *unit __unused) {
    world_open_units--;
}

static struct disk *disk_of(const struct blk_unit *unit) {
    return &world_disks[unit->name[4] - '0'];
}

/// Whether fatfs has ended here, or before.
static bool ends_here(void) {
    world_transfers++;
    is_dying = is_dying || world_transfers == world_kill_at_transfer;
    return is_dying;
}

error_t blk_transfer_segments(struct blk_unit *unit, unsigned flags,
                              const struct blk_segment *segments, size_t num_segments) {
    if (ends_here()) {
        return ERR_IO;
    }
    TEST_EXPECT(!(flags & BLK_WRITE) || unit->writable);
    return disk_of(unit)->device.transfer(disk_of(unit), flags, segments, num_segments);
}

error_t blk_flush(struct blk_unit *unit) {
    return ends_here() ? ERR_IO : disk_of(unit)->device.flush(disk_of(unit));
}

// ---- fatfs ----------------------------------------------------------------------------------------

error_t timer_set(msec_t timeout __unused) {
    world_timers++;
    return OK;
}

uint64_t timer_uptime(void) {
    return 0;
}

/// A copy of a message's payload, as the kernel makes one. Who sends a string doesn't say how long it is.
static void copy_payload(struct message *m) {
    unsigned kind = MSG_OOL_KIND(m->type);
    if (kind == MSG_OOL_NONE) {
        return;
    }
    if (kind == MSG_OOL_STR) {
        m->ool_len = strlen(m->ool_ptr) + 1;
    }
    void *copy = malloc(MAX(m->ool_len, 1u));
    if (m->ool_len > 0) {
        memcpy(copy, m->ool_ptr, m->ool_len);
    }
    m->ool_ptr = copy;
}

void ipc_reply(task_t dst __unused, struct message *m) {
    reply = *m;
    if (!IS_ERROR(reply.type)) {
        copy_payload(&reply);
    }
}

error_t ipc_serve(const char *name __unused) {
    return OK;
}

error_t ipc_recv(task_t src __unused, struct message *m __unused) {
    return ERR_ABORTED;
}

error_t async_recv(task_t src __unused, struct message *m __unused) {
    return ERR_EMPTY;
}

void discard_unknown_message(struct message *m __unused) {}

/// What fatfs answers.
static error_t dispatch(struct message *m) {
    struct message request = *m;
    request.src = world_client;
    copy_payload(&request);
    reply.type = ERR_ABORTED;
    TEST_EXPECT(fs_server_dispatch(&files_server, &request));
    files_server.handled();
    *m = reply;
    return IS_ERROR(m->type) ? m->type : OK;
}

void world_kill(void) {
    is_dying = true;
    // The next one's timer doesn't run.
    files_server.timer();
    fs_server_forget(CLIENT);
    fs_server_forget(OTHER_CLIENT);
    struct fs_volume *volume;
    while ((volume = fs_volumes_at(0)) != NULL) {
        // What can't be written is given up the second time.
        (void) files_server.unmount(volume);
    }
    is_dying = false;
    server++;
    world_kills++;
}

// ---- Messages -------------------------------------------------------------------------------------

const char *program_cmdline(void) {
    static char cmdline[USER_ARGS_LEN] = "test";
    return cmdline;
}

/// Nobody knows what time it is.
task_t ipc_lookup(const char *name) {
    return !strcmp(name, "fs") ? VFS : !strcmp(name, "fs.fat") ? server : ERR_NOT_FOUND;
}

static error_t answer_vfs(struct message *m) {
    TEST_EXPECT_EQ(m->type, VFS_RESOLVE_MSG);
    const char *path = m->vfs_resolve.path;
    if (told != server) {
        error_t err = world_mount("disk0", false);
        err = IS_OK(err) || err == ERR_ALREADY_EXISTS ? world_mount("disk1", false) : err;
        // It has ended once more.
        told = (IS_OK(err) || err == ERR_ALREADY_EXISTS) ? server : NO_BODY;
    }
    m->type = VFS_RESOLVE_REPLY_MSG;
    m->vfs_resolve_reply.task = told;
    strncpy2(m->vfs_resolve_reply.service, "fs.fat", VFS_SERVICE_LEN);
    m->vfs_resolve_reply.path = path;
    copy_payload(m);
    return OK;
}

static error_t answer_vm(struct message *m) {
    if (m->type == VM_STATS_MSG) {
        m->type = VM_STATS_REPLY_MSG;
        m->vm_stats_reply.total_pages = 2 * world_free_pages;
        m->vm_stats_reply.free_pages = world_free_pages;
        return OK;
    }
    TEST_EXPECT_EQ(m->type, TASK_WATCH_MSG);
    m->type = TASK_WATCH_REPLY_MSG;
    return OK;
}

error_t ipc_call(task_t dst, struct message *m) {
    if (dst == INIT_TASK) {
        return answer_vm(m);
    }
    if (dst == VFS) {
        return answer_vfs(m);
    }
    unsigned number = ++world_messages;
    if (number == world_kill_before_message) {
        world_kill();
    }
    if (dst != server) {
        return ERR_INVALID_TASK;
    }
    error_t err = dispatch(m);
    if (is_dying || number == world_kill_behind_message) {
        if (IS_OK(err) && MSG_OOL_KIND(m->type) != MSG_OOL_NONE) {
            free(m->ool_ptr);
        }
        world_kill();
        return ERR_ABORTED;
    }
    return err;
}

error_t world_mount(const char *volume, bool read_only) {
    char name[FS_VOLUME_LEN] = "";
    strncpy2(name, volume, sizeof(name));
    return call_fs_mount(server, name, read_only);
}

error_t world_unmount(const char *volume) {
    char name[FS_VOLUME_LEN] = "";
    strncpy2(name, volume, sizeof(name));
    return call_fs_unmount(server, name);
}

void world_begin(void) {
    static const struct format format = {16, 512, 1, 4200, 512, 2};
    uint8_t *image = malloc(format_len(&format));
    format_volume(&format, image);
    for (size_t i = 0; i < 2; i++) {
        disk_init(&world_disks[i], format_len(&format) / 512, 512, BUFFER_LEN);
        disk_load(&world_disks[i], image, format_len(&format));
    }
    free(image);
    world_client = CLIENT;
    world_read_only = false;
    world_kill_at_transfer = world_kill_before_message = world_kill_behind_message = 0;
    world_transfers = world_messages = world_kills = 0;
    world_timers = 0;
    TEST_EXPECT_EQ(world_open_units, 0);
}

void world_end(void) {
    world_kill();
    TEST_EXPECT_EQ(world_open_units, 0);
    disk_destroy(&world_disks[0]);
    disk_destroy(&world_disks[1]);
}
