#include "../transfer.h"

#include <driver/dma.h>
#include <string.h>
#include <unittest.h>

#include "../channel.h"
#include "fake_card.h"
#include "fake_dma.h"
#include "run.h"

/// Whether the sectors are in memory from `place` on.
static void expect_data(uint64_t sector, size_t place, size_t len) {
    TEST_EXPECT_MEM_EQ(&fake_memory[place], &fake.data[sector * EMMC_BLOCK_LEN], len);
}

/// Runs a test's body by DMA and by PIO, with cards that know CMD23 and others.
#define IN_ALL_WAYS(body)                                          \
    for (int way = 0; way < 4; way++) {                            \
        run_with_dma = (way & 1) != 0;                             \
        run_insert(true);                                          \
        fake.scr[3] = (way & 2) ? 2 : 0;                           \
        run_identify();                                            \
        body();                                                    \
        TEST_EXPECT_EQ(fake.num_illegal, 0);                       \
        TEST_EXPECT_EQ(fake.num_dma_transfers != 0, run_with_dma); \
    }

static void read_runs(void) {
    bool counted = (fake.scr[3] & 2) != 0;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 7, 512), OK);
    expect_data(7, RUN_PLACE, 512);
    TEST_EXPECT_EQ(fake_memory[RUN_PLACE - 1], 0xee);
    TEST_EXPECT_EQ(fake_memory[RUN_PLACE + 512], 0xee);
    TEST_EXPECT_EQ(fake.num_commands[17], 1);
    TEST_EXPECT_EQ(fake.last_arg[17], 7);
    TEST_EXPECT_EQ(fake.num_commands[12], 0);

    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 100, 20 * 512), OK);
    expect_data(100, RUN_PLACE, 20 * 512);
    TEST_EXPECT_EQ(fake.num_commands[18], 1);
    TEST_EXPECT_EQ(fake.num_commands[12], counted ? 0 : 1);
    TEST_EXPECT_EQ(fake.num_commands[23], counted ? 1 : 0);
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, FAKE_SECTORS - 2, 2 * 512), OK);
    expect_data(FAKE_SECTORS - 2, RUN_PLACE, 2 * 512);
}

TEST("reading one sector and several") {
    IN_ALL_WAYS(read_runs);
}

static void write_runs(void) {
    for (size_t i = 0; i < FAKE_MEMORY_LEN; i++) {
        fake_memory[i] = (uint8_t) (i * 13 + i / 251);
    }
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 3, 512), OK);
    expect_data(3, RUN_PLACE, 512);
    TEST_EXPECT_EQ(fake.num_commands[24], 1);
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 40, 9 * 512), OK);
    expect_data(40, RUN_PLACE, 9 * 512);
    TEST_EXPECT_EQ(fake.num_commands[25], 1);
    TEST_EXPECT_EQ(fake.num_written, 10);
    // Each of them was asked about when it was done.
    TEST_EXPECT_EQ(fake.num_commands[13], 2);
}

TEST("writing one sector and several") {
    IN_ALL_WAYS(write_runs);
}

static void scatter(void) {
    run_pieces[0] = (struct run_piece){8192, 1024};
    run_pieces[1] = (struct run_piece){512, 512};
    run_pieces[2] = (struct run_piece){16384, 4096};
    TEST_EXPECT_EQ(run_op(BLK_OP_READ, 30, 3), OK);
    expect_data(30, 8192, 1024);
    expect_data(32, 512, 512);
    expect_data(33, 16384, 4096);
    TEST_EXPECT_EQ(fake_memory[8192 + 1024], 0xee);
    TEST_EXPECT_EQ(run_op(BLK_OP_WRITE, 60, 3), OK);
    TEST_EXPECT_MEM_EQ(&fake.data[60 * 512], &fake.data[30 * 512], 5632);
    TEST_EXPECT_EQ(fake.num_dma_transfers, run_with_dma ? 2 : 0);
}

TEST("pieces of memory are filled and emptied in their order") {
    IN_ALL_WAYS(scatter);
}

TEST("cards of standard capacity want addresses in bytes") {
    run_with_dma = true;
    run_insert(false);
    run_identify();
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 200, 1024), OK);
    expect_data(200, RUN_PLACE, 1024);
    TEST_EXPECT_EQ(fake.last_arg[18], 200 * 512);
}

static void fail_once(void) {
    uint32_t events[] = {EVENT_DATA_CRC, EVENT_DATA_TIMEOUT, EVENT_DATA_END};
    for (int i = 0; i < 3; i++) {
        fake.bad_transfers = 1;
        fake.bad_events = events[i];
        fake.busy_statuses = 3;
        TEST_EXPECT_EQ(run_one(BLK_OP_READ, 10 + (unsigned) i, 8 * 512), OK);
        expect_data(10 + (unsigned) i, RUN_PLACE, 8 * 512);
    }
    fake.bad_transfers = 1;
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 90, 8 * 512), OK);
    expect_data(90, RUN_PLACE, 8 * 512);
    TEST_EXPECT_EQ(fake.num_commands[0], 0);
}

TEST("a transfer that fails is done again, when the card is ready again") {
    IN_ALL_WAYS(fail_once);
}

static void fail_for_good(void) {
    fake.bad_transfers = 1000;
    fake.bad_events = EVENT_DATA_CRC;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 10, 2 * 512), ERR_IO);
    TEST_EXPECT_EQ(fake.num_commands[18], TRANSFER_ATTEMPTS);
    // The last attempt was made at a lower speed, which stays.
    TEST_EXPECT_LE(fake.clock_hz, CARD_DEFAULT_HZ);
    fake.bad_transfers = 0;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 10, 2 * 512), OK);
    expect_data(10, RUN_PLACE, 2 * 512);
    TEST_EXPECT_LE(fake.clock_hz, CARD_DEFAULT_HZ);
}

TEST("an error that stays is an error, and the next transfer is none") {
    IN_ALL_WAYS(fail_for_good);
}

static void complain(void) {
    // A read out of bounds in the eyes of the card, a command that it doesn't know, a sector that can't be corrected.
    static const uint32_t complaints[] = {1u << 31, 1u << 22, 1u << 21};
    for (int i = 0; i < 3; i++) {
        fake.complained_command = 18;
        fake.complaint = complaints[i];
        fake.complaints = 1;
        TEST_EXPECT_EQ(run_one(BLK_OP_READ, 50, 4 * 512), OK);
        fake.complaints = 1000;
        TEST_EXPECT_EQ(run_one(BLK_OP_READ, 50, 4 * 512), ERR_IO);
        fake.complaints = 0;
    }
}

TEST("what the card's status tells is an error") {
    IN_ALL_WAYS(complain);
}

static void complain_late(void) {
    fake.complained_command = 13;
    fake.complaint = 1u << 19;
    fake.complaints = 1;
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 50, 4 * 512), OK);
    TEST_EXPECT_EQ(fake.num_written, 8);
    fake.complaint = 1u << 26;
    fake.complaints = 1000;
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 50, 4 * 512), ERR_IO);
    fake.complaints = 0;
}

TEST("a write that the card finds wrong only at its end is done again, or an error") {
    IN_ALL_WAYS(complain_late);
}

TEST("a card that had begun to read behind its last sector has made no mistake") {
    run_insert(true);
    run_identify();
    fake.complained_command = 12;
    fake.complaint = SD_STATUS_OUT_OF_RANGE;
    fake.complaints = 1;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, FAKE_SECTORS - 4, 4 * 512), OK);
    TEST_EXPECT_EQ(fake.num_commands[18], 1);
    fake.complaint = 1u << 21;
    fake.complaints = 1;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, FAKE_SECTORS - 4, 4 * 512), OK);
    TEST_EXPECT_EQ(fake.num_commands[18], 3);
}

static void lose_commands(void) {
    static const uint8_t commands[] = {18, 25};
    for (int i = 0; i < 2; i++) {
        fake.silent_command = fake.garbled_command = commands[i];
        fake.silences = fake.garbles = 1;
        TEST_EXPECT_EQ(run_one((i == 0) ? BLK_OP_READ : BLK_OP_WRITE, 70, 4 * 512), OK);
        TEST_EXPECT_EQ(fake.num_commands[commands[i]], 3);
    }
    TEST_EXPECT_EQ(fake.num_commands[0], 0);
}

TEST("commands that get no response, or a garbled one, are sent again") {
    IN_ALL_WAYS(lose_commands);
}

TEST("a transfer that nothing is heard of is given up in time, and done again") {
    run_with_dma = false;
    run_insert(true);
    run_identify();
    fake.stalled_transfers = 1;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 5, 4 * 512), OK);
    expect_data(5, RUN_PLACE, 4 * 512);
    fake.stalled_transfers = 1000;
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 5, 4 * 512), ERR_IO);
}

TEST("DMA that doesn't work is done without") {
    for (int i = 0; i < 2; i++) {
        run_with_dma = true;
        run_insert(true);
        run_identify();
        *((i == 0) ? &fake.dma_is_dead : &fake.dma_fails) = true;
        TEST_EXPECT_EQ(run_one(BLK_OP_READ, 5, 4 * 512), OK);
        expect_data(5, RUN_PLACE, 4 * 512);
        unsigned tried = fake.num_dma_transfers;
        TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 100, 4 * 512), OK);
        expect_data(100, RUN_PLACE, 4 * 512);
        TEST_EXPECT_EQ(fake.num_dma_transfers, tried);
    }
}

static void remove_and_insert(void) {
    fake.absent = true;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 5, 4 * 512), ERR_IO);
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 5, 4 * 512), ERR_IO);
    fake.absent = false;
    fake.power_up_steps = 5;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 5, 4 * 512), OK);
    expect_data(5, RUN_PLACE, 4 * 512);
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 5, 4 * 512), OK);
}

TEST("a card that was removed is an error; one that is back is used again") {
    IN_ALL_WAYS(remove_and_insert);
}

TEST("a card that has lost its power for a moment is identified anew, and nobody notices") {
    run_with_dma = true;
    run_insert(true);
    run_identify();
    // It answers nobody until it is reset.
    fake.silent_command = 13;
    fake.silences = TRANSFER_SILENCE_MAX;
    fake.bad_transfers = 1;
    fake.bad_events = EVENT_DATA_TIMEOUT;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 5, 4 * 512), OK);
    expect_data(5, RUN_PLACE, 4 * 512);
    TEST_EXPECT_EQ(fake.num_commands[0], 1);
}

TEST("another card is never written to") {
    run_insert(true);
    run_identify();
    fake.absent = true;
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 5, 4 * 512), ERR_IO);
    fake.absent = false;
    fake.cid[10]++;
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 5, 4 * 512), ERR_IO);
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 5, 4 * 512), ERR_IO);
    TEST_EXPECT_EQ(fake.num_written, 0);
    fake.cid[10]--;
    TEST_EXPECT_EQ(run_one(BLK_OP_WRITE, 5, 4 * 512), OK);
}

TEST("interrupts and timers that nobody waits for do nothing") {
    run_insert(true);
    run_identify();
    transfer_interrupt();
    transfer_timer();
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 5, 512), OK);
    transfer_interrupt();
    transfer_timer();
    TEST_EXPECT_EQ(run_completions, 1);
}

TEST("there is DMA on a whole channel that the firmware leaves free only") {
    run_insert(true);
    TEST_EXPECT_EQ(channel_init(0), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(channel_init(0xff80), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(channel_init(1u << FAKE_DMA_CHANNEL), OK);
}

TEST("without a channel, errors are none of the DMA controller's business") {
    run_with_dma = false;
    run_insert(true);
    run_identify();
    TEST_EXPECT_EQ(channel_init(0), ERR_UNAVAILABLE);
    fake.bad_transfers = 1;
    fake.bad_events = EVENT_DATA_CRC;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 10, 1024), OK);
    expect_data(10, RUN_PLACE, 1024);
}

TEST("a controller that is stuck is an error, and works when it isn't any more") {
    run_with_dma = true;
    run_insert(true);
    run_identify();
    fake.absent = fake.stuck = true;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 10, 1024), ERR_IO);
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 10, 1024), ERR_IO);
    fake.absent = fake.stuck = false;
    TEST_EXPECT_EQ(run_one(BLK_OP_READ, 10, 1024), OK);
    expect_data(10, RUN_PLACE, 1024);
}

TEST("memory that has no address on the bus, and more pieces than there can be") {
    run_insert(true);
    TEST_EXPECT_EQ(channel_init(1u << FAKE_DMA_CHANNEL), OK);
    channel_clear();
    TEST_EXPECT_EQ(channel_add(BUS_RAM_END - 512, 1024), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(channel_add(BUS_RAM_END, 512), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(channel_add((paddr_t) 1 << 32, 512), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(channel_add(0, SIZE_MAX), ERR_UNAVAILABLE);
    for (int i = 0; i < CHANNEL_PIECES_MAX; i++) {
        TEST_EXPECT_EQ(channel_add(BUS_RAM_END - 512, 512), OK);
    }
    TEST_EXPECT_EQ(channel_add(BUS_RAM_END - 512, 512), ERR_UNAVAILABLE);
}
