#include <string.h>
#include <unittest.h>

#include "../volumes.h"
#include "make_tar.h"

static error_t resolve(const char *path, struct node **node) {
    struct fs_target target;
    error_t err = fs_volumes_resolve(path, &target);
    if (IS_ERROR(err)) {
        return err;
    }
    // The root directory is on no volume.
    return target.volume ? tree_find(volume_of(target.volume)->root, target.rest, node)
                         : ERR_NOT_FOUND;
}

static void expect_file(const char *path, const char *text) {
    struct node *node = NULL;
    TEST_EXPECT_EQ(resolve(path, &node), OK);
    TEST_EXPECT_EQ(node->type, FS_TYPE_FILE);
    TEST_EXPECT_EQ(node->size, strlen(text));
    TEST_EXPECT_MEM_EQ(node->data, text, strlen(text));
}

static void expect_removed(const char *name, const struct tarball *tarball) {
    const void *tar;
    size_t len;
    TEST_EXPECT_EQ(volumes_remove(name, &tar, &len), OK);
    TEST_EXPECT_EQ(tar, tarball->bytes);
    TEST_EXPECT_EQ(len, tarball->len);
}

TEST("a tarball becomes a volume") {
    size_t used = tree_memory_used();
    struct tarball tarball;
    struct node *node;
    make_begin(&tarball);
    make_add_file(&tarball, "./a/b/c.txt", "deep");
    make_add(&tarball, "a/", '5', NULL, 0);
    make_add_file(&tarball, "/absolute", "1");
    make_add_file(&tarball, "../../outside", "2");
    make_add_file(&tarball, "twice", "first");
    make_add_file(&tarball, "twice", "second");
    make_add(&tarball, "./", '5', NULL, 0);
    make_end(&tarball);
    TEST_EXPECT_EQ(volumes_add("vol", tarball.bytes, tarball.len, false), OK);
    TEST_EXPECT_EQ(volumes_add("vol", tarball.bytes, tarball.len, false), ERR_ALREADY_EXISTS);
    expect_file("/vol/a/b/c.txt", "deep");
    expect_file("/vol/absolute", "1");
    expect_file("/vol/outside", "2");
    expect_file("/vol/twice", "second");
    expect_file("//vol/./a/../twice", "second");
    TEST_EXPECT_EQ(resolve("/vol", &node), OK);
    TEST_EXPECT_EQ(resolve("/", &node), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(resolve("/other/twice", &node), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(resolve("vol/twice", &node), ERR_INVALID_ARG);

    const void *tar;
    size_t len;
    volumes_find("vol")->base.opens = 1;
    TEST_EXPECT_EQ(volumes_remove("vol", &tar, &len), ERR_IN_USE);
    volumes_find("vol")->base.opens = 0;
    expect_removed("vol", &tarball);
    TEST_EXPECT_EQ(volumes_remove("vol", &tar, &len), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(tree_memory_used(), used);
    make_free(&tarball);
}

TEST("several volumes") {
    struct tarball one, two;
    make_begin(&one);
    make_add_file(&one, "file", "one");
    make_begin(&two);
    make_add_file(&two, "file", "two");
    TEST_EXPECT_EQ(volumes_add("one", one.bytes, one.len, false), OK);
    TEST_EXPECT_EQ(volumes_add("two", two.bytes, two.len, true), OK);
    expect_file("/one/file", "one");
    expect_file("/two/file", "two");
    expect_removed("one", &one);
    expect_file("/two/file", "two");
    expect_removed("two", &two);
    make_free(&one);
    make_free(&two);
}

static error_t add_and_free(struct tarball *tarball) {
    size_t used = tree_memory_used();
    error_t err = volumes_add("bad", tarball->bytes, tarball->len, false);
    TEST_EXPECT_EQ(tree_memory_used(), used);
    TEST_EXPECT_EQ(volumes_find("bad"), NULL);
    make_free(tarball);
    return err;
}

TEST("what isn't a tarball, or a damaged one, leaves nothing behind") {
    struct tarball tarball;
    make_begin(&tarball);
    make_add_file(&tarball, "a", "1")[0] = 'b';
    TEST_EXPECT_EQ(add_and_free(&tarball), ERR_NOT_ACCEPTABLE);

    make_begin(&tarball);
    make_add_file(&tarball, "a", "1");
    make_add_file(&tarball, "a", "1")[0] = 'b';
    TEST_EXPECT_EQ(add_and_free(&tarball), ERR_IO);

    // Something that is a file and a directory.
    make_begin(&tarball);
    make_add_file(&tarball, "a", "1");
    make_add_file(&tarball, "a/b", "1");
    TEST_EXPECT_EQ(add_and_free(&tarball), ERR_IO);
    make_begin(&tarball);
    make_add_file(&tarball, "a/b", "1");
    make_add_file(&tarball, "a", "1");
    TEST_EXPECT_EQ(add_and_free(&tarball), ERR_IO);

    char name[FS_NAME_MAX + 2];
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    make_begin(&tarball);
    make_add_pax(&tarball, "path", name);
    make_add_file(&tarball, "a", "1");
    TEST_EXPECT_EQ(add_and_free(&tarball), ERR_TOO_LARGE);
}
