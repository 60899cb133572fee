#include <string.h>
#include <unittest.h>

#include "fake_card.h"
#include "run.h"

#define ROUNDS 3000

static uint32_t state;

static uint32_t random(uint32_t limit) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % limit;
}

/// Something goes wrong for a while, or doesn't.
static void break_something(void) {
    static const uint8_t commands[] = {0, 2, 3, 6, 7, 8, 9, 12, 13, 17, 18, 23, 24, 25, 41, 51, 55};
    static const uint32_t events[] = {EVENT_DATA_CRC, EVENT_DATA_TIMEOUT, EVENT_DATA_END, 0};
    unsigned times = random(7);
    uint8_t command = commands[random(sizeof(commands))];
    switch (random(10)) {
    case 0:
        fake.silent_command = command;
        fake.silences = times;
        break;
    case 1:
        fake.garbled_command = command;
        fake.garbles = times;
        break;
    case 2:
        fake.complained_command = command;
        fake.complaint = 1u << random(32);
        fake.complaints = times;
        break;
    case 3:
        fake.bad_transfers = times;
        fake.bad_events = events[random(4)];
        break;
    case 4:
        fake.stalled_transfers = times;
        break;
    case 5:
        fake.busy_statuses = random(2) ? times : 1000;
        break;
    case 6:
        fake.absent = random(2) != 0;
        break;
    default:
        break;
    }
}

static void mend_all(void) {
    fake.silences = fake.garbles = fake.complaints = 0;
    fake.bad_transfers = fake.stalled_transfers = fake.busy_statuses = 0;
    fake.absent = false;
}

/// What the card must have: it is changed by writes that were answered with OK, and may be by others.
static uint8_t expected[sizeof(fake.data)];
static bool unsure[FAKE_SECTORS];

static void write_round(uint32_t sector, uint32_t count) {
    for (size_t i = 0; i < count * EMMC_BLOCK_LEN; i++) {
        fake_memory[RUN_PLACE + i] = (uint8_t) random(256);
    }
    error_t err = run_one(BLK_OP_WRITE, sector, count * EMMC_BLOCK_LEN);
    TEST_EXPECT(err == OK || err == ERR_IO);
    memcpy(&expected[sector * EMMC_BLOCK_LEN], &fake_memory[RUN_PLACE], count * EMMC_BLOCK_LEN);
    for (uint32_t i = sector; i < sector + count; i++) {
        unsure[i] = err != OK;
    }
}

static void read_round(uint32_t sector, uint32_t count) {
    error_t err = run_one(BLK_OP_READ, sector, count * EMMC_BLOCK_LEN);
    TEST_EXPECT(err == OK || err == ERR_IO);
    for (uint32_t i = 0; i < count && err == OK; i++) {
        if (!unsure[sector + i]) {
            TEST_EXPECT_MEM_EQ(&fake_memory[RUN_PLACE + i * EMMC_BLOCK_LEN],
                               &expected[(sector + i) * EMMC_BLOCK_LEN], EMMC_BLOCK_LEN);
        }
    }
}

static void do_round(void) {
    uint32_t count = 1 + random(8), sector = random(FAKE_SECTORS - count + 1);
    break_something();
    if (random(2)) {
        write_round(sector, count);
    } else {
        read_round(sector, count);
    }
    if (random(8) == 0) {
        mend_all();
    }
}

TEST("whatever goes wrong, a transfer ends, and what was answered with OK is right") {
    for (unsigned seed = 1; seed <= 8; seed++) {
        state = seed;
        run_with_dma = (seed & 2) != 0;
        run_insert((seed & 1) != 0);
        fake.scr[3] = (seed & 4) ? 2 : 0;
        run_identify();
        memcpy(expected, fake.data, sizeof(expected));
        bzero(unsure, sizeof(unsure));
        for (int round = 0; round < ROUNDS; round++) {
            do_round();
        }
        mend_all();
        TEST_EXPECT_EQ(run_one(BLK_OP_READ, 0, EMMC_BLOCK_LEN), OK);
        for (uint32_t i = 0; i < FAKE_SECTORS; i++) {
            TEST_EXPECT(unsure[i]
                        || memcmp(&expected[i * EMMC_BLOCK_LEN], &fake.data[i * EMMC_BLOCK_LEN],
                                  EMMC_BLOCK_LEN)
                               == 0);
        }
    }
}
