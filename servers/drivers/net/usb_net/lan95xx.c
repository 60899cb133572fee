/// \file
/// LAN9500 and its relatives: the LAN9514 is one behind a hub, the Ethernet port of a Raspberry Pi 3B. LAN950x data sheet
/// DS00001875: tables are those of its revision A.

#include "smsc.h"

#define LAN9514_PRODUCT_ID 0xec00

// System control and status registers.
#define INT_STS                0x08
#define TX_CFG                 0x10
#define TX_CFG_ON              (1u << 2)
#define HW_CFG                 0x14
#define HW_CFG_EMPTY_NAK       (1u << 12)
#define HW_CFG_MULTIPLE_FRAMES (1u << 5)
#define HW_CFG_LITE_RESET      (1u << 3)
#define HW_CFG_BURST_CAP       (1u << 1)
#define PM_CTRL                0x20
#define PM_CTRL_PHY_RESET      (1u << 4)
#define LED_GPIO_CFG           0x24
#define LED_GPIO_CFG_LEDS      0x01110000u
#define BURST_CAP              0x38
#define INT_EP_CTL             0x68
#define INT_EP_CTL_PHY         (1u << 15)
#define BULK_IN_DELAY          0x6c

// The MAC's.
#define MAC_CR               0x100
#define MAC_CR_FULL_DUPLEX   (1u << 20)
#define MAC_CR_ALL_MULTICAST (1u << 19)
#define MAC_CR_TX            (1u << 3)
#define MAC_CR_RX            (1u << 2)
#define MAC_ADDRESS_HIGH     0x104
#define MAC_ADDRESS_LOW      0x108
#define MII_ACCESS           0x114
#define MII_DATA             0x118
#define MAC_FLOW             0x11c

// The PHY's own.
#define PHY_INTERRUPT_SOURCE     29
#define PHY_INTERRUPT_MASK       30
#define PHY_INTERRUPT_NEGOTIATED (1u << 6)
#define PHY_INTERRUPT_DOWN       (1u << 4)

// Tables 5-40 to 5-42: words in front of frames.
#define RX_HEADER_LEN    4
#define RX_LEN(word)     ((word) >> 16 & 0x3fff)
#define RX_ERROR         (1u << 15)
#define TX_HEADER_LEN    8
#define TX_FIRST_SEGMENT (1u << 13)
#define TX_LAST_SEGMENT  (1u << 12)

#define IN_LEN 16384
/// In units of 16.7 ns: 34 us.
#define DELAY 0x800

static const struct smsc_phy phy = {.access = MII_ACCESS, .data = MII_DATA};

static error_t open(struct adapter *adapter) {
    smsc_find_address(adapter);
    smsc_pulse(adapter, HW_CFG, HW_CFG_LITE_RESET);
    smsc_pulse(adapter, PM_CTRL, PM_CTRL_PHY_RESET);
    smsc_write(adapter, MAC_ADDRESS_LOW, smsc_address_low(adapter));
    smsc_write(adapter, MAC_ADDRESS_HIGH, smsc_address_high(adapter));
    smsc_set(adapter, HW_CFG, HW_CFG_EMPTY_NAK | HW_CFG_MULTIPLE_FRAMES | HW_CFG_BURST_CAP);
    smsc_write(adapter, BULK_IN_DELAY, DELAY);
    smsc_write(adapter, INT_STS, UINT32_MAX);
    smsc_write(adapter, LED_GPIO_CFG, LED_GPIO_CFG_LEDS);
    smsc_write(adapter, MAC_FLOW, 0);
    smsc_phy_start(adapter, &phy, false);
    smsc_phy_write(adapter, &phy, PHY_INTERRUPT_MASK,
                   PHY_INTERRUPT_NEGOTIATED | PHY_INTERRUPT_DOWN);
    smsc_set(adapter, INT_EP_CTL, INT_EP_CTL_PHY);
    return adapter->failed;
}

static void update_link(struct adapter *adapter) {
    struct smsc_link link = smsc_phy_link(adapter, &phy, false);
    smsc_write(adapter, MAC_CR,
               MAC_CR_ALL_MULTICAST | MAC_CR_TX | MAC_CR_RX
                   | (link.full_duplex ? MAC_CR_FULL_DUPLEX : 0));
}

static error_t start(struct adapter *adapter) {
    smsc_write(adapter, BURST_CAP, IN_LEN / adapter->in_packet);
    (void) smsc_phy_read(adapter, &phy, PHY_INTERRUPT_SOURCE);
    update_link(adapter);
    smsc_write(adapter, TX_CFG, TX_CFG_ON);
    return adapter->failed;
}

static void put_header(uint8_t *header, size_t len) {
    write_le32(header, TX_FIRST_SEGMENT | TX_LAST_SEGMENT | (uint32_t) len);
    write_le32(header + 4, (uint32_t) len);
}

static bool next_frame(struct span *transfer, struct span *frame) {
    if (transfer->len < RX_HEADER_LEN) {
        return false;
    }
    uint32_t word = read_le32(transfer->data);
    return smsc_take(transfer, frame, RX_HEADER_LEN, RX_LEN(word), word & RX_ERROR);
}

static void status(struct adapter *adapter, const uint8_t *data, size_t len) {
    if (len >= 4 && (read_le32(data) & INT_EP_CTL_PHY)) {
        adapter->failed = OK;
        (void) smsc_phy_read(adapter, &phy, PHY_INTERRUPT_SOURCE);
        smsc_write(adapter, INT_STS, INT_EP_CTL_PHY);
        update_link(adapter);
    }
}

const struct chip lan95xx_chip = {
    .name = "lan9514",
    .class = ANY,
    .subclass = ANY,
    .vendor_id = SMSC_VENDOR_ID,
    .product_id = LAN9514_PRODUCT_ID,
    .in_len = IN_LEN,
    .in_count = 2,
    .header_len = TX_HEADER_LEN,
    .open = open,
    .start = start,
    .put_header = put_header,
    .next_frame = next_frame,
    .status = status,
};
