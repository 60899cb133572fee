#include "../files.h"

#include <fs.h>
#include <idl_server.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

enum {
    ALICE = 100,
    BOB = 101
};

static error_t open_file(task_t client, const char *path, handle_t *handle) {
    files_init();
    struct fs_open_fields request = {.path = path};
    struct fs_open_reply_fields reply = {0};
    error_t err = files_ops.open(client, &request, &reply);
    *handle = reply.handle;
    return err;
}

static error_t close_file(task_t client, handle_t handle) {
    return files_ops.close(client, &(struct fs_close_fields){.handle = handle});
}

static void expect_contents(task_t client, handle_t handle, const char *text) {
    struct fs_read_fields request = {.handle = handle, .len = 1000};
    struct fs_read_reply_fields reply = {0};
    TEST_EXPECT_EQ(files_ops.read(client, &request, &reply), OK);
    TEST_EXPECT_EQ(reply.data_len, strlen(text));
    TEST_EXPECT_MEM_EQ(reply.data, text, strlen(text));
    files_ops.free_reply((void *) reply.data);
}

TEST("files are opened where they are, and read") {
    world_reset();
    world_mount("fs.a", "root", "/");
    world_mount("fs.b", "disk0", "/disk");
    handle_t one, two;
    TEST_EXPECT_EQ(open_file(ALICE, "/a/../b", &one), OK);
    TEST_EXPECT_EQ(open_file(ALICE, "/disk/c", &two), OK);
    expect_contents(ALICE, one, "/root/b");
    expect_contents(ALICE, two, "/disk0/c");
    TEST_EXPECT_EQ(world_opens, 2);
    TEST_EXPECT_EQ(close_file(ALICE, one), OK);
    TEST_EXPECT_EQ(close_file(ALICE, two), OK);
    TEST_EXPECT_EQ(close_file(ALICE, two), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(world_opens, 0);
    TEST_EXPECT_EQ(open_file(ALICE, "relative", &one), ERR_INVALID_ARG);
    world_open_error = ERR_NOT_FOUND;
    TEST_EXPECT_EQ(open_file(ALICE, "/x", &one), ERR_NOT_FOUND);
}

TEST("handles are their client's, and end with it") {
    world_reset();
    world_mount("fs.a", "root", "/");
    handle_t one, two, bobs;
    TEST_EXPECT_EQ(open_file(ALICE, "/1", &one), OK);
    TEST_EXPECT_EQ(open_file(ALICE, "/2", &two), OK);
    TEST_EXPECT_EQ(open_file(BOB, "/3", &bobs), OK);
    TEST_EXPECT_EQ(world_watches, 3);
    TEST_EXPECT_EQ(close_file(BOB, one), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(world_opens, 3);
    files_forget(ALICE);
    TEST_EXPECT_EQ(world_opens, 1);
    expect_contents(BOB, bobs, "/root/3");
    TEST_EXPECT_EQ(close_file(BOB, bobs), OK);
}

TEST("a file system that was restarted opens again what was open") {
    world_reset();
    world_mount("fs.a", "root", "/");
    handle_t handle;
    TEST_EXPECT_EQ(open_file(ALICE, "/1", &handle), OK);
    world_a = 21;
    expect_contents(ALICE, handle, "/root/1");
    TEST_EXPECT_EQ(world_opens, 2);
    TEST_EXPECT_EQ(close_file(ALICE, handle), OK);
    world_opens = 0;

    world_a = 0;
    TEST_EXPECT_EQ(open_file(ALICE, "/1", &handle), ERR_UNAVAILABLE);
}

static void expect_list(handle_t handle, const char *names) {
    char found[256] = "";
    struct fs_list_fields request = {.handle = handle};
    struct fs_list_reply_fields reply;
    do {
        memset(&reply, 0, sizeof(reply));
        TEST_EXPECT_EQ(files_ops.list(ALICE, &request, &reply), OK);
        size_t offset = 0;
        const struct fs_entry *entry;
        while ((entry = fs_entries_next(reply.entries, reply.entries_len, &offset)) != NULL) {
            memcpy(&found[strlen(found)], entry->name, entry->name_len);
            found[strlen(found)] = ' ';
        }
        request.position = reply.next;
        files_ops.free_reply((void *) reply.entries);
    } while (reply.entries_len > 0);
    TEST_EXPECT_STR_EQ(found, names);
}

TEST("a directory shows the mount points that are in it") {
    world_reset();
    handle_t handle;
    TEST_EXPECT_EQ(open_file(ALICE, "/", &handle), OK);
    expect_list(handle, "");
    TEST_EXPECT_EQ(close_file(ALICE, handle), OK);

    world_mount("fs.b", "disk0", "/disk");
    world_mount("fs.b", "other", "/a/b");
    TEST_EXPECT_EQ(open_file(ALICE, "/", &handle), OK);
    expect_list(handle, "disk a ");
    TEST_EXPECT_EQ(close_file(ALICE, handle), OK);
    TEST_EXPECT_EQ(open_file(ALICE, "/a/", &handle), OK);
    expect_list(handle, "b ");
    TEST_EXPECT_EQ(close_file(ALICE, handle), OK);

    // They hide what has their names below them.
    world_mount("fs.a", "root", "/");
    TEST_EXPECT_EQ(open_file(ALICE, "/", &handle), OK);
    expect_list(handle, "file disk a ");
    TEST_EXPECT_EQ(close_file(ALICE, handle), OK);
    TEST_EXPECT_EQ(open_file(ALICE, "/disk", &handle), OK);
    expect_list(handle, "file disk ");
    TEST_EXPECT_EQ(close_file(ALICE, handle), OK);
}

TEST("directories of mount points are directories, which stay") {
    world_reset();
    world_mount("fs.b", "disk0", "/a/disk");
    handle_t handle;
    TEST_EXPECT_EQ(open_file(ALICE, "/a", &handle), OK);
    struct fs_read_reply_fields data;
    TEST_EXPECT_EQ(files_ops.read(ALICE, &(struct fs_read_fields){.handle = handle}, &data),
                   ERR_NOT_ACCEPTABLE);
    struct fs_fstat_reply_fields info;
    TEST_EXPECT_EQ(files_ops.fstat(ALICE, &(struct fs_fstat_fields){.handle = handle}, &info), OK);
    TEST_EXPECT_EQ(info.type, FS_TYPE_DIRECTORY);
    TEST_EXPECT_EQ(
        files_ops.rename(ALICE, &(struct fs_rename_fields){.path = "/b", .handle = handle}),
        ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(close_file(ALICE, handle), OK);

    struct fs_stat_reply_fields stat;
    TEST_EXPECT_EQ(files_ops.stat(ALICE, &(struct fs_stat_fields){.path = "/a"}, &stat), OK);
    TEST_EXPECT_EQ(stat.type, FS_TYPE_DIRECTORY);
    TEST_EXPECT_EQ(files_ops.remove(ALICE, &(struct fs_remove_fields){.path = "/a"}), ERR_IN_USE);
    TEST_EXPECT_EQ(files_ops.mkdir(ALICE, &(struct fs_mkdir_fields){.path = "/a"}),
                   ERR_ALREADY_EXISTS);
    struct fs_create_reply_fields created;
    TEST_EXPECT_EQ(files_ops.create(ALICE, &(struct fs_create_fields){.path = "/"}, &created),
                   ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(files_ops.create(
                       ALICE, &(struct fs_create_fields){.path = "/", .exist_ok = true}, &created),
                   ERR_NOT_ACCEPTABLE);
}

TEST("files are renamed within a volume") {
    world_reset();
    world_mount("fs.a", "root", "/");
    world_mount("fs.b", "disk0", "/disk");
    handle_t handle;
    TEST_EXPECT_EQ(open_file(ALICE, "/1", &handle), OK);
    struct fs_rename_fields request = {.handle = handle, .path = "/disk/1"};
    TEST_EXPECT_EQ(files_ops.rename(ALICE, &request), ERR_INVALID_ARG);
    request.path = "/./2";
    TEST_EXPECT_EQ(files_ops.rename(ALICE, &request), OK);
    expect_contents(ALICE, handle, "/root/2");
    request.path = "/";
    TEST_EXPECT_EQ(files_ops.rename(ALICE, &request), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(close_file(ALICE, handle), OK);
}
