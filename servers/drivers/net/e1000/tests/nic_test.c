#include <string.h>
#include <unittest.h>

#include "../driver.h"
#include "../nic.h"
#include "../registers.h"
#include "../rx.h"
#include "../tx.h"
#include "stack.h"

static const struct nic_model older = {.device_id = 0x100e};
static const struct nic_model newer = {.device_id = 0x10d3, .is_82574 = true};
static const uint8_t expected[] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static uint8_t mac[6];

TEST("the address is the one in the address register") {
    card_begin();
    TEST_EXPECT_EQ(nic_init(CARD_IO, &older, mac), OK);
    TEST_EXPECT_MEM_EQ(mac, expected, 6);
    TEST_EXPECT_EQ(card.num_resets, 1);
}

TEST("without one there it is read from the EEPROM, in either family's way") {
    card_begin();
    card.has_no_address = true;
    TEST_EXPECT_EQ(nic_init(CARD_IO, &older, mac), OK);
    TEST_EXPECT_MEM_EQ(mac, expected, 6);
    card_begin();
    card.has_no_address = true;
    card.is_82574 = true;
    TEST_EXPECT_EQ(nic_init(CARD_IO, &newer, mac), OK);
    TEST_EXPECT_MEM_EQ(mac, expected, 6);
}

TEST("a card without an address that can be one is refused") {
    card_begin();
    card.eeprom[0] = card.eeprom[1] = card.eeprom[2] = 0;
    TEST_EXPECT_EQ(nic_init(CARD_IO, &older, mac), ERR_IO);
    card_begin();
    card.eeprom[0] = 0x5453;
    TEST_EXPECT_EQ(nic_init(CARD_IO, &older, mac), ERR_IO);
    card_begin();
    card.has_no_address = true;
    card.eeprom_is_silent = true;
    TEST_EXPECT_EQ(nic_init(CARD_IO, &older, mac), ERR_IO);
}

TEST("a card that stays in reset is given up") {
    card_begin();
    card.stays_in_reset = true;
    TEST_EXPECT_EQ(nic_init(CARD_IO, &older, mac), ERR_IO);
}

TEST("without memory there are no rings") {
    card_begin();
    card.no_memory = true;
    TEST_EXPECT_EQ(rx_init(CARD_IO), ERR_NO_MEMORY);
    TEST_EXPECT_EQ(tx_init(CARD_IO, false), ERR_NO_MEMORY);
}

TEST("the card listens to its own address, and may bring its link up") {
    stack_begin(false, 4);
    TEST_EXPECT_EQ(card_register(E1000_RAL0), 0x12005452u);
    TEST_EXPECT_EQ(card_register(E1000_RAH0), 0x5634u | E1000_RAH_VALID);
    TEST_EXPECT(card_register(E1000_CTRL) & E1000_CTRL_SLU);
    TEST_EXPECT(!(card_register(E1000_CTRL) & E1000_CTRL_RESET));
    TEST_EXPECT(stack_device.link);
    TEST_EXPECT_EQ(stack_device.mbit_per_s, 1000);
    stack_end();
}

TEST("the link's changes are told, once each") {
    stack_begin(false, 4);
    card_raise(E1000_CAUSE_LINK);
    (void) stack_work();
    TEST_EXPECT_EQ(stack_link_changes, 0);
    card.status = 0;
    card_raise(E1000_CAUSE_LINK);
    (void) stack_work();
    TEST_EXPECT_EQ(stack_link_changes, 1);
    TEST_EXPECT(!stack_device.link);
    card.status = E1000_STATUS_LINK | 1u << 6;
    card_raise(E1000_CAUSE_LINK);
    (void) stack_work();
    TEST_EXPECT_EQ(stack_link_changes, 2);
    TEST_EXPECT(stack_device.link);
    TEST_EXPECT_EQ(stack_device.mbit_per_s, 100);
    stack_end();
}

TEST("segments are only cut where that is known to work") {
    TEST_EXPECT_EQ(driver_features(&older), NET_TX_CHECKSUM | NET_TX_SEGMENT4 | NET_RX_CHECKSUM);
    TEST_EXPECT_EQ(driver_features(&newer), NET_TX_CHECKSUM | NET_RX_CHECKSUM);
}
