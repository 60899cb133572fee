#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "sim.h"

#define LAN95XX_PHY 0x114
#define LAN78XX_PHY 0x120

static struct adapter adapter;

static uint32_t reg(unsigned address) {
    return sim.registers[address / 4];
}

static error_t open_lan95xx(void) {
    return sim_open(&adapter, &lan95xx_chip);
}

static error_t open_lan78xx(void) {
    return sim_open(&adapter, &lan78xx_chip);
}

static void begin(uint16_t phy) {
    sim_begin();
    sim_be_smsc(phy);
}

TEST("a LAN9514 is reset, gets the firmware's address and is switched on") {
    begin(LAN95XX_PHY);
    TEST_EXPECT_EQ(open_lan95xx(), OK);
    TEST_EXPECT_MEM_EQ(adapter.mac, sim.firmware_mac, 6);
    TEST_EXPECT_EQ(reg(0x108), 0x05040302);
    TEST_EXPECT_EQ(reg(0x104), 0x0706);
    TEST_EXPECT_EQ(reg(0x14), 0x1022);
    TEST_EXPECT_EQ(reg(0x38), 32);
    TEST_EXPECT_EQ(reg(0x100), 0x0018000c);
    TEST_EXPECT_EQ(reg(0x10), 4);
    TEST_EXPECT_EQ(sim.phy[4], 0x1e1);
    TEST_EXPECT_EQ(sim.phy[0], 0x1200);
    TEST_EXPECT_EQ(sim.num_opened, 3);
    TEST_EXPECT(adapter.link);
    TEST_EXPECT_EQ(adapter.mbit_per_s, 100);
}

TEST("a LAN7515 is reset, gets the firmware's address and is switched on") {
    begin(LAN78XX_PHY);
    sim.phy[10] = 0x0800;
    TEST_EXPECT_EQ(open_lan78xx(), OK);
    TEST_EXPECT_EQ(reg(0x11c), 0x05040302);
    TEST_EXPECT_EQ(reg(0x118), 0x0706);
    TEST_EXPECT_EQ(reg(0x404), 0x05040302);
    TEST_EXPECT_EQ(reg(0x400), 0x80000706);
    TEST_EXPECT_EQ(reg(0x80), 0x60);
    TEST_EXPECT_EQ(reg(0x90), 32);
    TEST_EXPECT_EQ(reg(0xb0), 0x602);
    TEST_EXPECT_EQ(reg(0xc0), 0x80000000);
    TEST_EXPECT_EQ(reg(0xc4), 0x80000000);
    TEST_EXPECT_EQ(reg(0x104), 1522u << 16 | 1);
    TEST_EXPECT_EQ(reg(0x108), 1);
    TEST_EXPECT_EQ(sim.phy[9], 0x200);
    TEST_EXPECT(adapter.link);
    TEST_EXPECT_EQ(adapter.mbit_per_s, 1000);
}

TEST("a controller whose reset never ends, or without an address, is refused") {
    begin(LAN95XX_PHY);
    sim.stuck = true;
    TEST_EXPECT_EQ(open_lan95xx(), ERR_TRY_AGAIN);
    TEST_EXPECT_EQ(sim.num_detached, 1);
    begin(LAN78XX_PHY);
    memset(sim.firmware_mac, 0, 6);
    TEST_EXPECT_EQ(open_lan78xx(), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(adapter.chip, NULL);
}

static void expect_link(uint16_t status, uint16_t partner, bool link, unsigned mbit_per_s) {
    static const uint8_t lan95xx[] = {0x00, 0x80, 0, 0}, lan78xx[] = {0, 0, 2, 0};
    sim.phy[1] = status;
    sim.phy[5] = partner;
    bool is_95xx = adapter.chip == &lan95xx_chip;
    adapter.chip->status(&adapter, is_95xx ? lan95xx : lan78xx, 4);
    TEST_EXPECT_EQ(adapter.link, link);
    TEST_EXPECT_EQ(adapter.mbit_per_s, mbit_per_s);
}

TEST("the interrupt pipe tells of the PHY, which tells of the link") {
    begin(LAN95XX_PHY);
    TEST_EXPECT_EQ(open_lan95xx(), OK);
    expect_link(0x7809, 0, false, 0);
    expect_link(0x782d, 0x0021, true, 10);
    TEST_EXPECT_EQ(reg(0x100), 0x0008000c);
    expect_link(0x782d, 0x0061, true, 10);
    TEST_EXPECT_EQ(reg(0x100), 0x0018000c);
    expect_link(0x782d, 0x00a1, true, 100);
    TEST_EXPECT_EQ(reg(0x100), 0x0008000c);
    // Something else, and less than a word.
    sim.phy[1] = 0;
    adapter.chip->status(&adapter, (const uint8_t[]){1, 0, 0, 0}, 4);
    adapter.chip->status(&adapter, (const uint8_t[]){0, 0x80}, 2);
    TEST_EXPECT(adapter.link);
    begin(LAN78XX_PHY);
    TEST_EXPECT_EQ(open_lan78xx(), OK);
    expect_link(0x7809, 0, false, 0);
    expect_link(0x782d, 0x01e1, true, 100);
}

TEST("a PHY that can't be asked leaves the link as it was, until it can") {
    begin(LAN95XX_PHY);
    TEST_EXPECT_EQ(open_lan95xx(), OK);
    sim.stuck = true;
    expect_link(0x7809, 0, true, 100);
    sim.stuck = false;
    expect_link(0x7809, 0, false, 0);
}

TEST("frames to be sent have words in front that tell their lengths") {
    uint8_t header[8];
    lan95xx_chip.put_header(header, 1514);
    TEST_EXPECT_EQ(read_le32(header), 0x35ea);
    TEST_EXPECT_EQ(read_le32(header + 4), 1514);
    lan78xx_chip.put_header(header, 1514);
    TEST_EXPECT_EQ(read_le32(header), 0x4005ea);
    TEST_EXPECT_EQ(read_le32(header + 4), 0);
}

static uint8_t burst[4096];
static size_t burst_len;

/// Adds a frame of so many bytes, all the same, and a checksum.
static void add_frame(const struct chip *chip, size_t len, uint8_t byte, bool damaged) {
    bool is_95xx = chip == &lan95xx_chip;
    uint32_t with_checksum = (uint32_t) len + 4;
    burst_len = ALIGN_UP(burst_len, 4);
    write_le32(&burst[burst_len], is_95xx ? with_checksum << 16 | (damaged ? 0x8000 : 0)
                                          : with_checksum | (damaged ? 0x400000 : 0));
    burst_len += is_95xx ? 4 : 10;
    memset(&burst[burst_len], byte, len);
    memset(&burst[burst_len + len], 0xcc, 4);
    burst_len += len + 4;
}

static void expect_frame(const struct chip *chip, struct span *transfer, size_t len, uint8_t byte) {
    struct span frame;
    TEST_EXPECT(chip->next_frame(transfer, &frame));
    TEST_EXPECT_EQ(frame.len, len);
    for (size_t i = 0; i < frame.len; i++) {
        TEST_EXPECT_EQ(frame.data[i], byte);
    }
}

static void check_burst(const struct chip *chip) {
    struct span frame;
    burst_len = 0;
    add_frame(chip, 60, 1, false);
    add_frame(chip, 61, 2, false);
    add_frame(chip, 100, 3, true);
    add_frame(chip, 1514, 4, false);
    add_frame(chip, 63, 5, false);
    struct span transfer = {burst, burst_len};
    expect_frame(chip, &transfer, 60, 1);
    expect_frame(chip, &transfer, 61, 2);
    expect_frame(chip, &transfer, 0, 0);
    expect_frame(chip, &transfer, 1514, 4);
    expect_frame(chip, &transfer, 63, 5);
    TEST_EXPECT(!chip->next_frame(&transfer, &frame));
    // The last one is cut off.
    transfer = (struct span){burst, burst_len - 1};
    for (unsigned i = 0; i < 4; i++) {
        TEST_EXPECT(chip->next_frame(&transfer, &frame));
    }
    expect_frame(chip, &transfer, 0, 0);
    TEST_EXPECT(!chip->next_frame(&transfer, &frame));
}

TEST("several frames come in a transfer") {
    check_burst(&lan95xx_chip);
    check_burst(&lan78xx_chip);
}

TEST("a transfer of anything does no harm, and ends") {
    srand(2);
    for (unsigned i = 0; i < 2000; i++) {
        const struct chip *chip = (i % 2 == 0) ? &lan95xx_chip : &lan78xx_chip;
        size_t len = (size_t) rand() % 200;
        uint8_t *data = malloc(len + 1);
        for (size_t at = 0; at < len; at++) {
            data[at] = (uint8_t) (rand() % 3 == 0 ? rand() : 0);
        }
        struct span transfer = {data, len}, frame;
        unsigned sum = 0, count = 0;
        while (chip->next_frame(&transfer, &frame)) {
            for (size_t at = 0; at < frame.len; at++) {
                sum += frame.data[at];
            }
            count++;
        }
        TEST_EXPECT_LE(count, 50);
        TEST_EXPECT_LE(sum, 200 * 255);
        free(data);
    }
}
