// What fatfs does with messages, its volumes and their disks.

#include "../files.h"

#include <config.h>
#include <fs.h>
#include <resea/malloc.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

static void write_file(const char *path, const void *data, size_t len) {
    struct fs_file file;
    TEST_EXPECT_EQ(fs_create(path, true, &file), OK);
    TEST_EXPECT_EQ(fs_write(&file, 0, data, len), OK);
    fs_close(&file);
}

static void expect_file(const char *path, const void *data, size_t len) {
    static uint8_t buf[200000];
    struct fs_file file;
    size_t done = 0;
    if (!unittest_expect(IS_OK(fs_open(path, &file)), __FILE__, __LINE__, path)) {
        return;
    }
    TEST_EXPECT_EQ(fs_read_into(&file, 0, buf, sizeof(buf), &done), OK);
    TEST_EXPECT_EQ(done, len);
    TEST_EXPECT_MEM_EQ(buf, data, len);
    fs_close(&file);
}

static const uint8_t *pattern(void) {
    static uint8_t data[150000];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) (i * 7 + i / 251);
    }
    return data;
}

static void expect_cache(size_t free_bytes, size_t len) {
    world_free_pages = free_bytes / PAGE_SIZE;
    TEST_EXPECT_EQ(world_mount("disk0", false), OK);
    TEST_EXPECT_EQ(world_buffer_len, len);
    TEST_EXPECT_EQ(world_unmount("disk0"), OK);
}

TEST("a cache takes no more than an eighth of the free memory, but what it needs") {
    world_begin();
    expect_cache((size_t) 1 << 30, (size_t) CONFIG_FATFS_CACHE_KIB * 1024);
    expect_cache((size_t) 4 << 20, (size_t) 512 << 10);
    size_t least =
        BLKCACHE_WINDOWS_MIN * BLKCACHE_WINDOW_LEN + BLKCACHE_BLOCKS_MIN * BLKCACHE_BLOCK_LEN;
    expect_cache((size_t) 1 << 20, least);
    expect_cache(0, least);
    world_end();
}

TEST("files are written, listed, moved and read") {
    world_begin();
    write_file("/disk0/A long name.bin", pattern(), 150000);
    TEST_EXPECT_EQ(fs_mkdir("/disk0/dir"), OK);
    TEST_EXPECT_EQ(fs_rename("/disk0/A long name.bin", "/disk0/dir/b"), OK);
    TEST_EXPECT_EQ(fs_rename("/disk0/dir/b", "/disk1/b"), ERR_INVALID_ARG);
    expect_file("/disk0/dir/b", pattern(), 150000);

    struct fs_file dir;
    void *list;
    size_t len, offset = 0;
    uint64_t position = 0;
    TEST_EXPECT_EQ(fs_open("/disk0/dir", &dir), OK);
    TEST_EXPECT_EQ(fs_list(&dir, &position, &list, &len), OK);
    const struct fs_entry *entry = fs_entries_next(list, len, &offset);
    TEST_EXPECT_EQ(entry->size, 150000);
    TEST_EXPECT_EQ(entry->type, FS_TYPE_FILE);
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
    free(list);
    struct fs_info info;
    TEST_EXPECT_EQ(fs_fstat(&dir, &info), OK);
    TEST_EXPECT_EQ(info.type, FS_TYPE_DIRECTORY);
    fs_close(&dir);
    TEST_EXPECT_EQ(fs_stat("/disk0/dir/b", &info), OK);
    TEST_EXPECT_EQ(info.size, 150000);
    TEST_EXPECT_EQ(fs_remove("/disk0/dir/b"), OK);
    TEST_EXPECT_EQ(fs_stat("/disk0/dir/b", &info), ERR_NOT_FOUND);
    struct fs_volume_reply_fields volume;
    TEST_EXPECT_EQ(fs_sync("/disk0"), OK);
    TEST_EXPECT_EQ(fs_volume("/disk0", &volume), OK);
    TEST_EXPECT_STR_EQ(volume.type, "FAT16");
    TEST_EXPECT_EQ(volume.total_bytes - volume.free_bytes, volume.cluster_bytes);
    world_end();
}

TEST("the timer is set once for all changes, and has them written") {
    world_begin();
    struct fs_info info;
    TEST_EXPECT_EQ(fs_stat("/disk0", &info), OK);
    TEST_EXPECT_EQ(world_timers, 0);
    write_file("/disk0/a", "a", 1);
    write_file("/disk1/b", "b", 1);
    TEST_EXPECT_EQ(world_timers, 1);
    files_server.timer();
    // On the disks, where the next fatfs finds it.
    world_kill();
    expect_file("/disk0/a", "a", 1);
    expect_file("/disk1/b", "b", 1);
    TEST_EXPECT_EQ(world_timers, 1);
    world_end();
}

TEST("what can't be mounted leaves nothing behind") {
    world_begin();
    TEST_EXPECT_EQ(world_mount("disk2", false), ERR_NOT_FOUND);
    memset(world_disks[0].image, 0, 512);
    TEST_EXPECT_EQ(world_mount("disk0", false), ERR_NOT_ACCEPTABLE);
    world_disks[1].unreadable = 0;
    TEST_EXPECT_EQ(world_mount("disk1", false), ERR_IO);
    TEST_EXPECT_EQ(world_open_units, 0);
    world_disks[1].unreadable = UINT64_MAX;
    TEST_EXPECT_EQ(world_mount("disk1", false), OK);
    TEST_EXPECT_EQ(world_mount("disk1", false), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(world_open_units, 1);
    TEST_EXPECT_EQ(world_unmount("disk1"), OK);
    TEST_EXPECT_EQ(world_unmount("disk1"), ERR_NOT_FOUND);
    world_end();
}

TEST("a disk that can't be written to is mounted read-only") {
    world_begin();
    world_read_only = true;
    struct fs_file file;
    TEST_EXPECT_EQ(fs_create("/disk0/a", false, &file), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(fs_mkdir("/disk0/a"), ERR_NOT_PERMITTED);
    struct fs_volume_reply_fields volume;
    TEST_EXPECT_EQ(fs_volume("/disk0", &volume), OK);
    TEST_EXPECT(volume.read_only);
    world_end();
}

TEST("a client that ends keeps no volume") {
    world_begin();
    struct fs_file file;
    TEST_EXPECT_EQ(fs_create("/disk0/a", false, &file), OK);
    TEST_EXPECT_EQ(fs_write(&file, 0, "abc", 3), OK);
    TEST_EXPECT_EQ(world_unmount("disk0"), ERR_IN_USE);
    fs_server_forget(OTHER_CLIENT);
    TEST_EXPECT_EQ(world_unmount("disk0"), ERR_IN_USE);
    fs_server_forget(CLIENT);
    TEST_EXPECT_EQ(world_unmount("disk0"), OK);
    TEST_EXPECT_EQ(world_mount("disk0", false), OK);
    expect_file("/disk0/a", "abc", 3);
    free(file.path);
    world_end();
}

TEST("a disk's errors are told, and the other disk goes on") {
    world_begin();
    write_file("/disk0/good", "good", 4);
    TEST_EXPECT_EQ(fs_sync("/disk0"), OK);
    struct fs_file file, other;
    TEST_EXPECT_EQ(fs_create("/disk0/bad", false, &file), OK);
    TEST_EXPECT_EQ(fs_create("/disk1/other", false, &other), OK);
    TEST_EXPECT_EQ(fs_write(&file, 0, pattern(), 60000), OK);
    TEST_EXPECT_EQ(fs_write(&other, 0, "other", 5), OK);
    // Somewhere in the file.
    uint64_t last = world_disks[0].device.num_sectors - 1;
    struct fs_volume_reply_fields volume;
    TEST_EXPECT_EQ(fs_volume("/disk0", &volume), OK);
    world_disks[0].bad_sector = last - volume.free_bytes / 512 - 20;
    TEST_EXPECT_EQ(fs_flush(&file), ERR_IO);
    TEST_EXPECT_EQ(fs_flush(&other), OK);
    expect_file("/disk0/good", "good", 4);
    TEST_EXPECT_EQ(fs_sync("/disk0"), ERR_IO);
    files_server.timer();
    TEST_EXPECT_EQ(fs_sync("/disk1"), OK);
    fs_close(&file);
    fs_close(&other);

    world_end();
}

TEST("what can't be written can't be unmounted, but for the second time") {
    world_begin();
    write_file("/disk0/good", "good", 4);
    TEST_EXPECT_EQ(fs_sync("/disk0"), OK);
    write_file("/disk0/lost", "lost", 4);
    // The first sector of the table.
    world_disks[0].bad_sector = 1;
    TEST_EXPECT_EQ(world_unmount("disk0"), ERR_IO);
    expect_file("/disk0/lost", "lost", 4);
    TEST_EXPECT_EQ(world_unmount("disk0"), ERR_IO);
    TEST_EXPECT_EQ(world_unmount("disk0"), ERR_NOT_FOUND);
    world_disks[0].bad_sector = UINT64_MAX;
    TEST_EXPECT_EQ(world_mount("disk0", false), OK);
    expect_file("/disk0/good", "good", 4);
    world_end();
}

TEST("what can't be read is an error, every time") {
    world_begin();
    write_file("/disk0/file", pattern(), 100000);
    TEST_EXPECT_EQ(world_unmount("disk0"), OK);
    TEST_EXPECT_EQ(world_mount("disk0", false), OK);
    struct fs_volume_reply_fields volume;
    TEST_EXPECT_EQ(fs_volume("/disk0", &volume), OK);
    world_disks[0].unreadable =
        world_disks[0].device.num_sectors - 1 - volume.free_bytes / 512 - 20;
    struct fs_file file;
    static uint8_t buf[100000];
    size_t done;
    TEST_EXPECT_EQ(fs_open("/disk0/file", &file), OK);
    TEST_EXPECT_EQ(fs_read_into(&file, 0, buf, sizeof(buf), &done), ERR_IO);
    TEST_EXPECT_EQ(fs_read_into(&file, 0, buf, sizeof(buf), &done), ERR_IO);
    // What lies before it can be read.
    TEST_EXPECT_EQ(fs_read_into(&file, 0, buf, 20000, &done), OK);
    TEST_EXPECT_MEM_EQ(buf, pattern(), 20000);
    fs_close(&file);
    world_end();
}
