#include "../mounts.h"

#include <fs_path.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

static struct fs_place place;

/// What a path is called, and by whom; "" if there is an error.
static const char *find(const char *path) {
    const struct mount *mount;
    return IS_OK(mounts_find(path, &mount, &place)) ? place.path : "";
}

static error_t find_error(const char *path) {
    const struct mount *mount;
    return mounts_find(path, &mount, &place);
}

TEST("the longest mount point that a path begins with counts") {
    world_reset();
    TEST_EXPECT_EQ(find_error("/x"), ERR_NOT_FOUND);
    world_mount("fs.a", "root", "/");
    world_mount("fs.b", "disk0", "/disk");
    world_mount("fs.a", "deep", "/disk/a/b");
    TEST_EXPECT_STR_EQ(find("/x/y"), "/root/x/y");
    TEST_EXPECT_EQ(place.server, world_a);
    TEST_EXPECT_STR_EQ(find("/disks"), "/root/disks");
    TEST_EXPECT_STR_EQ(find("/disk"), "/disk0");
    TEST_EXPECT_EQ(place.server, world_b);
    TEST_EXPECT_STR_EQ(find("/disk/a"), "/disk0/a");
    TEST_EXPECT_STR_EQ(find("/disk/a/b/c"), "/deep/c");
    TEST_EXPECT_STR_EQ(find("/"), "/root");
}

TEST("a path that becomes too long is refused") {
    world_reset();
    world_mount("fs.a", "root", "/");
    char path[FS_PATH_LEN];
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[FS_PATH_MAX - 5] = '\0';
    TEST_EXPECT_EQ(strlen(find(path)), FS_PATH_MAX);
    path[FS_PATH_MAX - 5] = 'x';
    path[FS_PATH_MAX - 4] = '\0';
    TEST_EXPECT_EQ(find_error(path), ERR_TOO_LARGE);
}

TEST("a file system is told once of a volume, and again when it was restarted") {
    world_reset();
    world_mount("fs.a", "root", "/");
    TEST_EXPECT_EQ(world_mounts, 1);
    (void) find("/x");
    TEST_EXPECT_EQ(world_mounts, 1);
    world_a = 0;
    TEST_EXPECT_STR_EQ(find("/x"), "/root/x");
    TEST_EXPECT_EQ(place.server, 0);
    world_a = 21;
    TEST_EXPECT_STR_EQ(find("/x"), "/root/x");
    TEST_EXPECT_EQ(place.server, 21);
    TEST_EXPECT_EQ(world_mounts, 2);
    // It has it already.
    world_a = 22;
    world_mount_error = ERR_ALREADY_EXISTS;
    TEST_EXPECT_EQ(find_error("/x"), OK);
    // The disk is gone.
    world_a = 23;
    world_mount_error = ERR_IO;
    TEST_EXPECT_EQ(find_error("/x"), ERR_IO);
    // It ends just now.
    world_mount_error = ERR_ABORTED;
    TEST_EXPECT_EQ(find_error("/x"), OK);
    TEST_EXPECT_EQ(place.server, 0);
    world_mount_error = OK;
    TEST_EXPECT_EQ(find_error("/x"), OK);
    TEST_EXPECT_EQ(place.server, 23);
}

TEST("mounts that can't be") {
    world_reset();
    struct mount mount = {.service = "fs.a", .volume = "vol", .path = "/m"};
    world_mount_error = ERR_NOT_ACCEPTABLE;
    TEST_EXPECT_EQ(mounts_attach(&mount), ERR_NOT_ACCEPTABLE);
    world_mount_error = OK;
    world_a = 0;
    TEST_EXPECT_EQ(mounts_attach(&mount), ERR_UNAVAILABLE);
    world_a = 20;
    struct mount unknown = {.service = "fs.c", .volume = "vol", .path = "/m"};
    TEST_EXPECT_EQ(mounts_attach(&unknown), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(mounts_at(0), NULL);
    TEST_EXPECT_EQ(mounts_attach(&mount), OK);
    TEST_EXPECT_EQ(mounts_attach(&mount), ERR_ALREADY_EXISTS);
    struct mount read_only = {.service = "fs.a", .volume = "vol", .path = "/r", .read_only = true};
    TEST_EXPECT_EQ(mounts_attach(&read_only), ERR_IN_USE);
    for (unsigned i = 1; i < VFS_MOUNTS_MAX; i++) {
        mount.path[1] = (char) ('A' + i);
        TEST_EXPECT_EQ(mounts_attach(&mount), OK);
    }
    mount.path[1] = 'z';
    TEST_EXPECT_EQ(mounts_attach(&mount), ERR_NO_MEMORY);
}

TEST("a volume is let go with its last mount") {
    world_reset();
    world_mount("fs.a", "vol", "/1");
    world_mount("fs.a", "vol", "/2");
    world_mount("fs.b", "vol", "/3");
    TEST_EXPECT_EQ(mounts_detach("/x"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(mounts_detach("/1"), OK);
    TEST_EXPECT_EQ(world_unmounts, 0);
    world_unmount_error = ERR_IN_USE;
    TEST_EXPECT_EQ(mounts_detach("/2"), ERR_IN_USE);
    TEST_EXPECT_STR_EQ(find("/2/x"), "/vol/x");
    world_unmount_error = OK;
    TEST_EXPECT_EQ(mounts_detach("/2"), OK);
    TEST_EXPECT_EQ(world_unmounts, 2);
    TEST_EXPECT_EQ(find_error("/2/x"), ERR_NOT_FOUND);
    // One that is gone has let it go.
    world_b = 0;
    TEST_EXPECT_EQ(mounts_detach("/3"), OK);
}

TEST("directories that lead to mount points") {
    world_reset();
    TEST_EXPECT(mounts_is_directory("/"));
    TEST_EXPECT(!mounts_is_directory("/a"));
    world_mount("fs.a", "vol", "/a/b/c");
    world_mount("fs.a", "two", "/a/x");
    world_mount("fs.a", "abc", "/abc");
    TEST_EXPECT(mounts_is_directory("/"));
    TEST_EXPECT(mounts_is_directory("/a"));
    TEST_EXPECT(mounts_is_directory("/a/b"));
    TEST_EXPECT(!mounts_is_directory("/a/b/c"));
    TEST_EXPECT(!mounts_is_directory("/ab"));
    size_t len;
    TEST_EXPECT_MEM_EQ(mounts_name_in("/", 0, &len), "a", 1);
    TEST_EXPECT_EQ(len, 1);
    // The same name once more.
    TEST_EXPECT_EQ(mounts_name_in("/", 1, &len), NULL);
    TEST_EXPECT_MEM_EQ(mounts_name_in("/", 2, &len), "abc", 3);
    TEST_EXPECT_MEM_EQ(mounts_name_in("/a", 1, &len), "x", 1);
    TEST_EXPECT_EQ(mounts_name_in("/a", 2, &len), NULL);
    TEST_EXPECT_EQ(mounts_name_in("/abc", 2, &len), NULL);
    world_mount("fs.a", "root", "/");
    TEST_EXPECT(mounts_is_directory("/"));
    TEST_EXPECT_EQ(mounts_detach("/abc"), OK);
    TEST_EXPECT_EQ(mounts_detach("/a/x"), OK);
    TEST_EXPECT_EQ(mounts_detach("/a/b/c"), OK);
    TEST_EXPECT(!mounts_is_directory("/"));
}

TEST("who lists a directory waits for the file system that it is in") {
    world_reset();
    world_mount("fs.a", "root", "/");
    world_mount("fs.b", "disk", "/disk");
    TEST_EXPECT_EQ(mounts_waits_for("/"), NULL);
    world_b = 0;
    TEST_EXPECT_EQ(mounts_waits_for("/"), NULL);
    world_a = 0;
    TEST_EXPECT_STR_EQ(mounts_waits_for("/")->service, "fs.a");
    TEST_EXPECT_STR_EQ(mounts_waits_for("/disk/x")->service, "fs.b");
}
