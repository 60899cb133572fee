/// \file
/// LAN7800: the LAN7515 is one behind a hub, the Ethernet port of a Raspberry Pi 3B+. It has no public data sheet; registers,
/// and the words in front of frames, are those of the LAN7800's, DS00001992.

#include "smsc.h"

#define LAN7800_PRODUCT_ID 0x7800

#define INT_STS                0x00c
#define HW_CFG                 0x010
#define HW_CFG_LED0            (1u << 20)
#define HW_CFG_LED1            (1u << 21)
#define HW_CFG_MULTIPLE_FRAMES (1u << 4)
#define HW_CFG_LITE_RESET      (1u << 1)
#define PMT_CTL                0x014
#define PMT_CTL_PHY_RESET      (1u << 4)
#define USB_CFG0               0x080
#define USB_CFG0_EMPTY_NAK     (1u << 6)
#define USB_CFG0_BURST_CAP     (1u << 5)
#define BURST_CAP              0x090
#define BULK_IN_DELAY          0x094
#define INT_EP_CTL             0x098
#define INT_EP_CTL_PHY         (1u << 17)
#define RFE_CTL                0x0b0
#define RFE_CTL_BROADCAST      (1u << 10)
#define RFE_CTL_ALL_MULTICAST  (1u << 9)
#define RFE_CTL_PERFECT        (1u << 1)
#define FCT_RX_CTL             0x0c0
#define FCT_TX_CTL             0x0c4
#define FCT_CTL_ENABLE         (1u << 31)
#define FCT_RX_FIFO_END        0x0c8
#define FCT_TX_FIFO_END        0x0cc
#define FCT_FLOW               0x0d0
#define MAC_CR                 0x100
#define MAC_CR_AUTO_DUPLEX     (1u << 12)
#define MAC_CR_AUTO_SPEED      (1u << 11)
#define MAC_RX                 0x104
#define MAC_RX_MAX_SIZE        16
#define MAC_RX_ENABLE          (1u << 0)
#define MAC_TX                 0x108
#define MAC_TX_ENABLE          (1u << 0)
#define MAC_FLOW               0x10c
#define RX_ADDRESS_HIGH        0x118
#define RX_ADDRESS_LOW         0x11c
#define MII_ACCESS             0x120
#define MII_DATA               0x124
// The first of the filter's addresses.
#define FILTER_HIGH       0x400
#define FILTER_LOW        0x404
#define FILTER_HIGH_VALID (1u << 31)

// The PHY's own registers.
#define PHY_INTERRUPT_MASK   25
#define PHY_INTERRUPT_STATUS 26
#define PHY_INTERRUPT_ENABLE (1u << 15)
#define PHY_INTERRUPT_LINK   (1u << 13)

// Words in front of frames.
#define RX_HEADER_LEN   10
#define RX_LEN(word)    ((word) &0x3fff)
#define RX_ERROR        (1u << 22)
#define TX_HEADER_LEN   8
#define TX_ADD_CHECKSUM (1u << 22)

#define IN_LEN 16384
/// In units of 16.7 ns: 34 us.
#define DELAY 0x800
/// Of each FIFO, in units of 512 bytes: the last one of 12 KiB.
#define FIFO_END (12 * 1024 / 512 - 1)
/// With its checksum, and a VLAN's tag.
#define RX_FRAME_MAX (FRAME_MAX + 4 + 4)

static const struct smsc_phy phy = {.access = MII_ACCESS, .data = MII_DATA};

static void set_address(struct adapter *adapter) {
    uint32_t low = smsc_address_low(adapter), high = smsc_address_high(adapter);
    smsc_write(adapter, RX_ADDRESS_LOW, low);
    smsc_write(adapter, RX_ADDRESS_HIGH, high);
    smsc_write(adapter, FILTER_LOW, low);
    smsc_write(adapter, FILTER_HIGH, high | FILTER_HIGH_VALID);
    smsc_write(adapter, RFE_CTL, RFE_CTL_BROADCAST | RFE_CTL_ALL_MULTICAST | RFE_CTL_PERFECT);
}

static error_t open(struct adapter *adapter) {
    smsc_find_address(adapter);
    smsc_pulse(adapter, HW_CFG, HW_CFG_LITE_RESET);
    smsc_pulse(adapter, PMT_CTL, PMT_CTL_PHY_RESET);
    set_address(adapter);
    smsc_set(adapter, USB_CFG0, USB_CFG0_EMPTY_NAK | USB_CFG0_BURST_CAP);
    smsc_set(adapter, HW_CFG, HW_CFG_MULTIPLE_FRAMES | HW_CFG_LED0 | HW_CFG_LED1);
    smsc_write(adapter, BULK_IN_DELAY, DELAY);
    smsc_write(adapter, INT_STS, UINT32_MAX);
    smsc_write(adapter, MAC_FLOW, 0);
    smsc_write(adapter, FCT_FLOW, 0);
    smsc_write(adapter, FCT_RX_FIFO_END, FIFO_END);
    smsc_write(adapter, FCT_TX_FIFO_END, FIFO_END);
    smsc_set(adapter, MAC_CR, MAC_CR_AUTO_DUPLEX | MAC_CR_AUTO_SPEED);
    smsc_phy_start(adapter, &phy, true);
    smsc_phy_write(adapter, &phy, PHY_INTERRUPT_MASK, PHY_INTERRUPT_ENABLE | PHY_INTERRUPT_LINK);
    smsc_set(adapter, INT_EP_CTL, INT_EP_CTL_PHY);
    return adapter->failed;
}

static error_t start(struct adapter *adapter) {
    smsc_write(adapter, BURST_CAP, IN_LEN / adapter->in_packet);
    smsc_set(adapter, MAC_TX, MAC_TX_ENABLE);
    smsc_set(adapter, FCT_TX_CTL, FCT_CTL_ENABLE);
    smsc_write(adapter, MAC_RX, RX_FRAME_MAX << MAC_RX_MAX_SIZE);
    smsc_set(adapter, MAC_RX, MAC_RX_ENABLE);
    smsc_set(adapter, FCT_RX_CTL, FCT_CTL_ENABLE);
    (void) smsc_phy_read(adapter, &phy, PHY_INTERRUPT_STATUS);
    (void) smsc_phy_link(adapter, &phy, true);
    return adapter->failed;
}

static void put_header(uint8_t *header, size_t len) {
    write_le32(header, TX_ADD_CHECKSUM | (uint32_t) len);
    write_le32(header + 4, 0);
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
        (void) smsc_phy_read(adapter, &phy, PHY_INTERRUPT_STATUS);
        smsc_write(adapter, INT_STS, INT_EP_CTL_PHY);
        (void) smsc_phy_link(adapter, &phy, true);
    }
}

const struct chip lan78xx_chip = {
    .name = "lan7515",
    .class = ANY,
    .subclass = ANY,
    .vendor_id = SMSC_VENDOR_ID,
    .product_id = LAN7800_PRODUCT_ID,
    .in_len = IN_LEN,
    .in_count = 2,
    .header_len = TX_HEADER_LEN,
    .open = open,
    .start = start,
    .put_header = put_header,
    .next_frame = next_frame,
    .status = status,
};
