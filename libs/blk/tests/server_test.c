#include <blk/server.h>
#include <resea/malloc.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

#define BUFFER_PAGES 64
#define BUFFER_LEN   (BUFFER_PAGES * PAGE_SIZE)

static uint8_t *buffer;

static void fill(uint8_t *bytes, size_t len, unsigned seed) {
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t) ((i / SECTOR_LEN * 7 + i + seed) % 251);
    }
}

/// Opens the unit; returns the handle or the error.
static handle_t open_as(task_t task, const char *name, bool writable, handle_t offer) {
    struct message m = {.type = BLK_OPEN_MSG};
    m.blk_open.buffer = offer;
    m.blk_open.writable = writable;
    memset(m.blk_open.name, 0, sizeof(m.blk_open.name));
    strncpy2(m.blk_open.name, name, sizeof(m.blk_open.name));
    world_send(task, &m);
    struct message reply = world_reply(task);
    return IS_ERROR(reply.type) ? reply.type : reply.blk_open_reply.handle;
}

static handle_t open_buffered(task_t task, const char *name, bool writable) {
    return open_as(task, name, writable, world_offer(BUFFER_PAGES, true, &buffer));
}

/// Asks for a transfer; returns the type of the answer.
static int ask_as(task_t task, handle_t handle, unsigned flags, uint64_t sector, uint32_t count,
                  uint32_t place) {
    struct message m = {.type = BLK_TRANSFER_MSG};
    m.blk_transfer.handle = handle;
    m.blk_transfer.flags = flags;
    m.blk_transfer.sector = sector;
    m.blk_transfer.count = count;
    m.blk_transfer.place = place;
    world_send(task, &m);
    return world_reply(task).type;
}

static int ask(handle_t handle, unsigned flags, uint64_t sector, uint32_t count, uint32_t place) {
    return ask_as(CLIENT, handle, flags, sector, count, place);
}

static int ask_segments(handle_t handle, unsigned flags, const void *segments, size_t len) {
    struct message m = {.type = BLK_TRANSFER_SEGMENTS_MSG};
    m.blk_transfer_segments.handle = handle;
    m.blk_transfer_segments.flags = flags;
    m.blk_transfer_segments.segments = malloc(len + 1);
    memcpy((void *) m.blk_transfer_segments.segments, segments, len);
    m.blk_transfer_segments.segments_len = len;
    world_send(CLIENT, &m);
    return world_reply(CLIENT).type;
}

static int close_as(task_t task, handle_t handle) {
    struct message m = {.type = BLK_CLOSE_MSG};
    m.blk_close.handle = handle;
    world_send(task, &m);
    return world_reply(task).type;
}

static void begin(unsigned depth, uint32_t max_sectors, unsigned max_pieces) {
    world_begin(4096, depth, max_sectors, max_pieces, true);
    world_start();
    memset(&world_counts, 0, sizeof(world_counts));
}

TEST("a disk is a unit with a name and a printable label") {
    begin(1, 8, 1);
    struct message m = {.type = BLK_UNIT_MSG};
    world_send(CLIENT, &m);
    m = world_reply(CLIENT);
    TEST_EXPECT_EQ(m.type, BLK_UNIT_REPLY_MSG);
    TEST_EXPECT_STR_EQ(m.blk_unit_reply.name, "test0");
    TEST_EXPECT_EQ(m.blk_unit_reply.num_sectors, 4096);
    TEST_EXPECT_EQ(m.blk_unit_reply.sector_size, 512);
    TEST_EXPECT_EQ(m.blk_unit_reply.kind, BLK_KIND_DISK);
    TEST_EXPECT(m.blk_unit_reply.writable);
    m = (struct message){.type = BLK_LABEL_MSG};
    world_send(CLIENT, &m);
    TEST_EXPECT_STR_EQ(world_reply(CLIENT).blk_label_reply.label, "A disk?of glass");
    m = (struct message){.type = BLK_UNIT_MSG};
    m.blk_unit.index = 1;
    world_send(CLIENT, &m);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, ERR_END);
    m = (struct message){.type = BLK_LABEL_MSG};
    m.blk_label.index = UINT32_MAX;
    world_send(CLIENT, &m);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, ERR_END);
    world_end();
}

TEST("transfers move what they say, in operations that the disk can take") {
    begin(1, 8, 1);
    fill(world_sectors, 4096 * SECTOR_LEN, 0);
    handle_t handle = open_buffered(CLIENT, "test0", true);
    TEST_EXPECT_EQ(ask(handle, 0, 100, 20, 1024), BLK_TRANSFER_REPLY_MSG);
    TEST_EXPECT_MEM_EQ(&buffer[1024], &world_sectors[100 * SECTOR_LEN], 20 * SECTOR_LEN);
    TEST_EXPECT_EQ(world_counts.ops, 3);
    fill(buffer, BUFFER_LEN, 99);
    TEST_EXPECT_EQ(ask(handle, BLK_WRITE, 4091, 5, 512), BLK_TRANSFER_REPLY_MSG);
    TEST_EXPECT_MEM_EQ(&buffer[512], &world_sectors[4091 * SECTOR_LEN], 5 * SECTOR_LEN);
    TEST_EXPECT_EQ(world_counts.writes, 1);
    TEST_EXPECT_EQ(close_as(CLIENT, handle), BLK_CLOSE_REPLY_MSG);
    TEST_EXPECT_EQ(world_counts.accepted, 1);
    TEST_EXPECT_EQ(world_counts.freed, 1);
    TEST_EXPECT(!world_watches(CLIENT));
    world_end();
}

TEST("segments that follow each other on the disk are one operation, up to the disk's limits") {
    begin(4, 16, 3);
    fill(world_sectors, 4096 * SECTOR_LEN, 5);
    handle_t handle = open_buffered(CLIENT, "test0", true);
    // Four runs of 8 in a row: two operations of two. A hole. Then one that has to be cut.
    const struct blk_segment segments[] = {
        {40, 8, 0}, {48, 8, 8192}, {56, 8, 4096}, {64, 8, 16384}, {80, 1, 12288}, {81, 40, 32768},
    };
    TEST_EXPECT_EQ(ask_segments(handle, 0, segments, sizeof(segments)),
                   BLK_TRANSFER_SEGMENTS_REPLY_MSG);
    for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
        TEST_EXPECT_MEM_EQ(&buffer[segments[i].place],
                           &world_sectors[segments[i].sector * SECTOR_LEN],
                           (size_t) segments[i].count * SECTOR_LEN);
    }
    TEST_EXPECT_EQ(world_counts.ops, 2 + 1 + 3);
    TEST_EXPECT_EQ(close_as(CLIENT, handle), BLK_CLOSE_REPLY_MSG);
    world_end();
}

TEST("nothing outside of the unit or the buffer is touched") {
    begin(1, 8, 1);
    handle_t handle = open_buffered(CLIENT, "test0", true);
    static const struct {
        uint64_t sector;
        uint32_t count, place;
    } bad[] = {
        {0, 0, 0},
        {4096, 1, 0},
        {4095, 2, 0},
        {UINT64_MAX, 1, 0},
        {UINT64_MAX - 1, 2, 0},
        {0, 1, 1},
        {0, 1, 256},
        {0, 1, BUFFER_LEN},
        {0, 2, BUFFER_LEN - 512},
        {0, 1, 0xfffffe00},
        {0, UINT32_MAX, 0},
        {1, 4096, 0},
        {0, BUFFER_LEN / 512 + 1, 0},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_EXPECT_EQ(ask(handle, 0, bad[i].sector, bad[i].count, bad[i].place), ERR_INVALID_ARG);
        TEST_EXPECT_EQ(ask(handle, BLK_WRITE, bad[i].sector, bad[i].count, bad[i].place),
                       ERR_INVALID_ARG);
        const struct blk_segment segments[] = {{0, 1, 0},
                                               {bad[i].sector, bad[i].count, bad[i].place}};
        TEST_EXPECT_EQ(ask_segments(handle, 0, segments, sizeof(segments)), ERR_INVALID_ARG);
    }
    static const struct blk_segment segments[BLK_SEGMENTS_MAX + 1];
    TEST_EXPECT_EQ(ask_segments(handle, 0, segments, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(ask_segments(handle, 0, segments, 17), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(ask_segments(handle, 0, segments, sizeof(segments)), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(ask(handle, 8, 0, 1, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(world_counts.ops, 0);
    TEST_EXPECT_EQ(close_as(CLIENT, handle), BLK_CLOSE_REPLY_MSG);
    world_end();
}

TEST("handles are their owner's, and buffers have to be writable") {
    begin(1, 8, 1);
    handle_t handle = open_buffered(CLIENT, "test0", false);
    TEST_EXPECT_EQ(ask(handle, BLK_WRITE, 0, 1, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(ask_as(OTHER, handle, 0, 0, 1, 0), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(close_as(OTHER, handle), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(open_as(OTHER, "test1", false, 0), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(open_as(OTHER, "test0p1", false, 0), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(open_as(OTHER, "test0", false, 77), ERR_NOT_FOUND);
    uint8_t *memory;
    TEST_EXPECT_EQ(open_as(OTHER, "test0", false, world_offer(1, false, &memory)),
                   ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(world_counts.accepted, 2);
    TEST_EXPECT_EQ(world_counts.freed, 1);
    // Without a buffer there is nowhere to move anything to.
    handle_t bare = open_as(OTHER, "test0", true, 0);
    TEST_EXPECT_GT(bare, 0);
    TEST_EXPECT_EQ(ask_as(OTHER, bare, 0, 0, 1, 0), ERR_INVALID_ARG);
    world_disk.writable = false;
    TEST_EXPECT_EQ(open_as(OTHER, "test0", true, 0), ERR_NOT_PERMITTED);
    world_end();
}

TEST("a flush before comes first, one behind comes last, and a failure ends it") {
    begin(4, 8, 1);
    world_script.deferred = true;
    handle_t handle = open_buffered(CLIENT, "test0", true);
    unsigned all = BLK_WRITE | BLK_FLUSH_BEFORE | BLK_FLUSH_AFTER;
    TEST_EXPECT_EQ(ask(handle, all, 0, 32, 0), INVALID_MSG);
    TEST_EXPECT_EQ(world_in_flight(), 1);
    TEST_EXPECT_EQ(world_counts.flushes, 1);
    world_complete(false);
    TEST_EXPECT_EQ(world_in_flight(), 4);
    TEST_EXPECT_EQ(world_counts.writes, 4);
    // In any order; the last of them brings the second flush.
    for (int i = 0; i < 4; i++) {
        TEST_EXPECT_EQ(world_counts.flushes, 1);
        world_complete(true);
    }
    TEST_EXPECT_EQ(world_counts.flushes, 2);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, INVALID_MSG);
    world_complete(false);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, BLK_TRANSFER_REPLY_MSG);

    world_script.fail_all = true;
    TEST_EXPECT_EQ(ask(handle, all, 0, 32, 0), INVALID_MSG);
    world_complete(false);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, ERR_IO);
    TEST_EXPECT_EQ(world_in_flight(), 0);
    TEST_EXPECT_EQ(world_counts.writes, 4);
    TEST_EXPECT_EQ(close_as(CLIENT, handle), BLK_CLOSE_REPLY_MSG);
    world_end();
}

TEST("a disk without a cache isn't asked to flush it") {
    world_begin(64, 1, 8, 1, false);
    world_start();
    handle_t handle = open_as(CLIENT, "test0", true, 0);
    struct message m = {.type = BLK_FLUSH_MSG};
    m.blk_flush.handle = handle;
    world_send(CLIENT, &m);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, BLK_FLUSH_REPLY_MSG);
    TEST_EXPECT_EQ(world_counts.flushes, 0);
    world_end();
}

TEST("an error is reported once all that is under way has ended, and what was left isn't begun") {
    begin(2, 8, 1);
    world_script.deferred = true;
    world_script.bad_sector = 17;
    handle_t handle = open_buffered(CLIENT, "test0", true);
    TEST_EXPECT_EQ(ask(handle, 0, 8, 64, 0), INVALID_MSG);
    TEST_EXPECT_EQ(world_in_flight(), 2);
    world_complete(true);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, INVALID_MSG);
    TEST_EXPECT_EQ(world_in_flight(), 1);
    world_complete(true);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, ERR_IO);
    TEST_EXPECT_EQ(world_in_flight(), 0);
    world_script.bad_sector = 0;
    TEST_EXPECT_EQ(ask(handle, 0, 8, 8, 0), INVALID_MSG);
    world_complete(true);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, BLK_TRANSFER_REPLY_MSG);
    TEST_EXPECT_EQ(close_as(CLIENT, handle), BLK_CLOSE_REPLY_MSG);
    world_end();
}

TEST("clients have their turns, however much each asks for") {
    begin(2, 8, 1);
    world_script.deferred = true;
    handle_t mine = open_buffered(CLIENT, "test0", false);
    uint8_t *memory;
    handle_t other = open_as(OTHER, "test0", false, world_offer(BUFFER_PAGES, true, &memory));
    TEST_EXPECT_EQ(ask(mine, 0, 0, 400, 0), INVALID_MSG);
    TEST_EXPECT_EQ(ask_as(OTHER, other, 0, 0, 8, 0), INVALID_MSG);
    for (int i = 0; i < 4; i++) {
        world_complete(false);
    }
    TEST_EXPECT_EQ(world_reply(OTHER).type, BLK_TRANSFER_REPLY_MSG);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, INVALID_MSG);
    // One request at a time with each handle.
    struct message m = {.type = BLK_FLUSH_MSG};
    m.blk_flush.handle = mine;
    world_send(CLIENT, &m);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, ERR_IN_USE);
    while (world_complete(false)) {}
    TEST_EXPECT_EQ(world_reply(CLIENT).type, BLK_TRANSFER_REPLY_MSG);
    TEST_EXPECT_EQ(world_counts.max_in_flight, 2);
    world_end_task(CLIENT);
    world_end_task(OTHER);
    world_end();
}

TEST("the buffer of a client that has ended stays until the device is done with it") {
    begin(2, 8, 1);
    world_script.deferred = true;
    handle_t handle = open_buffered(CLIENT, "test0", true);
    TEST_EXPECT(world_watches(CLIENT));
    TEST_EXPECT_EQ(ask(handle, 0, 0, 16, 0), INVALID_MSG);
    world_end_task(CLIENT);
    TEST_EXPECT_EQ(world_counts.freed, 0);
    TEST_EXPECT_EQ(ask(handle, 0, 0, 16, 0), ERR_NOT_FOUND);
    world_complete(false);
    TEST_EXPECT_EQ(world_counts.freed, 0);
    world_complete(false);
    TEST_EXPECT_EQ(world_counts.freed, 1);
    world_end();
}

TEST("a handle that is closed while it is busy is closed when it isn't any more") {
    begin(2, 8, 1);
    world_script.deferred = true;
    handle_t handle = open_buffered(CLIENT, "test0", true);
    TEST_EXPECT_EQ(ask(handle, 0, 0, 8, 0), INVALID_MSG);
    TEST_EXPECT_EQ(close_as(CLIENT, handle), INVALID_MSG);
    TEST_EXPECT_EQ(close_as(CLIENT, handle), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(world_counts.freed, 0);
    world_complete(false);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, BLK_CLOSE_REPLY_MSG);
    TEST_EXPECT_EQ(world_counts.freed, 1);
    world_end();
}

static int read_by_message(task_t task, uint64_t sector, size_t num_sectors) {
    struct message m = {.type = BLK_READ_MSG};
    m.blk_read.sector = sector;
    m.blk_read.num_sectors = num_sectors;
    world_send(task, &m);
    return world_reply(task).type;
}

static int write_by_message(task_t task, uint64_t sector, const uint8_t *data, size_t len) {
    struct message m = {.type = BLK_WRITE_MSG};
    m.blk_write.sector = sector;
    m.blk_write.data = malloc(len + 1);
    m.blk_write.data_len = len;
    memcpy((void *) m.blk_write.data, data, len);
    world_send(task, &m);
    return world_reply(task).type;
}

TEST("data also travels in messages, one after the other") {
    begin(1, 8, 1);
    static uint8_t data[4096];
    fill(data, sizeof(data), 3);
    TEST_EXPECT_EQ(write_by_message(CLIENT, 7, data, sizeof(data)), BLK_WRITE_REPLY_MSG);
    TEST_EXPECT_MEM_EQ(data, &world_sectors[7 * SECTOR_LEN], sizeof(data));
    TEST_EXPECT_EQ(read_by_message(CLIENT, 7, 8), BLK_READ_REPLY_MSG);
    TEST_EXPECT_EQ(world_reply(CLIENT).blk_read_reply.data_len, sizeof(data));
    TEST_EXPECT_MEM_EQ(world_reply(CLIENT).blk_read_reply.data, data, sizeof(data));

    world_script.deferred = true;
    TEST_EXPECT_EQ(read_by_message(CLIENT, 0, 8), INVALID_MSG);
    TEST_EXPECT_EQ(write_by_message(OTHER, 0, data, 512), INVALID_MSG);
    world_complete(false);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, BLK_READ_REPLY_MSG);
    TEST_EXPECT_EQ(world_reply(OTHER).type, INVALID_MSG);
    world_complete(false);
    TEST_EXPECT_EQ(world_reply(OTHER).type, BLK_WRITE_REPLY_MSG);
    world_end();
}

TEST("messages with too much, nothing, or parts of sectors are refused, and too many of them") {
    begin(1, 8, 1);
    static const uint8_t data[1024];
    TEST_EXPECT_EQ(read_by_message(CLIENT, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(read_by_message(CLIENT, 0, SIZE_MAX), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(read_by_message(CLIENT, 4096, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(read_by_message(CLIENT, UINT64_MAX, 2), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(write_by_message(CLIENT, 0, data, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(write_by_message(CLIENT, 0, data, 513), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(write_by_message(CLIENT, 4095, data, 1024), ERR_INVALID_ARG);
    world_script.deferred = true;
    int i = 0;
    while (read_by_message(CLIENT, 0, 1) == INVALID_MSG) {
        i++;
        TEST_EXPECT_LE(i, 17);
    }
    TEST_EXPECT_EQ(world_reply(CLIENT).type, ERR_TRY_AGAIN);
    while (world_complete(false)) {}
    world_disk.writable = false;
    TEST_EXPECT_EQ(write_by_message(CLIENT, 0, data, 512), ERR_NOT_PERMITTED);
    world_end();
}

struct random_request {
    uint64_t sector;
    uint32_t count, place;
    bool write;
};

static uint32_t next_random(void) {
    static uint32_t number = 42;
    number = number * 1664525 + 1013904223;
    return number >> 8;
}

/// Asks for anything in the client's half of the disk.
static struct random_request start_random(int who, handle_t handle) {
    struct random_request request = {
        .sector = next_random() % 1900 + (unsigned) who * 2048,
        .count = next_random() % 60 + 1,
        .place = next_random() % 400 * SECTOR_LEN,
        .write = next_random() & 1,
    };
    TEST_EXPECT_EQ(ask_as(CLIENT + who, handle, request.write ? BLK_WRITE : 0, request.sector,
                          request.count, request.place),
                   INVALID_MSG);
    return request;
}

static void check_random(int who, const struct random_request *request, const uint8_t *memory,
                         uint8_t *model) {
    TEST_EXPECT_EQ(world_reply(CLIENT + who).type, BLK_TRANSFER_REPLY_MSG);
    uint8_t *sectors = &model[request->sector * SECTOR_LEN];
    size_t len = (size_t) request->count * SECTOR_LEN;
    if (request->write) {
        memcpy(sectors, &memory[request->place], len);
    }
    TEST_EXPECT_MEM_EQ(sectors, &memory[request->place], len);
}

TEST("random requests of two clients leave what a simple disk would have") {
    begin(3, 24, 4);
    world_script.deferred = true;
    static uint8_t model[4096 * SECTOR_LEN];
    memset(model, 0, sizeof(model));
    uint8_t *memory[2];
    handle_t handles[2];
    for (int i = 0; i < 2; i++) {
        handles[i] =
            open_as(CLIENT + i, "test0", true, world_offer(BUFFER_PAGES, true, &memory[i]));
        fill(memory[i], BUFFER_LEN, (unsigned) i * 100);
    }
    for (int round = 0; round < 3000; round++) {
        struct random_request first = start_random(0, handles[0]);
        struct random_request second = start_random(1, handles[1]);
        while (world_complete(next_random() & 1)) {}
        check_random(0, &first, memory[0], model);
        check_random(1, &second, memory[1], model);
    }
    TEST_EXPECT_EQ(world_counts.max_in_flight, 3);
    TEST_EXPECT_MEM_EQ(model, world_sectors, sizeof(model));
    world_end_task(CLIENT);
    world_end_task(OTHER);
    world_end();
}

TEST("a disk that isn't as it should be is refused") {
    begin(1, 8, 1);
    static struct blk_queue queue = {.depth = 1};
    struct blk_disk good = world_disk;
    good.queue = &queue;
    for (int i = 0; i < 7; i++) {
        struct blk_disk bad = good;
        struct blk_queue bad_queue = {.depth = (i == 6) ? BLK_DEPTH_MAX + 1 : 1};
        bad.queue = (i == 5) ? NULL : &bad_queue;
        bad.sector_size = (i == 0) ? 256 : (i == 1) ? 8192 : (i == 2) ? 768 : 512;
        bad.num_sectors = (i == 3) ? 0 : 4096;
        bad.max_sectors = (i == 4) ? 7 : 8;
        TEST_EXPECT_EQ(blk_server_add_disk(&bad), ERR_INVALID_ARG);
    }
    world_end();
}

TEST("what isn't a message of the interface is answered") {
    begin(1, 8, 1);
    struct message m = {.type = RANDOM_GET_RANDOM_MSG};
    world_send(CLIENT, &m);
    TEST_EXPECT_EQ(world_reply(CLIENT).type, ERR_NOT_ACCEPTABLE);
    world_end();
}
