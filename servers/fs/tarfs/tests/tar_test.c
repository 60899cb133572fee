#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../tar.h"
#include "make_tar.h"

/// What was found, one line for each.
static char found_text[4096];

static error_t note(const struct tar_entry *entry, void *arg __unused) {
    size_t len = strlen(found_text);
    snprintf(&found_text[len], sizeof(found_text) - len, "%s%s %zu %llu %.*s\n", entry->path,
             entry->is_directory ? " dir" : "", entry->size, (unsigned long long) entry->mtime,
             (int) MIN(entry->size, (size_t) 20), entry->data ? (const char *) entry->data : "");
    return OK;
}

static error_t read_tar(const struct tarball *tarball) {
    found_text[0] = '\0';
    return tar_read(tarball->bytes, tarball->len, note, NULL);
}

TEST("files and directories of a tarball") {
    struct tarball tarball;
    make_begin(&tarball);
    make_add(&tarball, "songs/", '5', NULL, 0);
    make_add_file(&tarball, "songs/a.txt", "la la");
    make_add_file(&tarball, "empty", "");
    make_add(&tarball, "link", '2', NULL, 0);
    make_add(&tarball, "old/", '\0', NULL, 0);
    make_add(&tarball, "plain", '\0', "x", 1);
    make_end(&tarball);
    TEST_EXPECT_EQ(read_tar(&tarball), OK);
    TEST_EXPECT_STR_EQ(found_text,
                       "songs/ dir 0 1700000000 \nsongs/a.txt 5 1700000000 la la\n"
                       "empty 0 1700000000 \nold/ dir 0 1700000000 \nplain 1 1700000000 x\n");
    make_free(&tarball);
}

TEST("the end may be missing, or the padding of the last file") {
    struct tarball tarball;
    make_begin(&tarball);
    make_add_file(&tarball, "a", "abc");
    TEST_EXPECT_EQ(read_tar(&tarball), OK);
    tarball.len = TAR_BLOCK + 3;
    TEST_EXPECT_EQ(read_tar(&tarball), OK);
    TEST_EXPECT_STR_EQ(found_text, "a 3 1700000000 abc\n");
    tarball.len = TAR_BLOCK + 2;
    TEST_EXPECT_EQ(read_tar(&tarball), ERR_IO);
    tarball.len = TAR_BLOCK - 1;
    TEST_EXPECT_EQ(read_tar(&tarball), ERR_IO);
    make_free(&tarball);
}

TEST("long names: of ustar, of pax, of GNU tar") {
    struct tarball tarball;
    char name[400];
    memset(name, 'n', sizeof(name));
    name[200] = '/';
    name[sizeof(name) - 1] = '\0';
    make_begin(&tarball);
    uint8_t *header = make_add_file(&tarball, "file", "1");
    memcpy(&header[345], "some/prefix", 11);
    make_sign(header);
    make_add_pax(&tarball, "path", name);
    make_add_file(&tarball, "short", "2");
    make_add(&tarball, "././@LongLink", 'L', name, sizeof(name));
    make_add_file(&tarball, "short", "3");
    // It holds for one file only.
    make_add_file(&tarball, "short", "4");
    make_end(&tarball);
    TEST_EXPECT_EQ(read_tar(&tarball), OK);
    char expected[2048];
    snprintf(expected, sizeof(expected),
             "some/prefix/file 1 1700000000 1\n%s 1 1700000000 2\n%s 1 1700000000 3\n"
             "short 1 1700000000 4\n",
             name, name);
    TEST_EXPECT_STR_EQ(found_text, expected);

    // GNU's own format has times where ustar has the prefix.
    make_free(&tarball);
    make_begin(&tarball);
    header = make_add_file(&tarball, "file", "1");
    memcpy(&header[257], "ustar  ", 8);
    memcpy(&header[345], "14524770000", 11);
    make_sign(header);
    TEST_EXPECT_EQ(read_tar(&tarball), OK);
    TEST_EXPECT_STR_EQ(found_text, "file 1 1700000000 1\n");
    make_free(&tarball);
}

TEST("sizes and times of pax headers, and large numbers of GNU tar") {
    struct tarball tarball;
    make_begin(&tarball);
    make_add_pax(&tarball, "mtime", "1234567890.5");
    make_add_file(&tarball, "a", "1");
    make_add(&tarball, "pax", 'x', "9 size=2\n12 mtime=-5\n", 21);
    uint8_t *header = make_add_file(&tarball, "b", "22");
    memset(&header[124], '0', 11);
    make_sign(header);
    header = make_add_file(&tarball, "c", "333");
    memset(&header[124], 0, 12);
    header[124] = 0x80;
    header[135] = 3;
    make_sign(header);
    make_end(&tarball);
    TEST_EXPECT_EQ(read_tar(&tarball), OK);
    TEST_EXPECT_STR_EQ(found_text, "a 1 1234567890 1\nb 2 0 22\nc 3 1700000000 333\n");
    make_free(&tarball);
}

/// Reads a tarball with one file whose header has been changed.
static error_t read_spoilt(size_t at, const void *bytes, size_t len) {
    struct tarball tarball;
    make_begin(&tarball);
    uint8_t *header = make_add_file(&tarball, "name", "contents");
    memcpy(&header[at], bytes, len);
    make_sign(header);
    error_t err = read_tar(&tarball);
    make_free(&tarball);
    return err;
}

TEST("headers that can't be right") {
    TEST_EXPECT_EQ(read_spoilt(124, "77777777777", 11), ERR_IO);
    TEST_EXPECT_EQ(read_spoilt(124, "0000000x000", 11), ERR_IO);
    TEST_EXPECT_EQ(read_spoilt(124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12),
                   ERR_IO);
    TEST_EXPECT_EQ(read_spoilt(124, "\x80\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", 12),
                   ERR_IO);
    TEST_EXPECT_EQ(read_spoilt(124, "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff", 12),
                   ERR_IO);
    TEST_EXPECT_EQ(read_spoilt(136, "what time??", 11), ERR_IO);
    TEST_EXPECT_EQ(read_spoilt(0, "\0\0\0\0", 4), ERR_IO);
    TEST_EXPECT_EQ(read_spoilt(156, "x", 1), ERR_IO);

    struct tarball tarball;
    make_begin(&tarball);
    uint8_t *header = make_add_file(&tarball, "name", "contents");
    header[0]++;
    TEST_EXPECT_EQ(read_tar(&tarball), ERR_IO);
    make_free(&tarball);
}

TEST("pax records that can't be right") {
    static const char *records[] = {
        "5 a=b\n",  "7 a=b\n",    "6 ab\n\n",
        "6 a=bc",   "6",          "a=b\n",
        "0 a=b\n",  "3 \n",       "99999999999999999999999 a=b\n",
        "-6 a=b\n", "6 a=b\n7 c", "18446744073709551616 a=b\n",
    };
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        struct tarball tarball;
        make_begin(&tarball);
        make_add(&tarball, "pax", 'x', records[i], strlen(records[i]));
        make_add_file(&tarball, "a", "1");
        TEST_EXPECT_EQ(read_tar(&tarball), ERR_IO);
        make_free(&tarball);
    }
}

TEST("a path that is too long") {
    struct tarball tarball;
    static char name[TAR_PATH_MAX + 2];
    memset(name, 'n', sizeof(name) - 1);
    make_begin(&tarball);
    make_add_pax(&tarball, "path", name);
    make_add_file(&tarball, "a", "1");
    TEST_EXPECT_EQ(read_tar(&tarball), ERR_TOO_LARGE);
    make_free(&tarball);
}

static error_t refuse(const struct tar_entry *entry __unused, void *arg) {
    (*(int *) arg)++;
    return ERR_NO_SPACE;
}

TEST("an error ends the search") {
    struct tarball tarball;
    int calls = 0;
    make_begin(&tarball);
    make_add_file(&tarball, "a", "1");
    make_add_file(&tarball, "b", "1");
    TEST_EXPECT_EQ(tar_read(tarball.bytes, tarball.len, refuse, &calls), ERR_NO_SPACE);
    TEST_EXPECT_EQ(calls, 1);
    make_free(&tarball);
}
