#include <unittest.h>

#include "world.h"

// The driver's half against a server that does what it should, and one that doesn't.

static struct net_frame frame;

static void expect_nothing_sent(void) {
    TEST_EXPECT(!net_tx_next(&frame));
}

TEST("a frame comes with its pieces where they are") {
    world_begin();
    world_tx(NET_BUFFER_LEN + 100, 54, NET_DESC_MORE);
    world_tx(5 * NET_BUFFER_LEN, 1000, 0);
    expect_nothing_sent();
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT_EQ(frame.num_pieces, 2);
    TEST_EXPECT_EQ(frame.num_descs, 2);
    TEST_EXPECT_EQ(frame.len, 1054);
    TEST_EXPECT_EQ(frame.flags, 0);
    TEST_EXPECT_EQ(frame.pieces[0].paddr, POOL_PADDR + NET_BUFFER_LEN + 100);
    TEST_EXPECT_EQ(frame.pieces[0].buf, world_pool + NET_BUFFER_LEN + 100);
    TEST_EXPECT_EQ(frame.pieces[0].len, 54);
    TEST_EXPECT_EQ(frame.pieces[1].paddr, POOL_PADDR + 5 * NET_BUFFER_LEN);
    expect_nothing_sent();
}

TEST("a frame is done when the driver says so, and the server hears of it then") {
    world_begin();
    world_tx(0, 60, 0);
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    world_rings.stack.waits = NET_WAITS_TX;
    TEST_EXPECT(!device_rings_end());
    net_tx_done(frame.num_descs);
    TEST_EXPECT_EQ(world_rings.driver.tx, 0);
    TEST_EXPECT(device_rings_end());
    TEST_EXPECT_EQ(world_rings.driver.tx, 1);
    TEST_EXPECT_EQ(world_rings.stack.waits, 0);
    TEST_EXPECT(!device_rings_end());
}

TEST("a server that waits for received frames alone isn't told of sent ones") {
    world_begin();
    world_tx(0, 60, 0);
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    net_tx_done(1);
    world_rings.stack.waits = NET_WAITS_RX;
    TEST_EXPECT(!device_rings_end());
    TEST_EXPECT_EQ(world_rings.driver.tx, 1);
    TEST_EXPECT_EQ(world_rings.stack.waits, NET_WAITS_RX);
    net_rx_add(0, 60, 0);
    TEST_EXPECT(device_rings_end());
}

TEST("a frame that is put back comes again") {
    world_begin();
    world_tx(NET_BUFFER_LEN, 0, 0);
    world_tx(0, 60, 0);
    world_tx(0, 70, 0);
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    net_tx_put_back();
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT_EQ(frame.len, 60);
    TEST_EXPECT_EQ(frame.num_descs, 2);
    net_tx_done(frame.num_descs);
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT_EQ(frame.len, 70);
    TEST_EXPECT_EQ(frame.num_descs, 1);
}

static void expect_skipped(uint32_t place, uint16_t len) {
    world_begin();
    world_tx(place, len, 0);
    world_tx(0, 61, 0);
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT_EQ(frame.len, 61);
    TEST_EXPECT_EQ(frame.num_descs, 2);
    net_tx_done(frame.num_descs);
    (void) device_rings_end();
    TEST_EXPECT_EQ(world_rings.driver.tx, 2);
}

TEST("pieces that aren't in one buffer of the pool are skipped") {
    expect_skipped(0, 0);
    expect_skipped(0, NET_BUFFER_LEN + 1);
    expect_skipped(1, NET_BUFFER_LEN);
    expect_skipped(0, 65535);
    expect_skipped(NET_BUFFER_LEN - 1, 2);
    expect_skipped(sizeof(world_pool), 60);
    expect_skipped(sizeof(world_pool) - 1, 60);
    expect_skipped(UINT32_MAX, 60);
    expect_skipped(UINT32_MAX - 59, 60);
}

TEST("a frame that is longer than the MTU allows is skipped") {
    expect_skipped(0, FRAME_MAX + 1);
    world_begin();
    world_tx(0, FRAME_MAX, 0);
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    world_tx(0, FRAME_MAX - 10, NET_DESC_MORE);
    world_tx(NET_BUFFER_LEN, 11, 0);
    world_publish();
    expect_nothing_sent();
}

TEST("nothing but wrong frames are done at once") {
    world_begin();
    for (unsigned i = 0; i < NET_TX_LEN; i++) {
        world_tx(UINT32_MAX, 60, 0);
    }
    world_publish();
    expect_nothing_sent();
    (void) device_rings_end();
    TEST_EXPECT_EQ(world_rings.driver.tx, NET_TX_LEN);
}

TEST("wrong frames behind one that is under way are done after it") {
    world_begin();
    world_tx(0, 60, 0);
    world_tx(UINT32_MAX, 60, 0);
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT_EQ(frame.num_descs, 1);
    expect_nothing_sent();
    (void) device_rings_end();
    TEST_EXPECT_EQ(world_rings.driver.tx, 0);
    net_tx_done(1);
    (void) device_rings_end();
    TEST_EXPECT_EQ(world_rings.driver.tx, 2);
}

TEST("a frame that never ends is skipped, and the ring goes on") {
    world_begin();
    for (unsigned i = 0; i < NET_TX_LEN; i++) {
        world_tx(0, 10, NET_DESC_MORE);
    }
    world_publish();
    expect_nothing_sent();
    world_tx(0, 60, 0);
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT_EQ(frame.len, 60);
}

TEST("a frame of more pieces than the driver takes is skipped as a whole") {
    world_begin();
    for (unsigned i = 0; i < MAX_PIECES; i++) {
        world_tx(i * NET_BUFFER_LEN, 10, NET_DESC_MORE);
    }
    world_tx(0, 10, 0);
    world_tx(0, 60, 0);
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT_EQ(frame.len, 60);
    TEST_EXPECT_EQ(frame.num_descs, MAX_PIECES + 2);
}

TEST("a counter that claims more than the ring holds is no counter") {
    static const uint32_t wild[] = {NET_TX_LEN + 1, 0x7fffffff, 0x80000000, 0xfffffe00};
    for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        world_begin();
        device_rings_begin();
        world_tx(0, 60, 0);
        world_rings.stack.tx = wild[i];
        world_rings.stack.free = wild[i];
        world_rings.stack.rx = wild[i];
        expect_nothing_sent();
        struct net_piece buffer;
        uint32_t place;
        TEST_EXPECT(!net_buffer_next(&buffer, &place));
        TEST_EXPECT(device_rings_wait());
        net_rx_add(0, 60, 0);
        (void) device_rings_end();
        TEST_EXPECT_EQ(world_rings.driver.rx, 0);
        TEST_EXPECT_EQ(world_rings.driver.rx_dropped, 1);
    }
}

TEST("a counter may not go back behind frames that are under way") {
    world_begin();
    world_tx(0, 60, 0);
    world_tx(0, 60, 0);
    world_publish();
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT(net_tx_next(&frame));
    world_rings.stack.tx = 1;
    expect_nothing_sent();
    // As much as the ring holds counts from what is done.
    world_rings.stack.tx = NET_TX_LEN + 1;
    expect_nothing_sent();
    world_rings.stack.tx = 3;
    world_tx(0, 62, 0);
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT_EQ(frame.len, 62);
}

/// A segment of so many whole buffers and 500 bytes.
static struct net_desc *ask_for_segments(uint16_t mss, unsigned num_buffers) {
    world_begin();
    struct net_desc *desc = world_tx(0, 54, NET_DESC_MORE | NET_DESC_TX_SEGMENT);
    desc->csum_start = 34;
    desc->csum_offset = 16;
    desc->header_len = 54;
    desc->mss = mss;
    for (unsigned i = 1; i <= num_buffers; i++) {
        world_tx(i * NET_BUFFER_LEN, NET_BUFFER_LEN, NET_DESC_MORE);
    }
    world_tx(40 * NET_BUFFER_LEN, 500, 0);
    world_publish();
    return desc;
}

TEST("a segment that is to be cut may be longer than the MTU") {
    (void) ask_for_segments(1460, 31);
    TEST_EXPECT(net_tx_next(&frame));
    TEST_EXPECT_EQ(frame.flags, NET_DESC_TX_SEGMENT);
    TEST_EXPECT_EQ(frame.len, 54 + 31 * NET_BUFFER_LEN + 500);
    TEST_EXPECT_EQ(frame.mss, 1460);
    TEST_EXPECT_EQ(frame.header_len, 54);
    TEST_EXPECT_EQ(frame.csum_start, 34);
    TEST_EXPECT_EQ(frame.csum_offset, 16);
}

TEST("segments that can't be cut are skipped") {
    (void) ask_for_segments(0, 31);
    expect_nothing_sent();
    (void) ask_for_segments(1461, 31);
    expect_nothing_sent();
    (void) ask_for_segments(1460, 32);
    expect_nothing_sent();
    ask_for_segments(1460, 31)->header_len = 55;
    expect_nothing_sent();
    ask_for_segments(1460, 31)->csum_offset = 19;
    expect_nothing_sent();
    ask_for_segments(1460, 31)->csum_offset = UINT16_MAX;
    expect_nothing_sent();
    ask_for_segments(1460, 31)->csum_start = 13;
    expect_nothing_sent();
    ask_for_segments(1460, 31)->flags &= (uint16_t) ~NET_DESC_MORE;
    expect_nothing_sent();
}

TEST("what the device can't do isn't asked of it") {
    world_begin();
    world_device.features = 0;
    world_tx(0, 60, NET_DESC_TX_CHECKSUM)->csum_start = 34;
    world_publish();
    expect_nothing_sent();
    (void) ask_for_segments(1460, 31);
    world_device.features = NET_TX_CHECKSUM;
    expect_nothing_sent();
}

TEST("a checksum is inside the first piece") {
    static const struct {
        uint16_t len, start, offset;
        bool ok;
    } cases[] = {
        {60, 34, 16, true}, {60, 34, 24, true}, {60, 34, 25, false},        {60, 58, 0, true},
        {60, 59, 0, false}, {60, 13, 0, false}, {60, UINT16_MAX, 1, false},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_begin();
        struct net_desc *desc = world_tx(0, cases[i].len, NET_DESC_TX_CHECKSUM | NET_DESC_MORE);
        desc->csum_start = cases[i].start;
        desc->csum_offset = cases[i].offset;
        world_tx(NET_BUFFER_LEN, 500, 0);
        world_publish();
        TEST_EXPECT_EQ(net_tx_next(&frame), cases[i].ok);
    }
}

TEST("buffers come in order; those that are none are skipped") {
    world_begin();
    static const uint32_t places[] = {3 * NET_BUFFER_LEN, 1, sizeof(world_pool), UINT32_MAX,
                                      sizeof(world_pool) - NET_BUFFER_LEN};
    for (unsigned i = 0; i < 5; i++) {
        world_rings.free[i] = places[i];
    }
    world_rings.stack.free = 5;
    struct net_piece buffer;
    uint32_t place;
    TEST_EXPECT(net_buffer_next(&buffer, &place));
    TEST_EXPECT_EQ(place, 3 * NET_BUFFER_LEN);
    TEST_EXPECT_EQ(buffer.paddr, POOL_PADDR + place);
    TEST_EXPECT_EQ(buffer.buf, world_pool + place);
    TEST_EXPECT_EQ(buffer.len, NET_BUFFER_LEN);
    TEST_EXPECT(net_buffer_next(&buffer, &place));
    TEST_EXPECT_EQ(place, sizeof(world_pool) - NET_BUFFER_LEN);
    TEST_EXPECT(!net_buffer_next(&buffer, &place));
    (void) device_rings_end();
    TEST_EXPECT_EQ(world_rings.driver.free, 5);
}

TEST("what was received appears at the end of the work") {
    world_begin();
    net_rx_add(NET_BUFFER_LEN + 2, 1514, NET_DESC_RX_CHECKED);
    net_rx_add(2 * NET_BUFFER_LEN, 0, 0);
    TEST_EXPECT_EQ(world_rings.driver.rx, 0);
    (void) device_rings_end();
    TEST_EXPECT_EQ(world_rings.driver.rx, 2);
    TEST_EXPECT_EQ(world_rings.rx[0].place, NET_BUFFER_LEN + 2);
    TEST_EXPECT_EQ(world_rings.rx[0].len, 1514);
    TEST_EXPECT_EQ(world_rings.rx[0].flags, NET_DESC_RX_CHECKED);
    TEST_EXPECT_EQ(world_rings.rx[1].len, 0);
    TEST_EXPECT_EQ(world_rings.driver.rx_dropped, 1);
    net_rx_dropped(41);
    TEST_EXPECT_EQ(world_rings.driver.rx_dropped, 42);
}

TEST("a server that takes nothing loses what doesn't fit") {
    world_begin();
    for (unsigned i = 0; i < NET_RX_LEN + 3; i++) {
        net_rx_add(i * NET_BUFFER_LEN, 60, 0);
    }
    (void) device_rings_end();
    TEST_EXPECT_EQ(world_rings.driver.rx, NET_RX_LEN);
    TEST_EXPECT_EQ(world_rings.driver.rx_dropped, 3);
    TEST_EXPECT_EQ(world_rings.rx[0].place, 0);
}

TEST("who has found nothing looks once more before it waits") {
    world_begin();
    struct net_piece buffer;
    uint32_t place;
    device_rings_begin();
    expect_nothing_sent();
    TEST_EXPECT(!net_buffer_next(&buffer, &place));
    TEST_EXPECT(device_rings_wait());
    TEST_EXPECT_EQ(world_rings.driver.waits, NET_WAITS_TX | NET_WAITS_FREE);
    world_tx(0, 60, 0);
    world_publish();
    TEST_EXPECT(!device_rings_wait());
    device_rings_begin();
    TEST_EXPECT_EQ(world_rings.driver.waits, 0);
    TEST_EXPECT(net_tx_next(&frame));
    world_rings.stack.free = 1;
    TEST_EXPECT(device_rings_wait());
    TEST_EXPECT(net_buffer_next(&buffer, &place));
    TEST_EXPECT(!net_buffer_next(&buffer, &place));
    TEST_EXPECT(device_rings_wait());
}

/// Whether a driver that has taken all buffers that there are waits for more.
static bool driver_wants_buffers(void) {
    struct net_piece buffer;
    uint32_t place;
    device_rings_begin();
    while (net_buffer_next(&buffer, &place)) {}
    TEST_EXPECT(device_rings_wait());
    return world_rings.driver.waits & NET_WAITS_FREE;
}

TEST("a driver waits for buffers if it has half of what it had, or less") {
    world_begin();
    TEST_EXPECT(driver_wants_buffers());
    world_rings.stack.free = 10;
    TEST_EXPECT(!driver_wants_buffers());
    for (unsigned i = 0; i < 4; i++) {
        net_rx_add(0, 60, 0);
    }
    TEST_EXPECT(!driver_wants_buffers());
    world_rings.stack.free = 11;
    TEST_EXPECT(device_rings_wait());
    net_rx_add(0, 0, 0);
    world_rings.stack.free = 10;
    TEST_EXPECT(driver_wants_buffers());
    world_rings.stack.free = 11;
    TEST_EXPECT(!device_rings_wait());
}

TEST("who had no room doesn't look for more") {
    world_begin();
    world_tx(0, 60, 0);
    world_publish();
    device_rings_begin();
    TEST_EXPECT(net_tx_next(&frame));
    net_tx_put_back();
    TEST_EXPECT(device_rings_wait());
}
