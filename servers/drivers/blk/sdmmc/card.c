#include "card.h"

#include <string.h>

/// The clock while the card is identified (Physical Layer Specification, 4.2.1).
#define IDENTIFICATION_HZ 400000u

error_t card_command(uint32_t command, uint32_t arg, uint32_t ignored) {
    error_t err = emmc_command(command, arg);
    if (err != OK) {
        return err;
    }
    return (emmc_response(0) & SD_STATUS_ERRORS & ~ignored) ? ERR_IO : OK;
}

error_t card_status(const struct card *card, uint32_t *status) {
    error_t err = emmc_command(SD_SEND_STATUS, card->address);
    if (err == OK) {
        *status = emmc_response(0);
    }
    return err;
}

/// Announces an application command. A complaint in the answer is about the command before: a card of version 1 has one about
/// CMD8.
static error_t __mustuse announce(const struct card *card) {
    error_t err = emmc_command(SD_APP_COMMAND, card->address);
    if (err != OK) {
        return err;
    }
    return (emmc_response(0) & SD_STATUS_APP_COMMAND) ? OK : ERR_IO;
}

void card_begin(struct card *card) {
    bzero(card, sizeof(*card));
    card->begun = emmc_reset();
    if (card->begun == OK) {
        card->begun = emmc_set_clock(IDENTIFICATION_HZ);
    }
}

/// CMD0 and CMD8: a card of version 1 doesn't answer the latter (4.2.2).
static error_t __mustuse say_hello(struct card *card) {
    error_t err = emmc_command(SD_GO_IDLE, 0);
    if (err != OK) {
        return err;
    }
    err = emmc_command(SD_SEND_IF_COND, SD_IF_COND);
    card->is_v2 = err == OK;
    if (err == ERR_UNAVAILABLE) {
        return OK;
    }
    if (err == OK && (emmc_response(0) & SD_IF_COND_MASK) != SD_IF_COND) {
        return ERR_NOT_ACCEPTABLE;
    }
    return err;
}

/// ACMD41. ERR_TRY_AGAIN: the card isn't ready yet.
static error_t __mustuse power_up(struct card *card) {
    error_t err = announce(card);
    if (err == OK) {
        uint32_t capacity = card->is_v2 ? SD_OCR_HIGH_CAPACITY : 0;
        err = emmc_command(SD_SEND_OP_COND, SD_OCR_VOLTAGES | capacity);
    }
    if (err != OK) {
        return err;
    }
    uint32_t ocr = emmc_response(0);
    if (!(ocr & SD_OCR_POWERED_UP)) {
        return ERR_TRY_AGAIN;
    }
    card->high_capacity = (ocr & SD_OCR_HIGH_CAPACITY) != 0;
    return OK;
}

/// Sends a command that is answered with a register (R2).
static error_t __mustuse read_long_register(uint32_t command, uint32_t arg,
                                            uint8_t reg[SD_REGISTER_LEN]) {
    error_t err = emmc_command(command, arg);
    if (err != OK) {
        return err;
    }
    // Without its lowest byte, the checksum.
    reg[SD_REGISTER_LEN - 1] = 0;
    for (unsigned i = 0; i < SD_REGISTER_LEN - 1; i++) {
        reg[SD_REGISTER_LEN - 2 - i] = (uint8_t) (emmc_response(i / 4) >> i % 4 * 8);
    }
    return OK;
}

/// Gives the card an address, and reads how large it is.
static error_t __mustuse get_to_know(struct card *card) {
    error_t err = read_long_register(SD_ALL_SEND_CID, 0, card->cid);
    if (err != OK) {
        return err;
    }
    err = emmc_command(SD_SEND_ADDRESS, 0);
    if (err != OK) {
        return err;
    }
    card->address = emmc_response(0) & 0xffff0000u;

    uint8_t reg[SD_REGISTER_LEN];
    struct sd_csd csd;
    err = read_long_register(SD_SEND_CSD, card->address, reg);
    if (err == OK) {
        err = sd_read_csd(reg, &csd);
    }
    if (err != OK) {
        return err;
    }
    card->num_sectors = csd.num_sectors;
    card->write_protected = csd.write_protected;
    card->has_switch = csd.has_switch;
    // Whether addresses count blocks or bytes: a card that says both must not be written to.
    return (csd.high_capacity == card->high_capacity) ? OK : ERR_NOT_ACCEPTABLE;
}

static error_t __mustuse use_four_lines(struct card *card) {
    error_t err = announce(card);
    if (err == OK) {
        err = card_command(SD_SET_BUS_WIDTH, SD_BUS_WIDTH_4, 0);
    }
    if (err == OK) {
        emmc_use_four_lines();
        card->four_lines = true;
    }
    return err;
}

/// A card that refuses stays slow.
static error_t __mustuse use_high_speed(struct card *card) {
    uint8_t answer[SD_SWITCH_LEN] __aligned(4);
    error_t err = emmc_read_register(SD_SWITCH_FUNCTION, SD_SWITCH_CHECK, answer, sizeof(answer));
    if (err != OK || !sd_switch_is_possible(answer)) {
        return err;
    }
    err = emmc_read_register(SD_SWITCH_FUNCTION, SD_SWITCH_HIGH_SPEED, answer, sizeof(answer));
    if (err != OK || !sd_switch_is_done(answer)) {
        return err;
    }
    card->high_speed = true;
    return emmc_set_clock(CARD_HIGH_SPEED_HZ);
}

/// What the card can do is done, as far as it serves transfers.
static error_t __mustuse speed_up(struct card *card) {
    uint8_t reg[SD_SCR_LEN] __aligned(4);
    error_t err = announce(card);
    if (err == OK) {
        err = emmc_read_register(SD_SEND_SCR, 0, reg, sizeof(reg));
    }
    if (err != OK) {
        return err;
    }
    struct sd_scr scr;
    sd_read_scr(reg, &scr);
    card->has_set_block_count = scr.has_set_block_count;
    if (scr.has_four_lines) {
        err = use_four_lines(card);
    }
    if (err == OK && scr.has_switch && card->has_switch) {
        err = use_high_speed(card);
    }
    return err;
}

static error_t __mustuse set_up(struct card *card) {
    error_t err = get_to_know(card);
    if (err == OK) {
        err = emmc_set_clock(CARD_DEFAULT_HZ);
    }
    if (err == OK) {
        err = card_command(SD_SELECT, card->address, 0);
    }
    // A card that a password locks has no data for anybody.
    if (err == OK && (emmc_response(0) & SD_STATUS_LOCKED)) {
        err = ERR_NOT_ACCEPTABLE;
    }
    if (err == OK && !card->high_capacity) {
        err = card_command(SD_SET_BLOCKLEN, EMMC_BLOCK_LEN, 0);
    }
    return (err == OK) ? speed_up(card) : err;
}

error_t card_identify(struct card *card) {
    error_t err = card->begun;
    if (err == OK && card->step == 0) {
        err = say_hello(card);
    }
    if (err == OK) {
        err = power_up(card);
    }
    card->step++;
    if (err == ERR_TRY_AGAIN && card->step == CARD_STEPS_MAX) {
        return ERR_UNAVAILABLE;
    }
    return (err == OK) ? set_up(card) : err;
}

bool card_is_same(const struct card *a, const struct card *b) {
    return a->num_sectors == b->num_sectors && memcmp(a->cid, b->cid, sizeof(a->cid)) == 0;
}

error_t card_slow_down(struct card *card) {
    card->high_speed = false;
    return emmc_set_clock(CARD_DEFAULT_HZ);
}
