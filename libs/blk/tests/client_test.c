#include <blk/client.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

static struct blk_unit unit;

static void begin(void) {
    world_begin(1024, 4, 64, 4, true);
    TEST_EXPECT_EQ(blk_open(&unit, "test0", 64 * 1024, true), OK);
    TEST_EXPECT_EQ(unit.num_sectors, 1024);
    TEST_EXPECT_EQ(unit.sector_size, 512);
    TEST_EXPECT_EQ(unit.buffer_len, 64 * 1024);
}

static void end(void) {
    blk_close(&unit);
    world_end();
}

/// The driver ends when it gets that call of the client's, counted from 1 behind blk_open.
static void end_driver_at(unsigned call, bool having_done_it) {
    world_script.end_at_call = 1 + call;
    world_script.end_after = having_done_it;
}

TEST("reads, writes and segments go to the disk and come from it") {
    begin();
    memset(unit.buffer, 0x5a, 1024);
    TEST_EXPECT_EQ(blk_write(&unit, 10, 2, 0), OK);
    TEST_EXPECT_MEM_EQ(unit.buffer, &world_sectors[10 * SECTOR_LEN], 1024);
    TEST_EXPECT_EQ(blk_read(&unit, 11, 1, 4096), OK);
    TEST_EXPECT_MEM_EQ(&unit.buffer[4096], unit.buffer, 512);
    const struct blk_segment segments[] = {{20, 1, 0}, {30, 1, 512}};
    TEST_EXPECT_EQ(blk_transfer_segments(&unit, BLK_WRITE, segments, 2), OK);
    TEST_EXPECT_EQ(world_sectors[30 * SECTOR_LEN], 0x5a);
    TEST_EXPECT_EQ(blk_flush(&unit), OK);
    TEST_EXPECT_EQ(world_counts.flushes, 1);
    TEST_EXPECT_EQ(blk_transfer_segments(&unit, 0, segments, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(blk_transfer_segments(&unit, 0, segments, 33), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(blk_read(&unit, 1024, 1, 0), ERR_INVALID_ARG);
    end();
}

TEST("what can't be opened leaves nothing behind") {
    world_begin(1024, 1, 64, 1, true);
    TEST_EXPECT_EQ(blk_open(&unit, "test1", 4096, true), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(blk_open(&unit, "test", 4096, true), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(blk_open(&unit, "a-name-that-is-too-long-0", 4096, true), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(world_counts.freed, 2);
    world_script.gone = true;
    TEST_EXPECT_EQ(blk_open(&unit, "test0", 4096, true), ERR_UNAVAILABLE);
    world_end();
}

TEST("a read goes on at the restarted driver, and nobody needs to know") {
    begin();
    world_sectors[5 * SECTOR_LEN] = 0x77;
    end_driver_at(1, false);
    TEST_EXPECT_EQ(blk_read(&unit, 5, 1, 0), OK);
    TEST_EXPECT_EQ(unit.buffer[0], 0x77);
    TEST_EXPECT_EQ(unit.epoch, 1);
    TEST_EXPECT_EQ(world_counts.starts, 2);
    TEST_EXPECT_EQ(blk_flush(&unit), OK);
    end();
}

TEST("a write is repeated, whether it was done or not") {
    for (int done = 0; done < 2; done++) {
        begin();
        world_script.loses_writes = true;
        end_driver_at(1, done == 1);
        unit.buffer[0] = 0x33;
        TEST_EXPECT_EQ(blk_write(&unit, 9, 1, 0), OK);
        TEST_EXPECT_EQ(world_sectors[9 * SECTOR_LEN], 0x33);
        // It was the only one, and it isn't lost.
        TEST_EXPECT_EQ(blk_flush(&unit), OK);
        TEST_EXPECT_EQ(unit.epoch, 1);
        end();
    }
}

TEST("the flush says that earlier writes may be lost, once") {
    begin();
    world_script.loses_writes = true;
    end_driver_at(2, false);
    unit.buffer[0] = 0x44;
    TEST_EXPECT_EQ(blk_write(&unit, 1, 1, 0), OK);
    TEST_EXPECT_EQ(blk_write(&unit, 2, 1, 0), OK);
    TEST_EXPECT_EQ(world_sectors[1 * SECTOR_LEN], 0);
    TEST_EXPECT_EQ(blk_flush(&unit), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(blk_write(&unit, 1, 1, 0), OK);
    TEST_EXPECT_EQ(blk_flush(&unit), OK);
    TEST_EXPECT_EQ(world_sectors[1 * SECTOR_LEN], 0x44);
    TEST_EXPECT_EQ(world_sectors[2 * SECTOR_LEN], 0x44);
    end();
}

TEST("what was flushed before isn't reported as lost") {
    begin();
    world_script.loses_writes = true;
    end_driver_at(3, false);
    unit.buffer[0] = 0x55;
    TEST_EXPECT_EQ(blk_write(&unit, 1, 1, 0), OK);
    TEST_EXPECT_EQ(blk_flush(&unit), OK);
    TEST_EXPECT_EQ(blk_flush(&unit), OK);
    TEST_EXPECT_EQ(unit.epoch, 1);
    TEST_EXPECT_EQ(world_sectors[1 * SECTOR_LEN], 0x55);
    end();
}

TEST("a write that needs what was lost to be durable isn't done") {
    begin();
    world_script.loses_writes = true;
    end_driver_at(2, false);
    unit.buffer[0] = 0x66;
    TEST_EXPECT_EQ(blk_write(&unit, 1, 1, 0), OK);
    TEST_EXPECT_EQ(blk_transfer(&unit, BLK_WRITE | BLK_FLUSH_BEFORE, 2, 1, 0), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(world_sectors[2 * SECTOR_LEN], 0);
    TEST_EXPECT_EQ(blk_write(&unit, 1, 1, 0), OK);
    TEST_EXPECT_EQ(blk_transfer(&unit, BLK_WRITE | BLK_FLUSH_BEFORE | BLK_FLUSH_AFTER, 2, 1, 0),
                   OK);
    TEST_EXPECT_EQ(world_sectors[2 * SECTOR_LEN], 0x66);
    end();
}

TEST("a write that flushes tells as well") {
    begin();
    world_script.loses_writes = true;
    end_driver_at(2, true);
    TEST_EXPECT_EQ(blk_write(&unit, 1, 1, 0), OK);
    TEST_EXPECT_EQ(blk_transfer(&unit, BLK_WRITE | BLK_FLUSH_AFTER, 2, 1, 0), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(blk_transfer(&unit, BLK_WRITE | BLK_FLUSH_AFTER, 2, 1, 0), OK);
    end();
}

TEST("a driver that is gone for good is an error, and so is a disk that has changed") {
    begin();
    end_driver_at(1, false);
    world_script.gone = true;
    TEST_EXPECT_EQ(blk_read(&unit, 0, 1, 0), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(blk_read(&unit, 0, 1, 0), ERR_UNAVAILABLE);
    world_script.gone = false;
    TEST_EXPECT_EQ(blk_read(&unit, 0, 1, 0), OK);
    end();
    begin();
    end_driver_at(1, false);
    world_script.grows = true;
    TEST_EXPECT_EQ(blk_read(&unit, 0, 1, 0), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(blk_read(&unit, 0, 1, 0), ERR_NOT_FOUND);
    end();
}
