#include "../sd.h"

#include <string.h>
#include <unittest.h>

#include "fake_card.h"

static uint8_t reg[SD_REGISTER_LEN];
static struct sd_csd csd;

/// A CSD of version 1, and what is read of it.
static error_t read_v1(uint32_t block_len, uint32_t size, uint32_t multiplier) {
    bzero(reg, sizeof(reg));
    fake_set_bits(reg, 83, 80, block_len);
    fake_set_bits(reg, 73, 62, size);
    fake_set_bits(reg, 49, 47, multiplier);
    return sd_read_csd(reg, &csd);
}

TEST("sizes of standard-capacity cards, from the smallest to 4 GiB") {
    TEST_EXPECT_EQ(read_v1(9, 0, 0), OK);
    TEST_EXPECT_EQ(csd.num_sectors, 4);
    TEST_EXPECT(!csd.high_capacity);
    // 64 MiB as 3840 * 32 blocks of 512 bytes, less a bit.
    TEST_EXPECT_EQ(read_v1(9, 3839, 3), OK);
    TEST_EXPECT_EQ(csd.num_sectors, 3840 * 32);
    TEST_EXPECT_EQ(read_v1(10, 4095, 7), OK);
    TEST_EXPECT_EQ(csd.num_sectors, 4u << 20);
    TEST_EXPECT_EQ(read_v1(11, 4095, 7), OK);
    TEST_EXPECT_EQ(csd.num_sectors * EMMC_BLOCK_LEN, UINT64_C(4) << 30);
}

TEST("block lengths that there are not") {
    for (uint32_t block_len = 0; block_len < 16; block_len++) {
        bool exists = block_len >= 9 && block_len <= 11;
        TEST_EXPECT_EQ(read_v1(block_len, 100, 2), exists ? OK : ERR_NOT_ACCEPTABLE);
    }
}

TEST("sizes of high-capacity cards, up to all that a command can address") {
    bzero(reg, sizeof(reg));
    fake_set_bits(reg, 127, 126, 1);
    fake_set_bits(reg, 69, 48, 8191);
    TEST_EXPECT_EQ(sd_read_csd(reg, &csd), OK);
    TEST_EXPECT(csd.high_capacity);
    TEST_EXPECT_EQ(csd.num_sectors * EMMC_BLOCK_LEN, UINT64_C(4) << 30);
    fake_set_bits(reg, 69, 48, UINT32_MAX);
    TEST_EXPECT_EQ(sd_read_csd(reg, &csd), OK);
    TEST_EXPECT_EQ(csd.num_sectors, UINT64_C(1) << 32);
}

TEST("versions of the CSD that nobody knows") {
    for (uint32_t version = 2; version < 4; version++) {
        bzero(reg, sizeof(reg));
        fake_set_bits(reg, 127, 126, version);
        TEST_EXPECT_EQ(sd_read_csd(reg, &csd), ERR_NOT_ACCEPTABLE);
    }
}

TEST("write protection, for now or for ever, and whether there are functions to switch") {
    TEST_EXPECT_EQ(read_v1(9, 10, 0), OK);
    TEST_EXPECT(!csd.write_protected && !csd.has_switch);
    fake_set_bits(reg, 12, 12, 1);
    TEST_EXPECT_EQ(sd_read_csd(reg, &csd), OK);
    TEST_EXPECT(csd.write_protected);
    fake_set_bits(reg, 13, 12, 2);
    fake_set_bits(reg, 94, 94, 1);
    TEST_EXPECT_EQ(sd_read_csd(reg, &csd), OK);
    TEST_EXPECT(csd.write_protected && csd.has_switch);
}

TEST("what an SCR says") {
    struct sd_scr scr;
    sd_read_scr((const uint8_t *) "\x00\x01\x00\x00\x00\x00\x00\x00", &scr);
    TEST_EXPECT(!scr.has_switch && !scr.has_four_lines && !scr.has_set_block_count);
    sd_read_scr((const uint8_t *) "\x02\x35\x80\x02\x00\x00\x00\x00", &scr);
    TEST_EXPECT(scr.has_switch && scr.has_four_lines && scr.has_set_block_count);
}

TEST("a card's name is printable whatever its CID holds") {
    char text[64];
    fake_insert_card(true);
    sd_describe(fake.cid, true, text, sizeof(text));
    TEST_EXPECT_STR_EQ(text, "TEST1 (SDHC card, maker 03, serial deadbeef)");
    memset(fake.cid, 0, sizeof(fake.cid));
    fake.cid[4] = 0x7f;
    fake.cid[5] = 'x';
    fake.cid[6] = 0xff;
    sd_describe(fake.cid, false, text, sizeof(text));
    TEST_EXPECT_STR_EQ(text, "??x?? (SD card, maker 00, serial 00000000)");
}
