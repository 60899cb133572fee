// What libFuzzer drives: tarballs. The first byte of an input says whether checksums are mended, the rest is the tarball.

#include <fs_path.h>
#include <stdlib.h>
#include <string.h>

#include "../volumes.h"
#include "make_tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MEND_CHECKSUMS 0x01

static const uint8_t *tarball;
static size_t tarball_len;
/// What was read goes here, so that it is.
static volatile uint8_t sum;

static void expect(bool what) {
    if (!what) {
        abort();
    }
}

static void check_file(const struct node *file) {
    expect(file->capacity == 0 && file->children == NULL);
    if (file->size > 0) {
        expect(file->data >= tarball && file->size <= tarball_len
               && (size_t) (file->data - tarball) <= tarball_len - file->size);
        sum = (uint8_t) (file->data[0] + file->data[file->size - 1]);
    }
}

/// Every node is found under its path, which nothing of the tarball leads out of.
static void check_tree(struct node *root, struct node *directory, const char *path) {
    uint64_t position = 0;
    for (struct node *node; (node = tree_child(directory, position)) != NULL;) {
        expect(node->position > position && node->parent == directory);
        position = node->position;
        size_t len = strlen(path), name_len = strlen(node->name);
        expect(len + 1 + name_len <= FS_PATH_MAX);
        char inner[FS_PATH_LEN], canonical[FS_PATH_LEN];
        memcpy(inner, path, len);
        inner[len] = '/';
        memcpy(&inner[len + 1], node->name, name_len + 1);
        expect(fs_path_canonical(NULL, inner, canonical) == OK && strcmp(inner, canonical) == 0);
        struct node *found;
        expect(tree_find(root, inner, &found) == OK && found == node);
        if (node->type == FS_TYPE_DIRECTORY) {
            check_tree(root, node, inner);
        } else {
            check_file(node);
        }
    }
}

/// Makes the checksums of all blocks right: of what isn't a header, they change some bytes.
static void mend(uint8_t *bytes, size_t len) {
    for (size_t at = 0; len - at >= TAR_BLOCK; at += TAR_BLOCK) {
        if (bytes[at] != 0) {
            make_sign(&bytes[at]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (len == 0) {
        return 0;
    }
    // Memory of exactly its length: the sanitizer sees each byte too many.
    uint8_t *bytes = malloc((len > 1) ? len - 1 : 1);
    memcpy(bytes, data + 1, len - 1);
    if (data[0] & MEND_CHECKSUMS) {
        mend(bytes, len - 1);
    }
    tarball = bytes;
    tarball_len = len - 1;
    if (volumes_add("volume", bytes, len - 1, false) == OK) {
        const struct volume *volume = volumes_find("volume");
        check_tree(volume->root, volume->root, "");
        const void *tar;
        size_t tar_len;
        expect(volumes_remove("volume", &tar, &tar_len) == OK && tar == bytes);
    }
    expect(tree_memory_used() == 0);
    free(bytes);
    return 0;
}
