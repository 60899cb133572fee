#include <blkcache.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../../common/tests/random.h"
#include "disk.h"

#define SECTORS    4096
#define BUFFER_LEN (4 * BLKCACHE_WINDOW_LEN + BLKCACHE_BLOCKS_MIN * BLKCACHE_BLOCK_LEN)

static struct disk disk;
static struct blkcache cache;

static void begin(uint32_t sector_size) {
    disk_init(&disk, SECTORS, sector_size, BUFFER_LEN);
    uint32_t random = 7;
    for (size_t i = 0; i < disk_len(&disk); i += 4) {
        uint32_t value = random_next(&random);
        memcpy(disk.image + i, &value, 4);
    }
    memcpy(disk.durable, disk.image, disk_len(&disk));
    TEST_EXPECT_EQ(blkcache_init(&cache, &disk.device), OK);
}

static void end(void) {
    blkcache_destroy(&cache);
    disk_destroy(&disk);
}

static const uint8_t *read_run(uint64_t offset, size_t len, size_t ahead) {
    struct blkcache_run run = {offset, len};
    const uint8_t *data = NULL;
    TEST_EXPECT_EQ(blkcache_read(&cache, &run, 1, ahead, &data), OK);
    return data;
}

TEST("a buffer that is too small, and sectors of odd sizes, are refused") {
    struct blkcache_device device = {.buffer_len = 4096, .sector_size = 512, .max_bytes = 4096};
    TEST_EXPECT_EQ(blkcache_init(&cache, &device), ERR_INVALID_ARG);
    device.buffer_len = BUFFER_LEN;
    device.sector_size = 1000;
    TEST_EXPECT_EQ(blkcache_init(&cache, &device), ERR_INVALID_ARG);
    device.sector_size = 8192;
    TEST_EXPECT_EQ(blkcache_init(&cache, &device), ERR_INVALID_ARG);
}

TEST("a block is read once, and written when its class is") {
    begin(512);
    const uint8_t *data;
    uint8_t *edited;
    TEST_EXPECT_EQ(blkcache_get(&cache, 5000, &data), OK);
    TEST_EXPECT_MEM_EQ(data, disk.image + 5000, 100);
    TEST_EXPECT_EQ(blkcache_edit(&cache, 5000, 4, 1, &edited), OK);
    memcpy(edited, "abcd", 4);
    TEST_EXPECT_EQ(disk.transfers, 1);
    TEST_EXPECT_EQ(blkcache_write_class(&cache, 0, 0), OK);
    TEST_EXPECT_EQ(disk.sectors_written, 0);
    TEST_EXPECT(blkcache_is_dirty(&cache, 1));
    TEST_EXPECT_EQ(blkcache_write_class(&cache, 1, BLK_FLUSH_AFTER), OK);
    TEST_EXPECT_EQ(disk.sectors_written, 1);
    TEST_EXPECT_MEM_EQ(disk.durable + 5000, "abcd", 4);
    TEST_EXPECT(!blkcache_has_changes(&cache));
    end();
}

TEST("only the sectors that were changed are written, and their mirrors") {
    begin(512);
    blkcache_mirror(&cache, 2, 1000, 1);
    uint8_t *edited;
    TEST_EXPECT_EQ(blkcache_edit(&cache, 8192 + 512 * 2, 512 * 2, 2, &edited), OK);
    memset(edited, 1, 1024);
    TEST_EXPECT_EQ(blkcache_edit(&cache, 8192 + 512 * 7, 1, 2, &edited), OK);
    *edited = 2;
    TEST_EXPECT_EQ(blkcache_write_class(&cache, 2, BLK_FLUSH_BEFORE), OK);
    TEST_EXPECT_EQ(disk.sectors_written, 6);
    TEST_EXPECT_EQ(disk.image[(1000 + 16 + 3) * 512], 1);
    TEST_EXPECT_EQ(disk.image[(1000 + 16 + 7) * 512], 2);
    TEST_EXPECT_EQ(blkcache_flush(&cache), OK);
    end();
}

TEST("blocks that aren't flushed are never given up") {
    begin(512);
    uint8_t *edited;
    unsigned room = blkcache_room(&cache);
    for (unsigned i = 0; i < room; i++) {
        TEST_EXPECT_EQ(blkcache_edit(&cache, i * BLKCACHE_BLOCK_LEN, 1, 0, &edited), OK);
        *edited = (uint8_t) i;
    }
    TEST_EXPECT_EQ(blkcache_room(&cache), 0);
    TEST_EXPECT_EQ(blkcache_edit(&cache, room * BLKCACHE_BLOCK_LEN, 1, 0, &edited), ERR_NO_MEMORY);
    TEST_EXPECT_EQ(blkcache_write_class(&cache, 0, 0), OK);
    TEST_EXPECT_EQ(blkcache_room(&cache), 0);
    TEST_EXPECT_EQ(blkcache_flush(&cache), OK);
    TEST_EXPECT_EQ(blkcache_room(&cache), room);
    TEST_EXPECT_EQ(blkcache_edit(&cache, room * BLKCACHE_BLOCK_LEN, 1, 0, &edited), OK);
    for (unsigned i = 0; i < room; i++) {
        TEST_EXPECT_EQ(disk.durable[i * BLKCACHE_BLOCK_LEN], (uint8_t) i);
    }
    end();
}

TEST("64 KiB are one transfer, and then none") {
    begin(512);
    const uint8_t *data = read_run(512 * 77, 65536, 0);
    TEST_EXPECT_MEM_EQ(data, disk.image + 512 * 77, 65536);
    TEST_EXPECT_EQ(disk.transfers, 1);
    TEST_EXPECT_MEM_EQ(read_run(512 * 77 + 100, 60000, 0), disk.image + 512 * 77 + 100, 60000);
    TEST_EXPECT_EQ(disk.transfers, 1);
    end();
}

TEST("what was read ahead needs no transfer") {
    begin(512);
    read_run(0, 100, 60000);
    read_run(512 * 100, 512, 0);
    TEST_EXPECT_EQ(disk.transfers, 1);
    disk.unreadable = 200;
    TEST_EXPECT_MEM_EQ(read_run(512 * 190, 512, 10000), disk.image + 512 * 190, 512);
    struct blkcache_run run = {512 * 199, 1024};
    const uint8_t *data;
    TEST_EXPECT_EQ(blkcache_read(&cache, &run, 1, 0, &data), ERR_IO);
    end();
}

TEST("runs come one behind the other, whether they are cached, changed or on the disk") {
    begin(512);
    read_run(512 * 10, 512 * 4, 0);
    uint8_t block[1024];
    memset(block, 0xab, sizeof(block));
    TEST_EXPECT_EQ(blkcache_write(&cache, 512 * 50, block, sizeof(block), true), OK);
    struct blkcache_run runs[] = {{512 * 9 + 100, 412 + 512 * 8}, {512 * 50, 1024}, {512 * 7, 99}};
    const uint8_t *data;
    TEST_EXPECT_EQ(blkcache_read(&cache, runs, 3, 0, &data), OK);
    TEST_EXPECT_MEM_EQ(data, disk.image + 512 * 9 + 100, 412 + 512 * 8);
    TEST_EXPECT_MEM_EQ(data + 412 + 512 * 8, block, 1024);
    TEST_EXPECT_MEM_EQ(data + 412 + 512 * 8 + 1024, disk.image + 512 * 7, 99);
    end();
}

TEST("nothing beyond the device's end is read or written") {
    begin(512);
    struct blkcache_run run = {(SECTORS - 1) * 512, 513};
    const uint8_t *data;
    uint8_t *edited, byte = 0;
    TEST_EXPECT_EQ(blkcache_read(&cache, &run, 1, 0, &data), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(blkcache_write(&cache, SECTORS * 512, &byte, 1, false), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(blkcache_get(&cache, SECTORS * 512, &data), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(blkcache_edit(&cache, UINT64_MAX - 100, 1, 0, &edited), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(blkcache_edit(&cache, 4095, 2, 0, &edited), ERR_INVALID_ARG);
    end();
}

TEST("a window that can't be written is given up in the end, and the others are written") {
    begin(512);
    uint8_t sector[512] = {1, 2, 3};
    TEST_EXPECT_EQ(blkcache_write(&cache, 512 * 5, sector, 512, false), OK);
    TEST_EXPECT_EQ(blkcache_write(&cache, 512 * 50, sector, 512, false), OK);
    disk.bad_sector = 5;
    TEST_EXPECT_EQ(blkcache_write_files(&cache), ERR_IO);
    TEST_EXPECT_MEM_EQ(disk.image + 512 * 50, sector, 512);
    TEST_EXPECT_EQ(blkcache_write_files(&cache), ERR_IO);
    disk.bad_sector = UINT64_MAX;
    TEST_EXPECT_EQ(blkcache_write_files(&cache), OK);
    TEST_EXPECT_MEM_EQ(disk.image + 512 * 5, sector, 512);
    TEST_EXPECT_EQ(blkcache_write(&cache, 512 * 5, sector, 512, false), OK);
    disk.bad_sector = 5;
    for (int i = 0; i < 3; i++) {
        TEST_EXPECT_EQ(blkcache_write_files(&cache), ERR_IO);
    }
    TEST_EXPECT_EQ(blkcache_write_files(&cache), OK);
    end();
}

TEST("what a driver that was restarted may have lost is written again") {
    begin(512);
    uint8_t sector[512] = {9}, *edited;
    TEST_EXPECT_EQ(blkcache_write(&cache, 512 * 5, sector, 512, false), OK);
    TEST_EXPECT_EQ(blkcache_edit(&cache, 512 * 100, 1, 1, &edited), OK);
    *edited = 77;
    TEST_EXPECT_EQ(blkcache_write_files(&cache), OK);
    TEST_EXPECT_EQ(blkcache_write_class(&cache, 1, 0), OK);
    memcpy(disk.image, disk.durable, disk_len(&disk));
    disk.num_writes = 0;
    disk.lost = true;
    TEST_EXPECT_EQ(blkcache_flush(&cache), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(blkcache_write_files(&cache), OK);
    TEST_EXPECT_EQ(blkcache_write_class(&cache, 1, BLK_FLUSH_AFTER), OK);
    TEST_EXPECT_MEM_EQ(disk.durable + 512 * 5, sector, 512);
    TEST_EXPECT_EQ(disk.durable[512 * 100], 77);
    end();
}

TEST("cleared sectors are zeroes, in the cache too") {
    begin(512);
    uint8_t *edited, first[] = {1, 2, 3};
    const uint8_t *data;
    TEST_EXPECT_EQ(blkcache_edit(&cache, 4096 + 512 * 3, 1, 0, &edited), OK);
    *edited = 1;
    TEST_EXPECT_EQ(blkcache_edit(&cache, 4096, 1, 0, &edited), OK);
    *edited = 55;
    TEST_EXPECT_EQ(blkcache_clear(&cache, 4096 + 512 * 3, 200000 / 512 * 512, first, 3), OK);
    TEST_EXPECT_EQ(blkcache_get(&cache, 4096 + 512 * 3, &data), OK);
    TEST_EXPECT_MEM_EQ(data, first, 3);
    TEST_EXPECT_EQ(data[3], 0);
    TEST_EXPECT_EQ(disk.durable[4096 + 512 * 3 + 100000], 0);
    TEST_EXPECT_EQ(blkcache_write_class(&cache, 0, BLK_FLUSH_AFTER), OK);
    TEST_EXPECT_EQ(disk.durable[4096], 55);
    TEST_EXPECT_MEM_EQ(disk.durable + 4096 + 512 * 3, first, 3);
    end();
}

TEST("a part that is forgotten isn't written, what is beside it is") {
    for (int which = 0; which < 3; which++) {
        begin(512);
        uint8_t data[512 * 9];
        memset(data, 0x5a, sizeof(data));
        uint64_t from = 512 * (100 + 3 * (uint64_t) which);
        TEST_EXPECT_EQ(blkcache_write(&cache, 512 * 100, data, sizeof(data), false), OK);
        TEST_EXPECT_EQ(blkcache_forget(&cache, from, 512 * 3), OK);
        TEST_EXPECT_EQ(blkcache_write_files(&cache), OK);
        TEST_EXPECT_EQ(blkcache_flush(&cache), OK);
        for (uint64_t i = 512 * 100; i < 512 * 109; i += 512) {
            bool forgotten = i >= from && i < from + 512 * 3;
            TEST_EXPECT(forgotten || memcmp(disk.durable + i, data, 512) == 0);
        }
        end();
    }
}

/// What the contents should be.
static uint8_t *model;

static void random_write(uint32_t *random) {
    size_t len = 1 + random_below(random, random_below(random, 2) ? 3000 : 150000);
    uint64_t offset = random_below(random, (uint32_t) (disk_len(&disk) - len));
    uint8_t *data = malloc(len);
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t) random_next(random);
    }
    TEST_EXPECT_EQ(blkcache_write(&cache, offset, data, len, true), OK);
    memcpy(model + offset, data, len);
    free(data);
}

static void random_read(uint32_t *random) {
    size_t len = 1 + random_below(random, random_below(random, 2) ? 3000 : 65536);
    uint64_t offset = random_below(random, (uint32_t) (disk_len(&disk) - len));
    const uint8_t *data = read_run(offset, len, random_below(random, 65536));
    if (data != NULL) {
        TEST_EXPECT_MEM_EQ(data, model + offset, len);
    }
}

static void random_flush(void) {
    error_t err;
    do {
        err = blkcache_write_files(&cache);
        err = (err == OK) ? blkcache_flush(&cache) : err;
    } while (err == ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(err, OK);
    TEST_EXPECT(memcmp(disk.durable, model, disk_len(&disk)) == 0);
}

TEST("random reads and writes see what was written, though drivers are restarted") {
    for (uint32_t sector_size = 512; sector_size <= 4096; sector_size *= 2) {
        begin(sector_size);
        disk.restart_every = 40;
        model = malloc(disk_len(&disk));
        memcpy(model, disk.image, disk_len(&disk));
        uint32_t random = sector_size;
        for (int i = 0; i < 1500; i++) {
            unsigned what = random_below(&random, 20);
            if (what < 10) {
                random_write(&random);
            } else if (what < 19) {
                random_read(&random);
            } else {
                random_flush();
            }
        }
        random_flush();
        TEST_EXPECT_GT(disk.restarts, 10);
        free(model);
        end();
    }
}
