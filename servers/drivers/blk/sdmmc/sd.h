#ifndef __SD_H__
#define __SD_H__

/// \file
/// What SD cards say: "SD Physical Layer Simplified Specification" 6.00, whose sections are given. All that is decoded here is a
/// card's, and not believed.

#include <types.h>

#include "emmc.h"

/// Commands (4.7.4). Those of the second group come behind an SD_APP_COMMAND.
#define SD_GO_IDLE         EMMC_COMMAND(0)
#define SD_ALL_SEND_CID    (EMMC_COMMAND(2) | EMMC_R2)
#define SD_SEND_ADDRESS    (EMMC_COMMAND(3) | EMMC_R1)
#define SD_SWITCH_FUNCTION (EMMC_COMMAND(6) | EMMC_R1)
#define SD_SELECT          (EMMC_COMMAND(7) | EMMC_R1B)
#define SD_SEND_IF_COND    (EMMC_COMMAND(8) | EMMC_R1)
#define SD_SEND_CSD        (EMMC_COMMAND(9) | EMMC_R2)
#define SD_STOP_READ       (EMMC_COMMAND(12) | EMMC_R1 | EMMC_STOP)
#define SD_STOP_WRITE      (EMMC_COMMAND(12) | EMMC_R1B | EMMC_STOP)
#define SD_SEND_STATUS     (EMMC_COMMAND(13) | EMMC_R1)
#define SD_SET_BLOCKLEN    (EMMC_COMMAND(16) | EMMC_R1)
#define SD_READ_SINGLE     (EMMC_COMMAND(17) | EMMC_R1 | EMMC_READ)
#define SD_READ_MULTIPLE   (EMMC_COMMAND(18) | EMMC_R1 | EMMC_READ | EMMC_MULTIPLE)
#define SD_SET_BLOCK_COUNT (EMMC_COMMAND(23) | EMMC_R1)
#define SD_WRITE_SINGLE    (EMMC_COMMAND(24) | EMMC_R1 | EMMC_WRITE)
#define SD_WRITE_MULTIPLE  (EMMC_COMMAND(25) | EMMC_R1 | EMMC_WRITE | EMMC_MULTIPLE)
#define SD_APP_COMMAND     (EMMC_COMMAND(55) | EMMC_R1)

#define SD_SET_BUS_WIDTH (EMMC_COMMAND(6) | EMMC_R1)
#define SD_SEND_OP_COND  (EMMC_COMMAND(41) | EMMC_R3)
#define SD_SEND_SCR      (EMMC_COMMAND(51) | EMMC_R1)

/// CMD8: 2.7 to 3.6 V, and a pattern to be sent back (4.3.13).
#define SD_IF_COND      0x1aau
#define SD_IF_COND_MASK 0xfffu

/// ACMD41 (4.2.3.1, 5.1): voltages from 2.7 to 3.6 V, high capacity, and that the card is done with powering up.
#define SD_OCR_VOLTAGES      0x00ff8000u
#define SD_OCR_HIGH_CAPACITY (1u << 30)
#define SD_OCR_POWERED_UP    (1u << 31)

/// The card's status (4.10.1).
#define SD_STATUS_OUT_OF_RANGE (1u << 31)
#define SD_STATUS_LOCKED       (1u << 25)
#define SD_STATUS_READY        (1u << 8)
#define SD_STATUS_APP_COMMAND  (1u << 5)
#define SD_STATUS_STATE(r1)    ((r1) >> 9 & 15)
#define SD_STATE_TRANSFER      4u
#define SD_STATE_DATA          5u
#define SD_STATE_RECEIVE       6u
/// Bits 31 to 26, 24 to 19, 16, 15 and 3: what was asked for, or an earlier command, went wrong.
#define SD_STATUS_ERRORS 0xfdf98008u

/// ACMD6 (4.8).
#define SD_BUS_WIDTH_4 2u

/// CMD6 (4.3.10): asks whether the card has function 1 (high speed) of group 1, or switches to it; all other groups
/// stay as they are.
#define SD_SWITCH_CHECK      0x00fffff1u
#define SD_SWITCH_HIGH_SPEED 0x80fffff1u
#define SD_SWITCH_LEN        64

#define SD_REGISTER_LEN 16
#define SD_SCR_LEN      8

/// What a CSD says (5.3).
struct sd_csd {
    bool high_capacity;
    uint64_t num_sectors;  ///< Of 512 bytes; up to 4 GiB of them without high capacity.
    bool write_protected;
    bool has_switch;  ///< It knows CMD6.
};

/// The CSD's bytes, the first of which holds bits 127:120. ERR_NOT_ACCEPTABLE: no card that this driver can handle says that.
error_t __mustuse sd_read_csd(const uint8_t csd[SD_REGISTER_LEN], struct sd_csd *read);

/// What an SCR says (5.6).
struct sd_scr {
    bool has_four_lines;
    bool has_switch;           ///< It is of version 1.10 or later.
    bool has_set_block_count;  ///< It knows CMD23.
};

void sd_read_scr(const uint8_t scr[SD_SCR_LEN], struct sd_scr *read);

/// Whether the answer to SD_SWITCH_CHECK or SD_SWITCH_HIGH_SPEED says that high speed is there, or on.
bool sd_switch_is_possible(const uint8_t answer[SD_SWITCH_LEN]);
bool sd_switch_is_done(const uint8_t answer[SD_SWITCH_LEN]);

/// What the card calls itself: its CID's product name, and the rest of it that tells it from others (5.2).
void sd_describe(const uint8_t cid[SD_REGISTER_LEN], bool high_capacity, char *buf, size_t len);

#endif
