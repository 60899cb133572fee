// Tarballs with damage of many kinds: whatever comes, the sanitizers stay quiet, and nothing is left behind.

#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../volumes.h"
#include "make_tar.h"

#define ROUNDS 20000

static uint64_t state = 1;

static unsigned pick(unsigned below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned) (state >> 33) % below;
}

static void make_sample(struct tarball *tarball) {
    char name[300];
    memset(name, 'n', sizeof(name));
    name[100] = '/';
    name[sizeof(name) - 1] = '\0';
    make_begin(tarball);
    make_add(tarball, "dir/", '5', NULL, 0);
    make_add_file(tarball, "dir/file", "contents");
    make_add_pax(tarball, "path", name);
    make_add_file(tarball, "short", "2");
    make_add(tarball, "././@LongLink", 'L', name, sizeof(name));
    make_add_file(tarball, "short", "3");
    make_add(tarball, "pax", 'x', "10 size=2\n12 mtime=-5\n", 22);
    make_add_file(tarball, "last", "22");
    make_end(tarball);
}

/// Changes some bytes of one block, most of them in fields that matter, and mostly makes its checksum right again.
static void damage(struct tarball *tarball) {
    static const uint8_t bytes[] = {0, ' ', '/', '.', '0', '7', '9', '=', '\n', 0x80, 0xff, 'x'};
    static const uint16_t fields[] = {0, 1, 124, 134, 135, 136, 148, 156, 257, 345, 2, 3};
    uint8_t *block = &tarball->bytes[pick((unsigned) tarball->len / TAR_BLOCK) * TAR_BLOCK];
    for (unsigned i = 0; i <= pick(4); i++) {
        unsigned at = pick(2) ? fields[pick(12)] : pick(TAR_BLOCK);
        block[at] = pick(2) ? bytes[pick(12)] : (uint8_t) pick(256);
    }
    if (pick(4)) {
        make_sign(block);
    }
}

TEST("damaged tarballs are refused, or read without harm") {
    struct tarball sample;
    make_sample(&sample);
    size_t used = tree_memory_used();
    unsigned accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct tarball tarball = {malloc(sample.len), sample.len};
        memcpy(tarball.bytes, sample.bytes, sample.len);
        damage(&tarball);
        // Memory of exactly its length: the sanitizer sees each byte too many.
        size_t len = pick(4) ? tarball.len : pick((unsigned) tarball.len);
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, tarball.bytes, len);
        if (IS_OK(volumes_add("vol", exact, len, false))) {
            const void *tar;
            size_t tar_len;
            TEST_EXPECT_EQ(volumes_remove("vol", &tar, &tar_len), OK);
            accepted++;
        }
        TEST_EXPECT_EQ(tree_memory_used(), used);
        free(exact);
        make_free(&tarball);
    }
    make_free(&sample);
    // Else this would have tested the checksum alone.
    TEST_EXPECT_GT(accepted, ROUNDS / 10);
    TEST_EXPECT_LT(accepted, ROUNDS * 9 / 10);
}
