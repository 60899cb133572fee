#ifndef __CARD_H__
#define __CARD_H__

/// \file
/// An SD card: finding out what it is, and making it ready for transfers.

#include <types.h>

#include "sd.h"

/// Between two calls of card_identify, and how many of them a card gets to power up: a second's worth
/// (Physical Layer Specification, 4.2.3).
#define CARD_STEP_MS   5
#define CARD_STEPS_MAX 200

/// The card's clock, by the speed modes of 3.3 V cards.
#define CARD_DEFAULT_HZ    25000000u
#define CARD_HIGH_SPEED_HZ 50000000u

struct card {
    // While it is identified.
    error_t begun;  ///< What has become of card_begin.
    unsigned step;
    bool is_v2;
    bool has_switch;  ///< CMD6

    uint32_t address;    ///< RCA, in bits 31:16 as commands want it.
    bool high_capacity;  ///< Addresses count blocks; bytes otherwise.
    bool high_speed;     ///< It runs at 50 MHz.
    bool four_lines;
    bool has_set_block_count;  ///< CMD23
    bool write_protected;
    uint64_t num_sectors;
    uint8_t cid[SD_REGISTER_LEN];
};

/// Begins to identify the card that there is: resets controller and card. card_identify goes on in CARD_STEP_MS, and tells
/// what went wrong here, too.
void card_begin(struct card *card);

/// Goes on. OK: the card is ready. ERR_TRY_AGAIN: call it again in CARD_STEP_MS. ERR_UNAVAILABLE: no SD card answers.
/// ERR_NOT_ACCEPTABLE: one that this driver can't handle. ERR_IO: errors.
error_t __mustuse card_identify(struct card *card);

/// Whether they are the same one.
bool card_is_same(const struct card *a, const struct card *b);

/// Sends a command that is answered with the card's status. Besides the errors of emmc_command ERR_IO: the card reports one, but
/// for those of `ignored`.
error_t __mustuse card_command(uint32_t command, uint32_t arg, uint32_t ignored);

/// The card's status, if it answers. Errors as those of emmc_command.
error_t __mustuse card_status(const struct card *card, uint32_t *status);

/// Goes down to CARD_DEFAULT_HZ, for a card that makes mistakes at twice that.
error_t __mustuse card_slow_down(struct card *card);

#endif
