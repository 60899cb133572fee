#include <config.h>
#include <string.h>
#include <unittest.h>

#include "../tree.h"

static struct node *add(struct node *root, const char *path, enum fs_type type) {
    struct node *node = NULL;
    TEST_EXPECT_EQ(tree_add(root, path, type, &node), OK);
    return node;
}

static error_t find(struct node *root, const char *path) {
    struct node *node;
    return tree_find(root, path, &node);
}

TEST("nodes are found by their paths") {
    size_t used = tree_memory_used();
    struct node *root = tree_new(), *node;
    add(root, "/dir", FS_TYPE_DIRECTORY);
    struct node *file = add(root, "/dir/file", FS_TYPE_FILE);
    TEST_EXPECT_EQ(tree_find(root, "/dir/file", &node), OK);
    TEST_EXPECT_EQ(node, file);
    TEST_EXPECT_EQ(tree_find(root, "/", &node), OK);
    TEST_EXPECT_EQ(node, root);
    TEST_EXPECT_EQ(find(root, "/dir/fil"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(find(root, "/dir/file2"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(find(root, "/dir/file/x"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(find(root, "/x/file"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(tree_add(root, "/dir", FS_TYPE_FILE, &node), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(tree_add(root, "/", FS_TYPE_FILE, &node), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(tree_add(root, "/no/x", FS_TYPE_FILE, &node), ERR_NOT_FOUND);
    tree_free(root);
    TEST_EXPECT_EQ(tree_memory_used(), used);
}

TEST("what is removed is gone") {
    size_t used = tree_memory_used();
    struct node *root = tree_new();
    struct node *dir = add(root, "/dir", FS_TYPE_DIRECTORY);
    struct node *file = add(root, "/dir/file", FS_TYPE_FILE);
    TEST_EXPECT_EQ(tree_remove(dir), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(tree_remove(root), ERR_NOT_ACCEPTABLE);
    file->opens = 1;
    TEST_EXPECT_EQ(tree_remove(file), ERR_IN_USE);
    file->opens = 0;
    TEST_EXPECT_EQ(tree_write(file, 0, "abc", 3), OK);
    TEST_EXPECT_EQ(tree_remove(file), OK);
    TEST_EXPECT_EQ(tree_remove(dir), OK);
    TEST_EXPECT_EQ(find(root, "/dir"), ERR_NOT_FOUND);
    tree_free(root);
    TEST_EXPECT_EQ(tree_memory_used(), used);
}

TEST("a directory is listed in order, whatever comes and goes meanwhile") {
    struct node *root = tree_new();
    struct node *a = add(root, "/a", FS_TYPE_FILE);
    struct node *b = add(root, "/b", FS_TYPE_FILE);
    struct node *c = add(root, "/c", FS_TYPE_FILE);
    TEST_EXPECT_EQ(tree_child(root, 0), a);
    uint64_t position = a->position;
    TEST_EXPECT_EQ(tree_remove(a), OK);
    TEST_EXPECT_EQ(tree_child(root, position), b);
    position = b->position;
    TEST_EXPECT_EQ(tree_remove(b), OK);
    struct node *d = add(root, "/d", FS_TYPE_FILE);
    TEST_EXPECT_EQ(tree_child(root, position), c);
    TEST_EXPECT_EQ(tree_child(root, c->position), d);
    TEST_EXPECT_EQ(tree_child(root, d->position), NULL);
    TEST_EXPECT_EQ(tree_child(root, UINT64_MAX), NULL);
    tree_free(root);
}

TEST("nodes are moved") {
    size_t used = tree_memory_used();
    struct node *root = tree_new(), *node;
    struct node *dir = add(root, "/dir", FS_TYPE_DIRECTORY);
    struct node *sub = add(root, "/dir/sub", FS_TYPE_DIRECTORY);
    struct node *file = add(root, "/file", FS_TYPE_FILE);
    TEST_EXPECT_EQ(tree_move(root, file, "/dir/sub/other"), OK);
    TEST_EXPECT_EQ(find(root, "/file"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(tree_find(root, "/dir/sub/other", &node), OK);
    TEST_EXPECT_EQ(node, file);
    TEST_EXPECT_EQ(tree_move(root, file, "/dir/sub/other"), OK);
    // Into itself, onto a directory, nowhere.
    TEST_EXPECT_EQ(tree_move(root, dir, "/dir/sub/dir"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(tree_move(root, dir, "/dir/dir"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(tree_move(root, root, "/dir/x"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(tree_move(root, file, "/dir"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(tree_move(root, file, "/"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(tree_move(root, file, "/no/x"), ERR_NOT_FOUND);
    // A file is replaced, unless it is open or the other one is a directory.
    struct node *old = add(root, "/old", FS_TYPE_FILE);
    TEST_EXPECT_EQ(tree_move(root, sub, "/old"), ERR_NOT_ACCEPTABLE);
    old->opens = 1;
    TEST_EXPECT_EQ(tree_move(root, file, "/old"), ERR_IN_USE);
    old->opens = 0;
    TEST_EXPECT_EQ(tree_move(root, file, "/old"), OK);
    TEST_EXPECT_EQ(tree_find(root, "/old", &node), OK);
    TEST_EXPECT_EQ(node, file);
    tree_free(root);
    TEST_EXPECT_EQ(tree_memory_used(), used);
}

TEST("a file's contents are its own once it is written to") {
    static const uint8_t theirs[] = "0123456789";
    size_t used = tree_memory_used();
    struct node *root = tree_new();
    struct node *file = add(root, "/file", FS_TYPE_FILE);
    file->data = theirs;
    file->size = 10;
    TEST_EXPECT_EQ(tree_resize(file, 8), OK);
    TEST_EXPECT_EQ(file->data, theirs);
    TEST_EXPECT_EQ(tree_write(file, 2, "ab", 2), OK);
    TEST_EXPECT_EQ(file->size, 8);
    TEST_EXPECT_MEM_EQ(file->data, "01ab4567", 8);
    TEST_EXPECT_EQ(theirs[2], '2');
    // What was cut off doesn't come back.
    TEST_EXPECT_EQ(tree_resize(file, 4), OK);
    TEST_EXPECT_EQ(tree_write(file, 6, "x", 1), OK);
    TEST_EXPECT_EQ(file->size, 7);
    TEST_EXPECT_MEM_EQ(file->data, "01ab\0\0x", 7);
    TEST_EXPECT_EQ(tree_write(file, 100, "x", 0), OK);
    TEST_EXPECT_EQ(file->size, 7);
    TEST_EXPECT_EQ(tree_resize(file, 0), OK);
    TEST_EXPECT_EQ(file->capacity, 0);
    TEST_EXPECT_EQ(tree_resize(file, 3), OK);
    TEST_EXPECT_MEM_EQ(file->data, "\0\0\0", 3);
    tree_free(root);
    TEST_EXPECT_EQ(tree_memory_used(), used);
}

TEST("memory is limited") {
    size_t used = tree_memory_used();
    struct node *root = tree_new(), *node;
    struct node *file = add(root, "/file", FS_TYPE_FILE);
    TEST_EXPECT_EQ(tree_write(file, SIZE_MAX, "x", 1), ERR_NO_SPACE);
    TEST_EXPECT_EQ(tree_write(file, tree_memory_total(), "x", 1), ERR_NO_SPACE);
    TEST_EXPECT_EQ(tree_resize(file, SIZE_MAX), ERR_NO_SPACE);
    TEST_EXPECT_EQ(file->size, 0);
    // Right up to the last byte.
    size_t left = tree_memory_total() - tree_memory_used();
    TEST_EXPECT_EQ(tree_write(file, left - 1, "x", 1), OK);
    TEST_EXPECT_EQ(tree_memory_used(), tree_memory_total());
    TEST_EXPECT_EQ(tree_add(root, "/more", FS_TYPE_FILE, &node), ERR_NO_SPACE);
    TEST_EXPECT_EQ(tree_move(root, file, "/longer"), ERR_NO_SPACE);
    TEST_EXPECT_EQ(file->data[left - 1], 'x');
    tree_free(root);
    TEST_EXPECT_EQ(tree_memory_used(), used);
}

TEST("a deep tree is freed") {
    size_t used = tree_memory_used();
    struct node *root = tree_new();
    char path[1000] = "";
    for (int depth = 0; depth < 400; depth++) {
        strncpy2(&path[strlen(path)], "/d", 3);
        add(root, path, FS_TYPE_DIRECTORY);
    }
    tree_free(root);
    TEST_EXPECT_EQ(tree_memory_used(), used);
}
