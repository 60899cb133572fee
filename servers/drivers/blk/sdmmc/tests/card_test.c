#include "../card.h"

#include <string.h>
#include <unittest.h>

#include "fake_card.h"

static struct card card;
static unsigned steps;

/// Identifies the card that was inserted.
static error_t identify(void) {
    TEST_EXPECT_EQ(emmc_init(250000000), OK);
    error_t err;
    card_begin(&card);
    for (steps = 0; (err = card_identify(&card)) == ERR_TRY_AGAIN; steps++) {
        TEST_EXPECT_LE(steps, CARD_STEPS_MAX);
    }
    return err;
}

TEST("a high-capacity card gets four lines and 50 MHz") {
    fake_insert_card(true);
    TEST_EXPECT_EQ(identify(), OK);
    TEST_EXPECT(card.high_capacity && card.high_speed && card.four_lines);
    TEST_EXPECT(!card.has_set_block_count && !card.write_protected);
    TEST_EXPECT_EQ(card.num_sectors, 1024);
    TEST_EXPECT_EQ(card.address, 0x12340000);
    TEST_EXPECT_MEM_EQ(card.cid, fake.cid, SD_REGISTER_LEN - 1);
    TEST_EXPECT_LE(fake.clock_hz, CARD_HIGH_SPEED_HZ);
    TEST_EXPECT_GT(fake.clock_hz, CARD_DEFAULT_HZ);
    TEST_EXPECT_EQ(fake.num_commands[16], 0);
}

TEST("a card of standard capacity is told the length of blocks") {
    fake_insert_card(false);
    TEST_EXPECT_EQ(identify(), OK);
    TEST_EXPECT(!card.high_capacity);
    TEST_EXPECT_EQ(card.num_sectors, FAKE_SECTORS);
    TEST_EXPECT_EQ(fake.num_commands[16], 1);
}

TEST("a card of version 1 doesn't know CMD8, nor CMD6") {
    fake_insert_card(false);
    fake.is_v1 = true;
    fake.scr[0] = 0;
    // It complains about the former where the specification says so: in the next answer.
    fake.complained_command = 55;
    fake.complaints = 1;
    fake.complaint = 1u << 22;
    TEST_EXPECT_EQ(identify(), OK);
    TEST_EXPECT(!card.high_speed);
    TEST_EXPECT_EQ(fake.num_commands[6], 1);  // The bus width.
    TEST_EXPECT_LE(fake.clock_hz, CARD_DEFAULT_HZ);
}

TEST("a card gets a second to power up, and no longer") {
    fake_insert_card(true);
    fake.power_up_steps = 20;
    TEST_EXPECT_EQ(identify(), OK);
    TEST_EXPECT_EQ(fake.num_commands[41], 21);
    fake_insert_card(true);
    fake.power_up_steps = CARD_STEPS_MAX;
    TEST_EXPECT_EQ(identify(), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(steps, CARD_STEPS_MAX - 1);
}

TEST("no card, and one that is none of SD's") {
    fake_insert_card(true);
    fake.absent = true;
    TEST_EXPECT_EQ(identify(), ERR_UNAVAILABLE);
    fake_insert_card(false);
    fake.silent_command = 55;
    fake.silences = 1000;
    TEST_EXPECT_EQ(identify(), ERR_UNAVAILABLE);
}

TEST("cards that can't be used") {
    fake_insert_card(true);
    fake.has_other_voltage = true;
    TEST_EXPECT_EQ(identify(), ERR_NOT_ACCEPTABLE);
    fake_insert_card(true);
    fake.locked = SD_STATUS_LOCKED;
    TEST_EXPECT_EQ(identify(), ERR_NOT_ACCEPTABLE);
    fake_insert_card(true);
    fake_set_bits(fake.csd, 127, 126, 2);
    TEST_EXPECT_EQ(identify(), ERR_NOT_ACCEPTABLE);
    // It says that addresses count bytes in one place, and blocks in another.
    fake_insert_card(true);
    fake_set_bits(fake.csd, 127, 126, 0);
    TEST_EXPECT_EQ(identify(), ERR_NOT_ACCEPTABLE);
    fake_insert_card(false);
    fake_set_bits(fake.csd, 127, 126, 1);
    TEST_EXPECT_EQ(identify(), ERR_NOT_ACCEPTABLE);
}

TEST("a card without high speed, with a single line, or that stays slow, is used as it is") {
    fake_insert_card(true);
    fake.refuses_switch = true;
    TEST_EXPECT_EQ(identify(), OK);
    TEST_EXPECT(!card.high_speed && fake.clock_hz <= CARD_DEFAULT_HZ);
    fake_insert_card(true);
    fake.fails_switch = true;
    TEST_EXPECT_EQ(identify(), OK);
    TEST_EXPECT(!card.high_speed && fake.clock_hz <= CARD_DEFAULT_HZ);
    fake_insert_card(true);
    fake_set_bits(fake.csd, 94, 94, 0);
    TEST_EXPECT_EQ(identify(), OK);
    TEST_EXPECT(!card.high_speed);
    fake_insert_card(true);
    fake.scr[1] = 1;
    TEST_EXPECT_EQ(identify(), OK);
    TEST_EXPECT(!card.four_lines && card.high_speed);
}

TEST("any command that fails is an error, at once") {
    static const uint8_t commands[] = {0, 8, 55, 41, 2, 3, 9, 7, 51, 6};
    for (size_t i = 0; i < sizeof(commands); i++) {
        fake_insert_card(true);
        fake.garbled_command = commands[i];
        fake.garbles = 1;
        TEST_EXPECT_EQ(identify(), ERR_IO);
        TEST_EXPECT_EQ(fake.num_commands[commands[i]], 1);
    }
    fake_insert_card(true);
    fake.bad_transfers = 1;
    fake.bad_events = EVENT_DATA_CRC;
    TEST_EXPECT_EQ(identify(), ERR_IO);
}

TEST("a controller whose reset doesn't end") {
    fake_insert_card(true);
    fake.stuck = true;
    TEST_EXPECT_EQ(identify(), ERR_IO);
}

TEST("write protection is the card's to tell") {
    fake_insert_card(true);
    fake_set_bits(fake.csd, 13, 13, 1);
    TEST_EXPECT_EQ(identify(), OK);
    TEST_EXPECT(card.write_protected);
}

TEST("a card is the same if its number and its size are") {
    fake_insert_card(true);
    TEST_EXPECT_EQ(identify(), OK);
    struct card other = card;
    TEST_EXPECT(card_is_same(&card, &other));
    other.num_sectors++;
    TEST_EXPECT(!card_is_same(&card, &other));
    other = card;
    other.cid[9]++;
    TEST_EXPECT(!card_is_same(&card, &other));
}
