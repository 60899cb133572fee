#ifndef __SIM_H__
#define __SIM_H__

/// \file
/// A USB server with one adapter, which the tests make what they need, and the firmware.

#include <types.h>

#include "../adapter.h"

#define SIM_USB     9
#define SIM_MAILBOX 8

// Handles.
#define SIM_CONTROL 3
#define SIM_DATA    4
#define SIM_OTHER   5
// Pipes.
#define SIM_STATUS_PIPE 0x181
#define SIM_IN_PIPE     0x182
#define SIM_OUT_PIPE    0x103

#define SIM_CONFIG_MAX 256
#define SIM_SENT_MAX   64
#define SIM_REGISTERS  0x500

struct sim_frame {
    uint8_t data[FRAME_MAX + HEADER_MAX];
    size_t len;
};

struct sim {
    uint8_t config[SIM_CONFIG_MAX];
    size_t config_len;
    uint8_t string[64];
    size_t string_len;
    uint16_t max_packet;
    bool has_bulk;
    error_t alternate_error;  ///< What set_alternate is answered with.
    error_t filter_error;
    error_t write_error;  ///< What the next write is answered with.
    uint8_t firmware_mac[6];

    // A controller of SMSC's.
    bool is_smsc;
    uint16_t phy_access;  ///< Where the registers are that lead to the PHY.
    uint32_t registers[SIM_REGISTERS / 4];
    uint16_t phy[32];
    bool stuck;  ///< Resets never end.

    // What was done.
    uint8_t alternates[4];
    unsigned num_alternates;
    uint16_t filter;
    unsigned num_matches, num_detached, num_listened, num_cleared, num_opened;
    struct sim_frame sent[SIM_SENT_MAX];
    unsigned num_sent;
};

extern struct sim sim;

/// A server without anything plugged in.
void sim_begin(void);
/// QEMU's usb-net, as its second configuration is.
void sim_be_ecm(void);
/// A controller whose PHY has agreed on 100 Mbit/s, full duplex.
void sim_be_smsc(uint16_t phy_access);

/// What the server has for the driver, in order. `data` is copied.
void sim_attach(handle_t handle, const struct chip *chip);
void sim_detach(handle_t handle);
void sim_receive(handle_t pipe, error_t status, const void *data, size_t len);
/// What vm tells.
void sim_exit(task_t task);
bool sim_is_idle(void);

/// Plugs the adapter in and opens it.
error_t sim_open(struct adapter *adapter, const struct chip *chip);

#endif
