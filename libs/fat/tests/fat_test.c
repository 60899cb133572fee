#include <fat.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../../blkcache/tests/disk.h"
#include "format.h"

#define BUFFER_LEN \
    (BLKCACHE_WINDOWS_MIN * BLKCACHE_WINDOW_LEN + BLKCACHE_BLOCKS_MIN * BLKCACHE_BLOCK_LEN)
#define NOW 1700000000u

static const struct format fat12 = {12, 512, 1, 300, 64, 2};
static const struct format fat16 = {16, 512, 2, 4100, 512, 2};
static const struct format fat32 = {32, 512, 1, 2000, 0, 2};

static struct disk disk;
static struct blkcache cache;
static struct fat *fat;

static uint64_t now(void) {
    return NOW;
}

static void mount(bool read_only) {
    struct fat_options options = {.read_only = read_only, .now = now};
    TEST_EXPECT_EQ(blkcache_init(&cache, &disk.device), OK);
    TEST_EXPECT_EQ(fat_mount(&fat, &cache, &options), OK);
}

static void begin(const struct format *format) {
    uint8_t *image = malloc(format_len(format));
    format_volume(format, image);
    disk_init(&disk, format_len(format) / 512, 512, BUFFER_LEN);
    disk_load(&disk, image, format_len(format));
    free(image);
    mount(false);
}

static void end(void) {
    fat_discard(fat);
    blkcache_destroy(&cache);
    disk_destroy(&disk);
}

static struct fat_node *create(const char *path) {
    struct fat_node *node = NULL;
    TEST_EXPECT_EQ(fat_create(fat, path, false, &node), OK);
    return node;
}

static void write_file(const char *path, const char *text) {
    struct fat_node *node = create(path);
    TEST_EXPECT_EQ(fat_write(node, 0, text, strlen(text)), OK);
    TEST_EXPECT_EQ(fat_close(node), OK);
}

static void expect_file(const char *path, const char *text) {
    struct fat_node *node;
    const uint8_t *data;
    size_t len = 0;
    if (!unittest_expect(fat_open(fat, path, &node) == OK, __FILE__, __LINE__, path)) {
        return;
    }
    TEST_EXPECT_EQ(fat_read(node, 0, 1000, &data, &len), OK);
    TEST_EXPECT_EQ(len, strlen(text));
    TEST_EXPECT_MEM_EQ(data, text, len);
    fat_close(node);
}

/// As after a loss of power right behind the unmount.
static void remount(void) {
    TEST_EXPECT_EQ(fat_unmount(fat), OK);
    blkcache_destroy(&cache);
    memcpy(disk.image, disk.durable, disk_len(&disk));
    mount(true);
}

static error_t open_and_close(const char *path) {
    struct fat_node *node;
    error_t err = fat_open(fat, path, &node);
    return (err == OK) ? fat_close(node) : err;
}

TEST("what was written is there after a remount, on all kinds of volumes") {
    const struct format *formats[] = {&fat12, &fat16, &fat32};
    for (int i = 0; i < 3; i++) {
        begin(formats[i]);
        TEST_EXPECT_EQ(fat_mkdir(fat, "/dir"), OK);
        write_file("/dir/A long name.txt", "hello");
        write_file("/short.txt", "world");
        remount();
        expect_file("/DIR/a LONG name.TXT", "hello");
        expect_file("/dir/ALONGN~1.TXT", "hello");
        expect_file("/SHORT.TXT", "world");
        struct fat_info info;
        TEST_EXPECT_EQ(fat_info(fat, &info), OK);
        TEST_EXPECT_EQ(info.bits, formats[i]->bits);
        TEST_EXPECT_EQ(info.total_bytes - info.free_bytes,
                       (3 + (i == 2)) * (uint64_t) info.cluster_bytes);
        end();
    }
}

TEST("times are kept in units of two seconds") {
    begin(&fat16);
    write_file("/f", "x");
    struct fat_stat stat;
    TEST_EXPECT_EQ(fat_sync(fat), OK);
    TEST_EXPECT_EQ(fat_stat(fat, "/f", &stat), OK);
    TEST_EXPECT_EQ(stat.mtime, NOW);
    TEST_EXPECT_EQ(stat.size, 1);
    end();
}

TEST("what is open can be neither removed nor replaced") {
    begin(&fat16);
    struct fat_node *node = create("/open"), *other;
    TEST_EXPECT_EQ(fat_remove(fat, "/open"), ERR_IN_USE);
    write_file("/closed", "x");
    TEST_EXPECT_EQ(fat_open(fat, "/closed", &other), OK);
    TEST_EXPECT_EQ(fat_rename(other, "/OPEN"), ERR_IN_USE);
    TEST_EXPECT_EQ(fat_unmount(fat), ERR_IN_USE);
    TEST_EXPECT_EQ(fat_close(node), OK);
    TEST_EXPECT_EQ(fat_rename(other, "/OPEN"), OK);
    TEST_EXPECT_EQ(fat_close(other), OK);
    expect_file("/open", "x");
    TEST_EXPECT_EQ(open_and_close("/closed"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(fat_remove(fat, "/open"), OK);
    TEST_EXPECT_EQ(open_and_close("/open"), ERR_NOT_FOUND);
    end();
}

TEST("paths that lead nowhere, and mistakes") {
    begin(&fat16);
    struct fat_node *node;
    write_file("/file", "x");
    TEST_EXPECT_EQ(fat_mkdir(fat, "/dir"), OK);
    TEST_EXPECT_EQ(fat_mkdir(fat, "/dir/sub"), OK);
    TEST_EXPECT_EQ(open_and_close("/none"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(open_and_close("/none/x"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(open_and_close("/file/x"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(fat_create(fat, "/dir", true, &node), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(fat_create(fat, "/file", false, &node), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(fat_create(fat, "/a?b", false, &node), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fat_create(fat, "/", true, &node), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(fat_mkdir(fat, "/file"), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(fat_remove(fat, "/dir"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(fat_remove(fat, "/"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(fat_open(fat, "/dir", &node), OK);
    TEST_EXPECT_EQ(fat_rename(node, "/dir/sub/x"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(fat_rename(node, "/file"), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(fat_write(node, 0, "x", 1), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(fat_truncate(node, 0), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(fat_close(node), OK);
    TEST_EXPECT_EQ(fat_remove(fat, "/dir/sub"), OK);
    TEST_EXPECT_EQ(fat_remove(fat, "/dir"), OK);
    end();
}

TEST("a name that is another file's alias is taken") {
    begin(&fat16);
    write_file("/a long name.txt", "x");
    struct fat_node *node;
    TEST_EXPECT_EQ(fat_create(fat, "/alongn~1.txt", false, &node), ERR_ALREADY_EXISTS);
    write_file("/a long nameX.txt", "y");
    expect_file("/ALONGN~2.TXT", "y");
    end();
}

TEST("hundreds of files have aliases of their own") {
    begin(&fat32);
    char path[64];
    for (int i = 0; i < 600; i++) {
        memcpy(path, "/a long name 000", 17);
        path[13] = (char) ('0' + i / 100);
        path[14] = (char) ('0' + i / 10 % 10);
        path[15] = (char) ('0' + i % 10);
        TEST_EXPECT_EQ(fat_close(create(path)), OK);
    }
    struct fat_node *root;
    struct fat_stat stat;
    char name[FAT_NAME_LEN];
    uint64_t position = 0;
    int count = 0;
    TEST_EXPECT_EQ(fat_open(fat, "/", &root), OK);
    while (fat_list(root, &position, name, &stat) == OK) {
        count++;
    }
    TEST_EXPECT_EQ(count, 600);
    TEST_EXPECT_EQ(fat_close(root), OK);
    end();
}

TEST("a full volume refuses a write as a whole, and a full root directory a file") {
    begin(&fat12);
    struct fat_node *node = create("/big");
    static uint8_t data[200 * 512];
    TEST_EXPECT_EQ(fat_write(node, 0, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(fat_write(node, sizeof(data), data, sizeof(data)), ERR_NO_SPACE);
    struct fat_info info;
    struct fat_stat stat;
    TEST_EXPECT_EQ(fat_info(fat, &info), OK);
    TEST_EXPECT_EQ(info.free_bytes, 100 * 512);
    fat_stat_node(node, &stat);
    TEST_EXPECT_EQ(stat.size, sizeof(data));
    TEST_EXPECT_EQ(fat_truncate(node, 300 * 512 + 1), ERR_NO_SPACE);
    TEST_EXPECT_EQ(fat_truncate(node, 300 * 512), OK);
    TEST_EXPECT_EQ(fat_truncate(node, (uint64_t) FAT_FILE_SIZE_MAX + 1), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(fat_write(node, FAT_FILE_SIZE_MAX, data, 1), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(fat_close(node), OK);
    char path[] = "/00";
    error_t err = OK;
    int count = 0;
    while (err == OK && count < 100) {
        path[1] = (char) ('0' + count / 10);
        path[2] = (char) ('0' + count % 10);
        err = fat_create(fat, path, false, &node);
        if (err == OK) {
            count++;
            TEST_EXPECT_EQ(fat_close(node), OK);
        }
    }
    TEST_EXPECT_EQ(err, ERR_NO_SPACE);
    TEST_EXPECT_EQ(count, 63);
    end();
}

TEST("what is between the end and an offset is zeroes, whatever was there before") {
    begin(&fat16);
    struct fat_node *node = create("/f");
    const uint8_t *data;
    size_t len;
    static uint8_t ones[5000], zeroes[5000];
    memset(ones, 1, sizeof(ones));
    TEST_EXPECT_EQ(fat_write(node, 0, ones, sizeof(ones)), OK);
    TEST_EXPECT_EQ(fat_flush(node), OK);
    TEST_EXPECT_EQ(fat_truncate(node, 100), OK);
    TEST_EXPECT_EQ(fat_write(node, 4000, ones, 10), OK);
    TEST_EXPECT_EQ(fat_read(node, 100, 3900, &data, &len), OK);
    TEST_EXPECT_EQ(len, 3900);
    TEST_EXPECT_MEM_EQ(data, zeroes, len);
    TEST_EXPECT_EQ(fat_truncate(node, 9000), OK);
    TEST_EXPECT_EQ(fat_read(node, 4010, 4990, &data, &len), OK);
    TEST_EXPECT_MEM_EQ(data, zeroes, len);
    TEST_EXPECT_EQ(fat_close(node), OK);
    end();
}

TEST("a file that was cut grows again, also when it was closed meanwhile") {
    begin(&fat16);
    static uint8_t data[20000], more[20000];
    memset(data, 1, sizeof(data));
    memset(more, 2, sizeof(more));
    struct fat_node *node = create("/f");
    TEST_EXPECT_EQ(fat_write(node, 0, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(fat_flush(node), OK);
    TEST_EXPECT_EQ(fat_truncate(node, 100), OK);
    TEST_EXPECT_EQ(fat_close(node), OK);
    TEST_EXPECT_EQ(fat_open(fat, "/f", &node), OK);
    TEST_EXPECT_EQ(fat_write(node, 100, more, sizeof(more)), OK);
    TEST_EXPECT_EQ(fat_flush(node), OK);
    TEST_EXPECT_EQ(fat_close(node), OK);
    remount();
    const uint8_t *read;
    size_t len;
    TEST_EXPECT_EQ(fat_open(fat, "/f", &node), OK);
    size_t done = 0;
    while (done < sizeof(more) && fat_read(node, 100 + done, sizeof(more) - done, &read, &len) == OK
           && len > 0) {
        TEST_EXPECT_MEM_EQ(read, more, len);
        done += len;
    }
    TEST_EXPECT_EQ(done, sizeof(more));
    TEST_EXPECT_EQ(fat_close(node), OK);
    end();
}

TEST("a write that fails in the background is told, and told once") {
    begin(&fat16);
    struct fat_node *node = create("/f"), *other = create("/g");
    TEST_EXPECT_EQ(fat_sync(fat), OK);
    TEST_EXPECT_EQ(fat_write(node, 0, "abc", 3), OK);
    disk.bad_sector = disk.device.num_sectors;
    // The first sector of the first cluster.
    disk.bad_sector = disk.device.num_sectors - 2 * 4100;
    TEST_EXPECT_EQ(fat_sync(fat), ERR_IO);
    TEST_EXPECT_EQ(fat_write(other, 0, "x", 1), OK);
    TEST_EXPECT_EQ(fat_write(node, 3, "def", 3), ERR_IO);
    disk.bad_sector = UINT64_MAX;
    TEST_EXPECT_EQ(fat_write(node, 3, "def", 3), OK);
    TEST_EXPECT_EQ(fat_flush(node), OK);
    disk.bad_sector = disk.device.num_sectors - 2 * 4100;
    TEST_EXPECT_EQ(fat_write(node, 0, "xyz", 3), OK);
    TEST_EXPECT_EQ(fat_flush(other), ERR_IO);
    TEST_EXPECT_EQ(fat_close(node), ERR_IO);
    TEST_EXPECT_EQ(fat_close(other), OK);
    end();
}

TEST("a read-only volume is not written to") {
    begin(&fat16);
    write_file("/f", "x");
    TEST_EXPECT_EQ(fat_unmount(fat), OK);
    blkcache_destroy(&cache);
    mount(true);
    uint64_t written = disk.sectors_written;
    struct fat_node *node;
    TEST_EXPECT_EQ(fat_create(fat, "/g", false, &node), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(fat_mkdir(fat, "/d"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(fat_remove(fat, "/f"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(fat_open(fat, "/f", &node), OK);
    TEST_EXPECT_EQ(fat_write(node, 0, "x", 1), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(fat_truncate(node, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(fat_rename(node, "/h"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(fat_close(node), OK);
    TEST_EXPECT_EQ(fat_unmount(fat), OK);
    TEST_EXPECT_EQ(disk.sectors_written, written);
    blkcache_destroy(&cache);
    disk_destroy(&disk);
}

TEST("reading a file is few transfers, and a sequential reader's none of its own") {
    begin(&fat16);
    struct fat_node *node = create("/f");
    static uint8_t data[1024 * 1024];
    TEST_EXPECT_EQ(fat_write(node, 0, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(fat_flush(node), OK);
    uint64_t before = disk.transfers;
    const uint8_t *read;
    size_t len;
    for (uint64_t offset = 0; offset < sizeof(data); offset += 65536) {
        TEST_EXPECT_EQ(fat_read(node, offset, 65536, &read, &len), OK);
        TEST_EXPECT_EQ(len, 65536);
    }
    TEST_EXPECT_LE(disk.transfers - before, 20);
    before = disk.transfers;
    for (uint64_t offset = 0; offset < sizeof(data); offset += 512) {
        TEST_EXPECT_EQ(fat_read(node, offset, 512, &read, &len), OK);
    }
    TEST_EXPECT_LE(disk.transfers - before, 40);
    TEST_EXPECT_EQ(fat_close(node), OK);
    end();
}

/// Changes a byte of the boot sector; what becomes of the mount.
static error_t mount_with(size_t offset, uint32_t value, unsigned bytes) {
    uint8_t *image = malloc(format_len(&fat16));
    format_volume(&fat16, image);
    for (unsigned i = 0; i < bytes; i++, value >>= 8) {
        image[offset + i] = (uint8_t) value;
    }
    disk_init(&disk, format_len(&fat16) / 512, 512, BUFFER_LEN);
    disk_load(&disk, image, format_len(&fat16));
    free(image);
    struct fat_options options = {.now = now};
    TEST_EXPECT_EQ(blkcache_init(&cache, &disk.device), OK);
    error_t err = fat_mount(&fat, &cache, &options);
    if (err == OK) {
        fat_discard(fat);
    }
    blkcache_destroy(&cache);
    disk_destroy(&disk);
    return err;
}

TEST("boot sectors that can't be true are refused") {
    TEST_EXPECT_EQ(mount_with(510, 0xaa55, 2), OK);
    TEST_EXPECT_EQ(mount_with(510, 0, 2), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(11, 0, 2), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(11, 513, 2), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(11, 256, 2), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(11, 8192, 2), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(13, 0, 1), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(13, 3, 1), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(14, 0, 2), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(16, 0, 1), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(17, 0, 2), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(22, 1, 2), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(22, 0xffff, 2), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(32, 0xffffffff, 4), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(mount_with(32, 10, 4), ERR_NOT_ACCEPTABLE);
}

/// Where the first table of the FAT16 volume is, and its first cluster.
#define TABLE_16 512
#define DATA_16  (disk_len(&disk) - (size_t) 4100 * 1024)

TEST("a chain that leads into itself, or out of the volume, is an error") {
    static const uint16_t nexts[] = {2, 0, 1, 0xfff7, 5000};
    for (size_t i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++) {
        begin(&fat16);
        struct fat_node *node = create("/f");
        static uint8_t data[4096];
        TEST_EXPECT_EQ(fat_write(node, 0, data, sizeof(data)), OK);
        TEST_EXPECT_EQ(fat_close(node), OK);
        TEST_EXPECT_EQ(fat_unmount(fat), OK);
        blkcache_destroy(&cache);
        memcpy(disk.image + TABLE_16 + 2 * 3, &nexts[i], 2);
        memcpy(disk.durable, disk.image, disk_len(&disk));
        mount(false);
        const uint8_t *read;
        size_t len;
        TEST_EXPECT_EQ(fat_open(fat, "/f", &node), OK);
        error_t err = fat_read(node, 3000, 1000, &read, &len);
        TEST_EXPECT_EQ(err, (i == 0) ? OK : ERR_IO);
        TEST_EXPECT_EQ(fat_close(node), OK);
        TEST_EXPECT_EQ(fat_remove(fat, "/f"), OK);
        TEST_EXPECT_EQ(fat_sync(fat), OK);
        end();
    }
}

TEST("a directory that leads into itself ends") {
    begin(&fat16);
    TEST_EXPECT_EQ(fat_mkdir(fat, "/d"), OK);
    TEST_EXPECT_EQ(fat_unmount(fat), OK);
    blkcache_destroy(&cache);
    uint16_t self = 2;
    memcpy(disk.image + TABLE_16 + 2 * 2, &self, 2);
    for (size_t i = 64; i < 1024; i += 32) {
        memcpy(disk.image + DATA_16 + i, "FILE       \x20", 12);
    }
    memcpy(disk.durable, disk.image, disk_len(&disk));
    mount(false);
    struct fat_node *node;
    struct fat_stat stat;
    char name[FAT_NAME_LEN];
    uint64_t position = 0;
    unsigned count = 0;
    TEST_EXPECT_EQ(open_and_close("/d/none"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(fat_open(fat, "/d", &node), OK);
    while (count < 70000 && fat_list(node, &position, name, &stat) == OK) {
        count++;
    }
    TEST_EXPECT_LT(count, 65536);
    TEST_EXPECT_EQ(fat_close(node), OK);
    TEST_EXPECT_EQ(fat_create(fat, "/d/new", false, &node), ERR_NO_SPACE);
    end();
}

/// Where the FAT16 volume's root directory is.
#define ROOT_16 (DATA_16 - (size_t) 512 * 32)

TEST("a directory that fsck.fat has taken from a second name can be removed, and nothing else") {
    begin(&fat16);
    TEST_EXPECT_EQ(fat_mkdir(fat, "/d"), OK);
    TEST_EXPECT_EQ(fat_unmount(fat), OK);
    blkcache_destroy(&cache);
    memset(disk.image + ROOT_16 + 26, 0, 2);
    memcpy(disk.durable, disk.image, disk_len(&disk));
    mount(false);
    struct fat_node *node;
    TEST_EXPECT_EQ(open_and_close("/d"), ERR_IO);
    TEST_EXPECT_EQ(fat_create(fat, "/d/f", false, &node), ERR_IO);
    TEST_EXPECT_EQ(fat_remove(fat, "/d"), OK);
    TEST_EXPECT_EQ(open_and_close("/d"), ERR_NOT_FOUND);
    end();
}

TEST("what is left of a long name is used again") {
    static const struct format small = {12, 512, 1, 300, 16, 2};
    char path[14 * 13 + 2] = "/", shorter[9 * 13 + 2] = "/";
    memset(path + 1, 'x', 14 * 13);
    memset(shorter + 1, 'y', 9 * 13);
    begin(&small);
    write_file("/1", "");
    write_file(path, "");
    TEST_EXPECT_EQ(fat_unmount(fat), OK);
    blkcache_destroy(&cache);
    uint8_t *root = disk.image + 512 * 3;
    TEST_EXPECT_EQ(root[15 * 32], 'X');
    root[15 * 32] = 0xe5;
    memcpy(disk.durable, disk.image, disk_len(&disk));
    mount(false);
    write_file("/2", "");
    write_file(shorter, "");
    write_file("/3", "");
    write_file("/4", "");
    write_file("/5", "");
    remount();
    TEST_EXPECT_EQ(open_and_close(shorter), OK);
    TEST_EXPECT_EQ(open_and_close("/5"), OK);
    TEST_EXPECT_EQ(open_and_close(path), ERR_NOT_FOUND);
    end();
}

TEST("a volume that wasn't clean isn't called clean") {
    begin(&fat16);
    TEST_EXPECT_EQ(fat_unmount(fat), OK);
    blkcache_destroy(&cache);
    disk.image[37] |= 1;
    memcpy(disk.durable, disk.image, disk_len(&disk));
    mount(false);
    write_file("/f", "x");
    TEST_EXPECT_EQ(fat_sync(fat), OK);
    TEST_EXPECT_EQ(disk.durable[37] & 1, 1);
    end();
    begin(&fat16);
    write_file("/f", "x");
    struct fat_node *node;
    TEST_EXPECT_EQ(fat_open(fat, "/f", &node), OK);
    TEST_EXPECT_EQ(fat_flush(node), OK);
    TEST_EXPECT_EQ(disk.durable[37] & 1, 1);
    TEST_EXPECT_EQ(fat_close(node), OK);
    TEST_EXPECT_EQ(fat_sync(fat), OK);
    TEST_EXPECT_EQ(disk.durable[37] & 1, 0);
    end();
}
