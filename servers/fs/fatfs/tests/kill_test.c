// fatfs ends in the middle of everything: clients get through, or an honest error, and what was flushed is there.

#include <fs.h>
#include <resea/malloc.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

#define LEN 100000

/// What was flushed.
struct done {
    bool first, second, renamed, removed;
};

static uint8_t *pattern(unsigned seed) {
    static uint8_t data[LEN];
    for (size_t i = 0; i < LEN; i++) {
        data[i] = (uint8_t) (i * seed + i / 251);
    }
    return data;
}

/// Writes a file as cp does: anew, if the file system has ended since it began.
static void write_file(const char *path, unsigned seed) {
    struct fs_file file;
    TEST_EXPECT_EQ(fs_create(path, true, &file), OK);
    error_t err;
    do {
        TEST_EXPECT_EQ(fs_truncate(&file, 0), OK);
        TEST_EXPECT_EQ(fs_write(&file, 0, pattern(seed), LEN), OK);
        err = fs_flush(&file);
    } while (err == ERR_ABORTED);
    TEST_EXPECT_EQ(err, OK);
    fs_close(&file);
}

static void expect_file(const char *path, unsigned seed) {
    static uint8_t buf[LEN + 1];
    struct fs_file file;
    size_t done = 0;
    if (!unittest_expect(IS_OK(fs_open(path, &file)), __FILE__, __LINE__, path)) {
        return;
    }
    TEST_EXPECT_EQ(fs_read_into(&file, 0, buf, sizeof(buf), &done), OK);
    TEST_EXPECT_EQ(done, LEN);
    TEST_EXPECT_MEM_EQ(buf, pattern(seed), LEN);
    fs_close(&file);
}

/// A request that may not be made twice: whether it was told to have been carried out.
static bool is_carried_out(error_t err) {
    TEST_EXPECT(IS_OK(err) || err == ERR_ABORTED);
    return IS_OK(err);
}

static void work(struct done *done) {
    struct fs_info info;
    if (!is_carried_out(fs_mkdir("/disk0/dir"))) {
        error_t err = fs_mkdir("/disk0/dir");
        TEST_EXPECT(IS_OK(err) || err == ERR_ALREADY_EXISTS);
    }
    TEST_EXPECT_EQ(fs_sync("/disk0"), OK);
    if (fs_stat("/disk0/dir", &info) == ERR_NOT_FOUND) {
        // It ended between the two.
        TEST_EXPECT_EQ(fs_mkdir("/disk0/dir"), OK);
        TEST_EXPECT_EQ(fs_sync("/disk0"), OK);
    }
    write_file("/disk0/dir/first", 3);
    done->first = true;
    write_file("/disk0/second", 5);
    done->second = true;
    expect_file("/disk0/dir/first", 3);
    done->renamed = is_carried_out(fs_rename("/disk0/second", "/disk0/dir/moved"));
    TEST_EXPECT_EQ(fs_sync("/disk0"), OK);
    write_file("/disk1/other", 7);
    done->removed = is_carried_out(fs_remove("/disk1/other"));
}

static bool is_there(const char *path) {
    struct fs_info info;
    error_t err = fs_stat(path, &info);
    TEST_EXPECT(IS_OK(err) || err == ERR_NOT_FOUND);
    return IS_OK(err);
}

static void expect_done(const struct done *done) {
    TEST_EXPECT(done->first && done->second);
    expect_file("/disk0/dir/first", 3);
    // Under one of its names, if the renaming was under way.
    expect_file(is_there("/disk0/dir/moved") ? "/disk0/dir/moved" : "/disk0/second", 5);
}

/// Runs the workload once. Returns whether fatfs was killed.
static bool run(unsigned *point, unsigned at) {
    world_begin();
    *point = at;
    struct done done = {0};
    work(&done);
    bool was_killed = world_kills > 0;
    *point = 0;
    expect_done(&done);
    // Also as the disks have it.
    world_kill();
    expect_done(&done);
    if (!was_killed) {
        TEST_EXPECT(done.renamed && is_there("/disk0/dir/moved"));
        TEST_EXPECT(done.removed);
    }
    world_end();
    return was_killed;
}

static void run_all(unsigned *point) {
    unsigned at = 1;
    while (run(point, at)) {
        at++;
    }
    // It had been at work.
    TEST_EXPECT_GT(at, 15);
}

TEST("fatfs ends in the middle of any transfer") {
    run_all(&world_kill_at_transfer);
}

TEST("fatfs ends before any message") {
    run_all(&world_kill_before_message);
}

TEST("fatfs ends behind any message, and its answer is lost") {
    run_all(&world_kill_behind_message);
}
