#ifndef __SMSC_H__
#define __SMSC_H__

/// \file
/// What SMSC's (now Microchip's) USB Ethernet controllers have in common: registers that are reached by requests, a PHY
/// behind two of them, and several frames in a transfer. LAN950x data sheet DS00001875, LAN7800 data sheet DS00001992.
///
/// An error is kept in `adapter->failed`, and what follows it does nothing: it is looked at in the end.

#include "adapter.h"

#define SMSC_VENDOR_ID 0x0424

/// The registers that lead to the PHY.
struct smsc_phy {
    uint16_t access;
    uint16_t data;
};

/// What the PHY has agreed on with the other end.
struct smsc_link {
    bool up;
    bool full_duplex;
    uint32_t mbit_per_s;
};

// IEEE 802.3, clause 22: the PHY's registers.
#define PHY_CONTROL           0
#define PHY_CONTROL_NEGOTIATE (1u << 12)
#define PHY_CONTROL_RESTART   (1u << 9)
#define PHY_STATUS            1
#define PHY_STATUS_LINK       (1u << 2)
#define PHY_ADVERTISE         4
#define PHY_PARTNER           5
#define PHY_CSMA              1u
#define PHY_10                (1u << 5)
#define PHY_10_FULL           (1u << 6)
#define PHY_100               (1u << 7)
#define PHY_100_FULL          (1u << 8)
#define PHY_GIGABIT_CONTROL   9
#define PHY_GIGABIT_FULL      (1u << 9)
#define PHY_GIGABIT_STATUS    10
#define PHY_GIGABIT_PARTNER   (1u << 11)

uint32_t smsc_read(struct adapter *adapter, uint16_t reg);
void smsc_write(struct adapter *adapter, uint16_t reg, uint32_t value);
/// Sets bits.
void smsc_set(struct adapter *adapter, uint16_t reg, uint32_t bits);
/// Sets bits that the controller clears when it is through, which takes 100 ms at most.
void smsc_pulse(struct adapter *adapter, uint16_t reg, uint32_t bits);

uint16_t smsc_phy_read(struct adapter *adapter, const struct smsc_phy *phy, unsigned reg);
void smsc_phy_write(struct adapter *adapter, const struct smsc_phy *phy, unsigned reg,
                    uint16_t value);
/// Begins to negotiate all that both can.
void smsc_phy_start(struct adapter *adapter, const struct smsc_phy *phy, bool gigabit);
/// Tells `adapter` about the link.
struct smsc_link smsc_phy_link(struct adapter *adapter, const struct smsc_phy *phy, bool gigabit);

/// The address of the board's Ethernet port, which its firmware knows.
void smsc_find_address(struct adapter *adapter);
/// The address as registers have it: the first four bytes, and the last two.
uint32_t smsc_address_low(const struct adapter *adapter);
uint32_t smsc_address_high(const struct adapter *adapter);

/// Takes a frame out of a transfer: it has `header_len` bytes in front, `len` bytes, of which the last four are its
/// checksum, and what is missing to a multiple of four bytes.
bool smsc_take(struct span *transfer, struct span *frame, size_t header_len, size_t len,
               bool damaged);

#endif
