#include "smsc.h"

#include <resea/ipc.h>
#include <resea/timer.h>
#include <string.h>

// The data sheets' vendor commands: requests to the device.
#define REQUEST_IN     0xc0
#define REQUEST_OUT    0x40
#define WRITE_REGISTER 0xa0
#define READ_REGISTER  0xa1

// MII_ACCESS of both: how the PHY's registers are reached.
#define ACCESS_BUSY       (1u << 0)
#define ACCESS_WRITE      (1u << 1)
#define ACCESS_REGISTER   6
#define ACCESS_PHY        11
#define PHY_ADDRESS       1u
#define PHY_ADVERTISE_ALL (PHY_CSMA | PHY_10 | PHY_10_FULL | PHY_100 | PHY_100_FULL)

#define WAIT_TRIES 100
#define WAIT_MS    1

#define CHECKSUM_LEN 4

static void keep(struct adapter *adapter, error_t err) {
    if (IS_OK(adapter->failed)) {
        adapter->failed = err;
    }
}

uint32_t smsc_read(struct adapter *adapter, uint16_t reg) {
    uint8_t data[4] = {0};
    if (IS_OK(adapter->failed)) {
        keep(adapter, adapter_ask(adapter, REQUEST_IN, READ_REGISTER, 0, reg, data, sizeof(data)));
    }
    return read_le32(data);
}

void smsc_write(struct adapter *adapter, uint16_t reg, uint32_t value) {
    uint8_t data[4];
    write_le32(data, value);
    if (IS_OK(adapter->failed)) {
        keep(adapter,
             adapter_tell(adapter, REQUEST_OUT, WRITE_REGISTER, 0, reg, data, sizeof(data)));
    }
}

void smsc_set(struct adapter *adapter, uint16_t reg, uint32_t bits) {
    smsc_write(adapter, reg, smsc_read(adapter, reg) | bits);
}

static void wait(struct adapter *adapter, uint16_t reg, uint32_t bits) {
    for (unsigned i = 0; i < WAIT_TRIES && IS_OK(adapter->failed); i++) {
        if (!(smsc_read(adapter, reg) & bits)) {
            return;
        }
        timer_sleep(WAIT_MS);
    }
    keep(adapter, ERR_TRY_AGAIN);
}

void smsc_pulse(struct adapter *adapter, uint16_t reg, uint32_t bits) {
    smsc_set(adapter, reg, bits);
    wait(adapter, reg, bits);
}

// ---- The PHY ------------------------------------------------------------------------------------

static void access_phy(struct adapter *adapter, const struct smsc_phy *phy, unsigned reg,
                       uint32_t write) {
    smsc_write(adapter, phy->access,
               PHY_ADDRESS << ACCESS_PHY | reg << ACCESS_REGISTER | write | ACCESS_BUSY);
    wait(adapter, phy->access, ACCESS_BUSY);
}

uint16_t smsc_phy_read(struct adapter *adapter, const struct smsc_phy *phy, unsigned reg) {
    access_phy(adapter, phy, reg, 0);
    return (uint16_t) smsc_read(adapter, phy->data);
}

void smsc_phy_write(struct adapter *adapter, const struct smsc_phy *phy, unsigned reg,
                    uint16_t value) {
    smsc_write(adapter, phy->data, value);
    access_phy(adapter, phy, reg, ACCESS_WRITE);
}

void smsc_phy_start(struct adapter *adapter, const struct smsc_phy *phy, bool gigabit) {
    // No pauses: flow control stays off.
    smsc_phy_write(adapter, phy, PHY_ADVERTISE, PHY_ADVERTISE_ALL);
    if (gigabit) {
        smsc_phy_write(adapter, phy, PHY_GIGABIT_CONTROL, PHY_GIGABIT_FULL);
    }
    smsc_phy_write(adapter, phy, PHY_CONTROL, PHY_CONTROL_NEGOTIATE | PHY_CONTROL_RESTART);
}

struct smsc_link smsc_phy_link(struct adapter *adapter, const struct smsc_phy *phy, bool gigabit) {
    // It remembers that the link was lost: the second time it tells how it is.
    (void) smsc_phy_read(adapter, phy, PHY_STATUS);
    uint16_t status = smsc_phy_read(adapter, phy, PHY_STATUS);
    uint16_t common = smsc_phy_read(adapter, phy, PHY_PARTNER) & PHY_ADVERTISE_ALL;
    bool is_gigabit =
        gigabit && (smsc_phy_read(adapter, phy, PHY_GIGABIT_STATUS) & PHY_GIGABIT_PARTNER);
    struct smsc_link link = {.up = status & PHY_STATUS_LINK};
    if (link.up) {
        bool is_fast = common & (PHY_100 | PHY_100_FULL);
        link.mbit_per_s = is_gigabit ? 1000 : is_fast ? 100 : 10;
        link.full_duplex = is_gigabit || (common & (is_fast ? PHY_100_FULL : PHY_10_FULL));
    }
    if (IS_OK(adapter->failed)) {
        adapter->link = link.up;
        adapter->mbit_per_s = link.mbit_per_s;
    }
    return link;
}

// ---- Addresses, frames --------------------------------------------------------------------------

void smsc_find_address(struct adapter *adapter) {
    task_t mailbox = ipc_lookup("mailbox");
    uint64_t serial;
    uint32_t firmware, model, revision;
    error_t err = IS_ERROR(mailbox) ? mailbox
                                    : call_mailbox_board(mailbox, &serial, &firmware, &model,
                                                         &revision, adapter->mac);
    if (IS_OK(err) && !adapter_address_is_valid(adapter->mac)) {
        err = ERR_NOT_ACCEPTABLE;
    }
    keep(adapter, err);
}

uint32_t smsc_address_low(const struct adapter *adapter) {
    return read_le32(adapter->mac);
}

uint32_t smsc_address_high(const struct adapter *adapter) {
    return read_le16(&adapter->mac[4]);
}

bool smsc_take(struct span *transfer, struct span *frame, size_t header_len, size_t len,
               bool damaged) {
    size_t room = transfer->len - header_len;
    *frame = (struct span){transfer->data + header_len, 0};
    if (!damaged && len > CHECKSUM_LEN && len <= room) {
        frame->len = len - CHECKSUM_LEN;
    }
    size_t whole = MIN(ALIGN_UP(header_len + len, 4), transfer->len);
    transfer->data += whole;
    transfer->len -= whole;
    return true;
}
