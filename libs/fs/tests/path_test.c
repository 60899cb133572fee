#include <fs_path.h>
#include <string.h>
#include <unittest.h>

static char out[FS_PATH_LEN];

static const char *canonical(const char *path) {
    return fs_path_canonical(NULL, path, out) == OK ? out : "(error)";
}

static const char *from(const char *directory, const char *path) {
    return fs_path_canonical(directory, path, out) == OK ? out : "(error)";
}

TEST("paths are made canonical") {
    TEST_EXPECT_STR_EQ(canonical("/"), "/");
    TEST_EXPECT_STR_EQ(canonical("///"), "/");
    TEST_EXPECT_STR_EQ(canonical("/a"), "/a");
    TEST_EXPECT_STR_EQ(canonical("/a/"), "/a");
    TEST_EXPECT_STR_EQ(canonical("//a//b//"), "/a/b");
    TEST_EXPECT_STR_EQ(canonical("/a/./b/."), "/a/b");
    TEST_EXPECT_STR_EQ(canonical("/./"), "/");
    TEST_EXPECT_STR_EQ(canonical("/a/../b"), "/b");
    TEST_EXPECT_STR_EQ(canonical("/a/b/../../c"), "/c");
    TEST_EXPECT_STR_EQ(canonical("/a/.."), "/");
    TEST_EXPECT_STR_EQ(canonical("/../../a"), "/a");
    TEST_EXPECT_STR_EQ(canonical("/.../..a/.b"), "/.../..a/.b");
}

TEST("a path that isn't absolute begins from a directory, if there is one") {
    TEST_EXPECT_EQ(fs_path_canonical(NULL, "a", out), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fs_path_canonical(NULL, "", out), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fs_path_canonical("/a", "", out), ERR_INVALID_ARG);
    TEST_EXPECT_STR_EQ(from("/", "a"), "/a");
    TEST_EXPECT_STR_EQ(from("/a/b", "c/d"), "/a/b/c/d");
    TEST_EXPECT_STR_EQ(from("/a/b", ".."), "/a");
    TEST_EXPECT_STR_EQ(from("/a/b", "."), "/a/b");
    TEST_EXPECT_STR_EQ(from("/a/b", "../../.."), "/");
    TEST_EXPECT_STR_EQ(from("/a/b", "/c"), "/c");
}

TEST("paths and names that are too long") {
    static char path[4 * FS_PATH_LEN];
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[1 + FS_NAME_MAX] = '\0';
    TEST_EXPECT_STR_EQ(canonical(path), path);
    path[1 + FS_NAME_MAX] = 'a';
    path[2 + FS_NAME_MAX] = '\0';
    TEST_EXPECT_EQ(fs_path_canonical(NULL, path, out), ERR_TOO_LARGE);

    // 1023 bytes in all, then one more.
    memset(path, 'a', sizeof(path));
    for (size_t i = 0; i < sizeof(path); i += 128) {
        path[i] = '/';
    }
    path[FS_PATH_MAX] = '\0';
    TEST_EXPECT_STR_EQ(canonical(path), path);
    path[FS_PATH_MAX] = 'a';
    path[FS_PATH_MAX + 1] = '\0';
    path[FS_PATH_MAX - 127] = 'a';
    TEST_EXPECT_EQ(fs_path_canonical(NULL, path, out), ERR_TOO_LARGE);

    // What is taken back doesn't count.
    memset(path, '/', sizeof(path));
    path[sizeof(path) - 2] = 'x';
    path[sizeof(path) - 1] = '\0';
    TEST_EXPECT_STR_EQ(canonical(path), "/x");
}

TEST("the names of a path") {
    const char *path = "/ab/c";
    const char *name;
    TEST_EXPECT_EQ(fs_path_next(&path, &name), 2);
    TEST_EXPECT_MEM_EQ(name, "ab", 2);
    TEST_EXPECT_EQ(fs_path_next(&path, &name), 1);
    TEST_EXPECT_MEM_EQ(name, "c", 1);
    TEST_EXPECT_EQ(fs_path_next(&path, &name), 0);
    TEST_EXPECT_EQ(fs_path_next(&path, &name), 0);
    path = "/";
    TEST_EXPECT_EQ(fs_path_next(&path, &name), 0);
    TEST_EXPECT_STR_EQ(fs_path_last("/ab/c"), "c");
    TEST_EXPECT_STR_EQ(fs_path_last("/"), "");
}

TEST("paths below a directory") {
    TEST_EXPECT_STR_EQ(fs_path_below("/a/b", "/"), "/a/b");
    TEST_EXPECT_STR_EQ(fs_path_below("/", "/"), "/");
    TEST_EXPECT_STR_EQ(fs_path_below("/a/b", "/a"), "/b");
    TEST_EXPECT_STR_EQ(fs_path_below("/a", "/a"), "/");
    TEST_EXPECT_EQ(fs_path_below("/ab", "/a"), NULL);
    TEST_EXPECT_EQ(fs_path_below("/", "/a"), NULL);
    TEST_EXPECT_EQ(fs_path_below("/b/a", "/a"), NULL);
}

TEST("the volume of a path") {
    char volume[FS_VOLUME_LEN];
    TEST_EXPECT_STR_EQ(fs_path_volume("/virtio0p1/songs/a.wav", volume), "/songs/a.wav");
    TEST_EXPECT_STR_EQ(volume, "virtio0p1");
    TEST_EXPECT_STR_EQ(fs_path_volume("/sd0", volume), "/");
    TEST_EXPECT_STR_EQ(volume, "sd0");
    TEST_EXPECT_STR_EQ(fs_path_volume("/123456789012345/x", volume), "/x");
    TEST_EXPECT_EQ(fs_path_volume("/1234567890123456/x", volume), NULL);
    TEST_EXPECT_EQ(fs_path_volume("/", volume), NULL);
}
