// The servers' half: messages to a file system that has one file, and counts what it is asked for.

#include "server_test.h"

#include <fs_server.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <string.h>
#include <unittest.h>

enum {
    ALICE = 100,
    BOB = 101
};

/// The volumes' only file is of them all.
static char contents[16];
static size_t contents_len;
static int num_open;
static error_t close_error, list_error, watch_error;
static int num_syncs;
/// Where the last rename led to.
static char renamed[32];
/// Names that are listed.
static unsigned num_names;
static task_t ended;

/// The last answer. A payload is a copy, which expect_* free.
static struct message answer;

error_t server_test_vm(struct message *m) {
    TEST_EXPECT_EQ(m->type, TASK_WATCH_MSG);
    m->type = TASK_WATCH_REPLY_MSG;
    return watch_error;
}

void ipc_reply(task_t dst, struct message *m) {
    TEST_EXPECT(dst == ALICE || dst == BOB);
    answer = *m;
}

error_t async_recv(task_t src, struct message *m) {
    TEST_EXPECT_EQ(src, INIT_TASK);
    if (!ended) {
        return ERR_EMPTY;
    }
    m->type = TASK_EXITED_MSG;
    m->task_exited.task = ended;
    ended = 0;
    return OK;
}

error_t ipc_serve(const char *name __unused) {
    return OK;
}

error_t ipc_recv(task_t src __unused, struct message *m __unused) {
    return ERR_ABORTED;
}

void discard_unknown_message(struct message *m __unused) {}

static error_t toy_open(struct fs_volume *volume, const char *path, struct fs_node **node) {
    if (strcmp(path, "/file") != 0 && strcmp(path, "/") != 0) {
        return ERR_NOT_FOUND;
    }
    num_open++;
    *node = (struct fs_node *) volume->name;
    return OK;
}

static error_t toy_create(struct fs_volume *volume, const char *path, bool exist_ok,
                          struct fs_node **node) {
    return exist_ok ? toy_open(volume, path, node) : ERR_ALREADY_EXISTS;
}

static error_t toy_close(struct fs_volume *volume, struct fs_node *node) {
    TEST_EXPECT_EQ((char *) node, volume->name);
    num_open--;
    return close_error;
}

static error_t toy_read(struct fs_volume *volume __unused, struct fs_node *node __unused,
                        uint64_t offset, size_t len, const uint8_t **data, size_t *data_len) {
    TEST_EXPECT_LE(len, FS_TRANSFER_MAX);
    *data = (const uint8_t *) &contents[offset];
    *data_len = MIN(len, contents_len - offset);
    return OK;
}

static error_t toy_write(struct fs_volume *volume __unused, struct fs_node *node __unused,
                         uint64_t offset, const void *data, size_t len) {
    memcpy(&contents[offset], data, len);
    contents_len = offset + len;
    return OK;
}

static error_t toy_truncate(struct fs_volume *volume __unused, struct fs_node *node __unused,
                            uint64_t size) {
    contents_len = size;
    return OK;
}

static error_t toy_flush(struct fs_volume *volume __unused, struct fs_node *node __unused) {
    return ERR_IO;
}

static void toy_fstat(struct fs_volume *volume __unused, struct fs_node *node __unused,
                      struct fs_info *info) {
    *info = (struct fs_info){.size = contents_len, .type = FS_TYPE_FILE};
}

static error_t toy_stat(struct fs_volume *volume __unused, const char *path, struct fs_info *info) {
    *info = (struct fs_info){.size = strlen(path), .mtime = 5, .type = FS_TYPE_FILE};
    return OK;
}

static error_t toy_list(struct fs_volume *volume __unused, struct fs_node *node __unused,
                        uint64_t *position, char name[FS_NAME_MAX + 1], struct fs_info *info) {
    if (*position == num_names) {
        return IS_ERROR(list_error) ? list_error : ERR_END;
    }
    memset(name, 'x', FS_NAME_MAX);
    name[FS_NAME_MAX] = '\0';
    info->size = ++*position;
    return OK;
}

static error_t toy_sync(struct fs_volume *volume) {
    num_syncs++;
    return strcmp(volume->name, "bad") ? OK : ERR_IO;
}

static error_t toy_path(struct fs_volume *volume __unused, const char *path) {
    return strcmp(path, "/file") ? ERR_NOT_FOUND : ERR_IN_USE;
}

static error_t toy_rename(struct fs_volume *volume __unused, struct fs_node *node __unused,
                          const char *path) {
    strncpy2(renamed, path, sizeof(renamed));
    return OK;
}

static error_t toy_volume(struct fs_volume *volume, struct fs_volume_reply_fields *reply) {
    strncpy2(reply->label, volume->name, sizeof(reply->label));
    return OK;
}

static error_t toy_mount(const char *name, bool read_only) {
    struct fs_volume *volume = read_only ? NULL : malloc(sizeof(*volume));
    if (!volume) {
        return ERR_NOT_ACCEPTABLE;
    }
    fs_volumes_add(volume, name);
    return OK;
}

static error_t toy_unmount(struct fs_volume *volume) {
    fs_volumes_remove(volume);
    free(volume);
    return OK;
}

static const struct fs_server toy = {
    .open = toy_open,
    .create = toy_create,
    .close = toy_close,
    .read = toy_read,
    .write = toy_write,
    .truncate = toy_truncate,
    .flush = toy_flush,
    .stat = toy_stat,
    .fstat = toy_fstat,
    .list = toy_list,
    .sync = toy_sync,
    .remove = toy_path,
    .mkdir = toy_path,
    .rename = toy_rename,
    .volume = toy_volume,
    .mount = toy_mount,
    .unmount = toy_unmount,
};

/// Sends a message, of which the answer is in `answer`. Returns its type.
static int ask(task_t client, int type, struct message *m) {
    m->src = client;
    m->type = type;
    TEST_EXPECT(fs_server_dispatch(&toy, m));
    return answer.type;
}

static int ask_path(task_t client, int type, const char *path) {
    // Of all these messages, the path comes first, but for those with more than that.
    struct message m = {0};
    m.fs_open.path = strdup(path);
    m.fs_open.path_len = strlen(path) + 1;
    return ask(client, type, &m);
}

static int ask_handle(task_t client, int type, handle_t handle) {
    struct message m = {0};
    m.fs_close.handle = handle;
    return ask(client, type, &m);
}

static int ask_volume(int type, const char *name, bool read_only) {
    struct message m = {0};
    m.fs_mount.read_only = read_only && type == FS_MOUNT_MSG;
    memcpy(type == FS_MOUNT_MSG ? m.fs_mount.volume : m.fs_unmount.volume, name, strlen(name));
    return ask(ALICE, type, &m);
}

static int ask_read(handle_t handle, size_t len) {
    struct message m = {0};
    m.fs_read.handle = handle;
    m.fs_read.len = len;
    return ask(ALICE, FS_READ_MSG, &m);
}

static int ask_rename(handle_t handle, const char *path) {
    struct message m = {0};
    m.fs_rename.handle = handle;
    m.fs_rename.path = strdup(path);
    m.fs_rename.path_len = strlen(path) + 1;
    return ask(ALICE, FS_RENAME_MSG, &m);
}

static handle_t open_it(task_t client, const char *path) {
    TEST_EXPECT_EQ(ask_path(client, FS_OPEN_MSG, path), FS_OPEN_REPLY_MSG);
    return answer.fs_open_reply.handle;
}

static void begin(void) {
    close_error = list_error = watch_error = OK;
    contents_len = 3;
    memcpy(contents, "abc", 3);
    num_syncs = 0;
    TEST_EXPECT_EQ(num_open, 0);
    TEST_EXPECT_EQ(ask_volume(FS_MOUNT_MSG, "one", false), FS_MOUNT_REPLY_MSG);
    TEST_EXPECT_EQ(ask_volume(FS_MOUNT_MSG, "two", false), FS_MOUNT_REPLY_MSG);
}

static void end(void) {
    TEST_EXPECT_EQ(ask_volume(FS_UNMOUNT_MSG, "one", false), FS_UNMOUNT_REPLY_MSG);
    TEST_EXPECT_EQ(ask_volume(FS_UNMOUNT_MSG, "two", false), FS_UNMOUNT_REPLY_MSG);
    TEST_EXPECT_EQ(num_open, 0);
}

TEST("server: volumes are mounted once, and stay while they are in use") {
    begin();
    TEST_EXPECT_EQ(ask_volume(FS_MOUNT_MSG, "one", false), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(ask_volume(FS_MOUNT_MSG, "three", true), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(ask_volume(FS_UNMOUNT_MSG, "three", false), ERR_NOT_FOUND);
    handle_t handle = open_it(ALICE, "/one/file");
    TEST_EXPECT_EQ(ask_volume(FS_UNMOUNT_MSG, "one", false), ERR_IN_USE);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_CLOSE_MSG, handle), FS_CLOSE_REPLY_MSG);
    // A name without a NUL is cut, and can't be one of another field.
    TEST_EXPECT_EQ(ask_volume(FS_MOUNT_MSG, "0123456789abcdef", false), FS_MOUNT_REPLY_MSG);
    TEST_EXPECT_EQ(ask_volume(FS_UNMOUNT_MSG, "0123456789abcde", false), FS_UNMOUNT_REPLY_MSG);
    end();
}

TEST("server: paths are made canonical, and lead to a volume or nowhere") {
    begin();
    TEST_EXPECT_EQ(ask_path(ALICE, FS_STAT_MSG, "//one/./a/../file/"), FS_STAT_REPLY_MSG);
    TEST_EXPECT_EQ(answer.fs_stat_reply.size, strlen("/file"));
    TEST_EXPECT_EQ(ask_path(ALICE, FS_STAT_MSG, "/three/file"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_STAT_MSG, "one"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_STAT_MSG, "/one/../.."), FS_STAT_REPLY_MSG);
    TEST_EXPECT_EQ(answer.fs_stat_reply.type, FS_TYPE_DIRECTORY);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_REMOVE_MSG, "/one/file"), ERR_IN_USE);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_MKDIR_MSG, "/one/x"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_VOLUME_MSG, "/two/x"), FS_VOLUME_REPLY_MSG);
    TEST_EXPECT_STR_EQ(answer.fs_volume_reply.label, "two");
    end();
}

TEST("server: the root directory has the volumes, and can't be changed") {
    begin();
    TEST_EXPECT_EQ(ask_path(ALICE, FS_REMOVE_MSG, "/"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_MKDIR_MSG, "/"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_VOLUME_MSG, "/"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_CREATE_MSG, "/"), ERR_NOT_PERMITTED);
    handle_t root = open_it(ALICE, "/");
    TEST_EXPECT_EQ(ask_read(root, 10), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_FLUSH_MSG, root), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(ask_rename(root, "/one/x"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_FSTAT_MSG, root), FS_FSTAT_REPLY_MSG);
    TEST_EXPECT_EQ(answer.fs_fstat_reply.type, FS_TYPE_DIRECTORY);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_LIST_MSG, root), FS_LIST_REPLY_MSG);
    size_t offset = 0;
    const void *list = answer.fs_list_reply.entries;
    size_t len = answer.fs_list_reply.entries_len;
    TEST_EXPECT_MEM_EQ(fs_entries_next(list, len, &offset)->name, "two", 3);
    TEST_EXPECT_MEM_EQ(fs_entries_next(list, len, &offset)->name, "one", 3);
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_CLOSE_MSG, root), FS_CLOSE_REPLY_MSG);
    end();
}

TEST("server: files are read, written and moved through their handles") {
    begin();
    handle_t handle = open_it(ALICE, "/one/file");
    TEST_EXPECT_EQ(ask_read(handle, SIZE_MAX), FS_READ_REPLY_MSG);
    TEST_EXPECT_EQ(answer.fs_read_reply.data_len, 3);
    TEST_EXPECT_MEM_EQ(answer.fs_read_reply.data, "abc", 3);
    struct message m = {0};
    m.fs_write.handle = handle;
    m.fs_write.offset = 3;
    m.fs_write.data = strdup("d");
    m.fs_write.data_len = 1;
    TEST_EXPECT_EQ(ask(ALICE, FS_WRITE_MSG, &m), FS_WRITE_REPLY_MSG);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_FSTAT_MSG, handle), FS_FSTAT_REPLY_MSG);
    TEST_EXPECT_EQ(answer.fs_fstat_reply.size, 4);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_TRUNCATE_MSG, handle), FS_TRUNCATE_REPLY_MSG);
    TEST_EXPECT_EQ(contents_len, 0);
    // What the file system says is what is answered.
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_FLUSH_MSG, handle), ERR_IO);
    TEST_EXPECT_EQ(ask_rename(handle, "/one/b"), FS_RENAME_REPLY_MSG);
    TEST_EXPECT_STR_EQ(renamed, "/b");
    TEST_EXPECT_EQ(ask_rename(handle, "/two/b"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(ask_rename(handle, "/"), ERR_NOT_PERMITTED);
    close_error = ERR_IO;
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_CLOSE_MSG, handle), ERR_IO);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_CLOSE_MSG, handle), ERR_NOT_FOUND);
    end();
}

TEST("server: handles are their client's, and end with it") {
    begin();
    handle_t handle = open_it(ALICE, "/one/file");
    handle_t root = open_it(ALICE, "/");
    handle_t bobs = open_it(BOB, "/two/file");
    TEST_EXPECT_EQ(ask_handle(BOB, FS_CLOSE_MSG, handle), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(ask_handle(BOB, FS_FSTAT_MSG, root), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_LIST_MSG, -1), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(num_open, 2);
    ended = ALICE;
    async_take_exits(fs_server_forget);
    TEST_EXPECT_EQ(num_open, 1);
    TEST_EXPECT_EQ(ask_handle(BOB, FS_CLOSE_MSG, bobs), FS_CLOSE_REPLY_MSG);

    // One that is gone already gets none.
    watch_error = ERR_INVALID_TASK;
    TEST_EXPECT_EQ(ask_path(ALICE, FS_OPEN_MSG, "/one/file"), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_OPEN_MSG, "/"), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(num_open, 0);
    end();
}

TEST("server: long lists come in pieces, and end at damage") {
    begin();
    num_names = 100;
    list_error = ERR_IO;
    handle_t handle = open_it(ALICE, "/one");
    unsigned listed = 0;
    struct message m = {0};
    while (true) {
        uint64_t from = m.fs_list.position;
        m = (struct message){0};
        m.fs_list.handle = handle;
        m.fs_list.position = from;
        if (ask(ALICE, FS_LIST_MSG, &m) != FS_LIST_REPLY_MSG) {
            break;
        }
        size_t offset = 0;
        const struct fs_entry *entry;
        while ((entry = fs_entries_next(answer.fs_list_reply.entries,
                                        answer.fs_list_reply.entries_len, &offset))
               != NULL) {
            TEST_EXPECT_EQ(entry->size, ++listed);
        }
        m.fs_list.position = answer.fs_list_reply.next;
        TEST_EXPECT_EQ(answer.fs_list_reply.next, listed);
    }
    TEST_EXPECT_EQ(answer.type, ERR_IO);
    TEST_EXPECT_EQ(listed, num_names);
    TEST_EXPECT_EQ(ask_handle(ALICE, FS_CLOSE_MSG, handle), FS_CLOSE_REPLY_MSG);
    end();
}

TEST("server: all volumes are synchronized, one that fails or not") {
    begin();
    TEST_EXPECT_EQ(ask_volume(FS_MOUNT_MSG, "bad", false), FS_MOUNT_REPLY_MSG);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_SYNC_MSG, "/"), ERR_IO);
    TEST_EXPECT_EQ(num_syncs, 3);
    TEST_EXPECT_EQ(ask_path(ALICE, FS_SYNC_MSG, "/one"), FS_SYNC_REPLY_MSG);
    TEST_EXPECT_EQ(num_syncs, 4);
    TEST_EXPECT_EQ(ask_volume(FS_UNMOUNT_MSG, "bad", false), FS_UNMOUNT_REPLY_MSG);
    end();
}
