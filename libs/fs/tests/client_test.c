// The client's functions, with a table of mounts and a file system that end when the tests say so.

#include <fs.h>
#include <fs_path.h>
#include <resea/cmdline.h>
#include <resea/ipc.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "server_test.h"

enum {
    VFS = 5,
    OTHER = 6
};

/// The file system's task: another one after each end.
static task_t server = 20;
/// The file system isn't there until somebody waits for it.
static bool is_absent;
/// Messages of this type end the file system, `num_ends` times: with what is done, if `done_first`.
static int deadly;
static int num_ends;
static bool done_first;
/// Messages that the file system got.
static int num_calls;
static int num_opens;
static int num_removed;
/// The file isn't there: it was never flushed, or has its old name.
static bool is_missing;
static uint8_t contents[3 * FS_TRANSFER_MAX];
static size_t contents_len;

static void reset(void) {
    is_absent = false;
    deadly = num_ends = num_calls = num_opens = num_removed = 0;
    done_first = is_missing = false;
    contents_len = 0;
}

const char *program_cmdline(void) {
    static char cmdline[USER_ARGS_LEN] = "test \0/home/user";
    return cmdline;
}

task_t ipc_lookup(const char *name) {
    if (!strcmp(name, "fs")) {
        return VFS;
    }
    is_absent = false;
    return strcmp(name, "fs.test") ? ERR_NOT_FOUND : server;
}

static void *payload(const void *data, size_t len) {
    void *copy = malloc(len);
    memcpy(copy, data, len);
    return copy;
}

static void answer_vfs(struct message *m) {
    const char *path = m->vfs_resolve.path;
    TEST_EXPECT_EQ(m->type, VFS_RESOLVE_MSG);
    TEST_EXPECT_EQ(path[0], '/');
    task_t task = is_absent ? 0 : strncmp(path, "/other", 6) ? server : OTHER;
    char translated[2 * FS_PATH_LEN] = "/vol0";
    strncpy2(&translated[strlen(translated)], path, FS_PATH_LEN);
    m->type = VFS_RESOLVE_REPLY_MSG;
    m->vfs_resolve_reply.task = task;
    strncpy2(m->vfs_resolve_reply.service, "fs.test", VFS_SERVICE_LEN);
    m->vfs_resolve_reply.path = payload(translated, strlen(translated) + 1);
    m->vfs_resolve_reply.path_len = strlen(translated) + 1;
}

static void answer_read(struct message *m) {
    size_t offset = MIN(m->fs_read.offset, contents_len);
    size_t len = MIN(m->fs_read.len, contents_len - offset);
    m->type = FS_READ_REPLY_MSG;
    m->fs_read_reply.data = payload(&contents[offset], len);
    m->fs_read_reply.data_len = len;
}

static void answer_write(struct message *m) {
    TEST_EXPECT_LE(m->fs_write.data_len, FS_TRANSFER_MAX);
    memcpy(&contents[m->fs_write.offset], m->fs_write.data, m->fs_write.data_len);
    contents_len = MAX(contents_len, m->fs_write.offset + m->fs_write.data_len);
    m->type = FS_WRITE_REPLY_MSG;
}

static error_t answer_open(struct message *m) {
    bool create = (m->type == FS_CREATE_MSG);
    if (is_missing && !create) {
        return ERR_NOT_FOUND;
    }
    is_missing = false;
    TEST_EXPECT_STR_EQ(m->fs_open.path, "/vol0/home/user/file");
    m->type = create ? FS_CREATE_REPLY_MSG : FS_OPEN_REPLY_MSG;
    m->fs_open_reply.handle = 100 + num_opens++;
    return OK;
}

static error_t answer(struct message *m) {
    num_calls++;
    switch (m->type) {
    case FS_OPEN_MSG:
    case FS_CREATE_MSG:
        return answer_open(m);
    case FS_READ_MSG:
        answer_read(m);
        break;
    case FS_WRITE_MSG:
        answer_write(m);
        break;
    case FS_FLUSH_MSG:
        m->type = FS_FLUSH_REPLY_MSG;
        break;
    case FS_CLOSE_MSG:
        m->type = FS_CLOSE_REPLY_MSG;
        break;
    case FS_RENAME_MSG:
        TEST_EXPECT_STR_EQ(m->fs_rename.path, "/vol0/home/b");
        m->type = FS_RENAME_REPLY_MSG;
        break;
    case FS_REMOVE_MSG:
        num_removed++;
        m->type = FS_REMOVE_REPLY_MSG;
        break;
    default:
        return ERR_NOT_ACCEPTABLE;
    }
    return OK;
}

error_t ipc_call(task_t dst, struct message *m) {
    if (dst == INIT_TASK) {
        return server_test_vm(m);
    }
    if (dst == VFS) {
        answer_vfs(m);
        return OK;
    }
    if (dst != server) {
        return ERR_INVALID_TASK;
    }
    if (m->type == deadly && num_ends > 0) {
        num_ends--;
        if (done_first) {
            struct message copy = *m;
            (void) answer(&copy);
        }
        server++;
        return ERR_ABORTED;
    }
    return answer(m);
}

TEST("a program's directory stands behind its command line") {
    TEST_EXPECT_STR_EQ(fs_directory(), "/home/user");
}

TEST("what is written can be read, in pieces that messages can carry") {
    reset();
    struct fs_file file;
    static uint8_t data[2 * FS_TRANSFER_MAX + 100], back[sizeof(data) + 1];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) (i * 7 + i / 256);
    }
    TEST_EXPECT_EQ(fs_create("file", false, &file), OK);
    TEST_EXPECT_EQ(fs_write(&file, 0, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(fs_flush(&file), OK);
    TEST_EXPECT_EQ(contents_len, sizeof(data));

    size_t done;
    TEST_EXPECT_EQ(fs_read_into(&file, 0, back, sizeof(back), &done), OK);
    TEST_EXPECT_EQ(done, sizeof(data));
    TEST_EXPECT_MEM_EQ(back, data, sizeof(data));
    void *piece;
    TEST_EXPECT_EQ(fs_read(&file, 10, sizeof(data), &piece, &done), OK);
    TEST_EXPECT_EQ(done, FS_TRANSFER_MAX);
    TEST_EXPECT_MEM_EQ(piece, &data[10], done);
    free(piece);
    // An open, three writes, a flush, four reads, another one.
    TEST_EXPECT_EQ(num_calls, 10);
    fs_close(&file);
    TEST_EXPECT_EQ(num_calls, 11);
}

TEST("a restarted server is found again, and what was open is opened again") {
    reset();
    struct fs_file file;
    TEST_EXPECT_EQ(fs_open("/home/user/file", &file), OK);
    contents_len = 3;
    server++;
    void *data;
    size_t len;
    TEST_EXPECT_EQ(fs_read(&file, 0, 10, &data, &len), OK);
    TEST_EXPECT_EQ(len, 3);
    free(data);
    TEST_EXPECT_EQ(num_opens, 2);

    // In the middle of a call.
    deadly = FS_READ_MSG;
    num_ends = 2;
    TEST_EXPECT_EQ(fs_read(&file, 0, 10, &data, &len), OK);
    TEST_EXPECT_EQ(num_opens, 4);
    free(data);
    // One that ends every time is not asked for ever.
    num_ends = 100;
    TEST_EXPECT_EQ(fs_read(&file, 0, 10, &data, &len), ERR_ABORTED);
    TEST_EXPECT_GT(num_ends, 90);
    num_ends = 0;
    // It isn't there for a while.
    server++;
    is_absent = true;
    TEST_EXPECT_EQ(fs_read(&file, 0, 10, &data, &len), OK);
    free(data);
    fs_close(&file);
}

TEST("a flush tells that what was written before may be lost") {
    reset();
    struct fs_file file;
    TEST_EXPECT_EQ(fs_open("file", &file), OK);
    TEST_EXPECT_EQ(fs_write(&file, 0, "abc", 3), OK);
    server++;
    TEST_EXPECT_EQ(fs_flush(&file), ERR_ABORTED);
    TEST_EXPECT_EQ(fs_flush(&file), OK);

    TEST_EXPECT_EQ(fs_write(&file, 0, "abc", 3), OK);
    server++;
    TEST_EXPECT_EQ(fs_write(&file, 3, "def", 3), OK);
    TEST_EXPECT_EQ(fs_flush(&file), ERR_ABORTED);
    // What nobody has written can't be lost.
    server++;
    TEST_EXPECT_EQ(fs_flush(&file), OK);
    fs_close(&file);
}

TEST("a file that was created and is lost is created again") {
    reset();
    struct fs_file file;
    TEST_EXPECT_EQ(fs_create("file", false, &file), OK);
    server++;
    is_missing = true;
    TEST_EXPECT_EQ(fs_write(&file, 0, "abc", 3), OK);
    TEST_EXPECT_EQ(num_opens, 2);
    TEST_EXPECT_EQ(fs_flush(&file), OK);
    // With what had been written.
    TEST_EXPECT_EQ(fs_write(&file, 0, "abc", 3), OK);
    fs_close(&file);
    TEST_EXPECT_EQ(fs_create("file", true, &file), OK);
    TEST_EXPECT_EQ(fs_write(&file, 0, "abc", 3), OK);
    server++;
    is_missing = true;
    TEST_EXPECT_EQ(fs_write(&file, 3, "def", 3), OK);
    TEST_EXPECT_EQ(fs_flush(&file), ERR_ABORTED);
    TEST_EXPECT_EQ(fs_flush(&file), OK);
    // What was flushed, and has vanished all the same, was removed.
    server++;
    is_missing = true;
    TEST_EXPECT_EQ(fs_flush(&file), ERR_NOT_FOUND);
    fs_close(&file);
    is_missing = true;
    TEST_EXPECT_EQ(fs_open("file", &file), ERR_NOT_FOUND);
}

TEST("a file that was moved and isn't where it should be is not created") {
    reset();
    struct fs_file file;
    TEST_EXPECT_EQ(fs_create("file", false, &file), OK);
    TEST_EXPECT_EQ(fs_move(&file, "/home/b"), OK);
    server++;
    is_missing = true;
    TEST_EXPECT_EQ(fs_flush(&file), ERR_ABORTED);
    TEST_EXPECT_EQ(num_opens, 1);
    fs_close(&file);
}

TEST("a file of a server that was restarted is on the same volume still") {
    reset();
    struct fs_file file;
    TEST_EXPECT_EQ(fs_open("file", &file), OK);
    server++;
    TEST_EXPECT_EQ(fs_move(&file, "/home/b"), OK);
    TEST_EXPECT_EQ(num_opens, 2);
    TEST_EXPECT_EQ(fs_move(&file, "/other/b"), ERR_INVALID_ARG);
    fs_close(&file);
}

TEST("what may not be done twice is not") {
    reset();
    deadly = FS_REMOVE_MSG;
    num_ends = 1;
    done_first = true;
    TEST_EXPECT_EQ(fs_remove("file"), ERR_ABORTED);
    TEST_EXPECT_EQ(num_removed, 1);
    server++;
    TEST_EXPECT_EQ(fs_remove("file"), OK);
    TEST_EXPECT_EQ(num_removed, 2);

    struct fs_file file;
    deadly = FS_CREATE_MSG;
    num_ends = 1;
    TEST_EXPECT_EQ(fs_create("file", false, &file), ERR_ABORTED);
    num_ends = 1;
    TEST_EXPECT_EQ(fs_create("file", true, &file), OK);
    fs_close(&file);
}

TEST("files are renamed within a volume") {
    reset();
    TEST_EXPECT_EQ(fs_rename("file", "/home/b"), OK);
    TEST_EXPECT_EQ(num_calls, 3);
    TEST_EXPECT_EQ(fs_rename("file", "/other/b"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fs_rename("", "/home/b"), ERR_INVALID_ARG);
}

TEST("errors in words") {
    TEST_EXPECT_STR_EQ(fs_error_text(ERR_NOT_FOUND), "no such file or directory");
    TEST_EXPECT_STR_EQ(fs_error_text(ERR_END), "ERR_END");
}
