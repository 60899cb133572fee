#include "sd.h"

#include <vprintf.h>

/// Bits `high` to `low` of a register of 128 bits, at most 32 of them.
static uint32_t bits(const uint8_t reg[SD_REGISTER_LEN], unsigned high, unsigned low) {
    uint32_t value = 0;
    for (unsigned bit = high + 1; bit-- > low;) {
        value = value << 1 | (reg[SD_REGISTER_LEN - 1 - bit / 8] >> bit % 8 & 1);
    }
    return value;
}

/// Standard capacity: a number of blocks of 512 to 2048 bytes, 4 GiB in all at most (5.3.2).
static error_t __mustuse read_size_v1(const uint8_t *csd, uint64_t *num_sectors) {
    uint32_t block_len = bits(csd, 83, 80), multiplier = bits(csd, 49, 47);
    if (block_len < 9 || block_len > 11) {
        return ERR_NOT_ACCEPTABLE;
    }
    uint64_t blocks = (uint64_t) (bits(csd, 73, 62) + 1) << (multiplier + 2);
    *num_sectors = blocks << (block_len - 9);
    return OK;
}

error_t sd_read_csd(const uint8_t csd[SD_REGISTER_LEN], struct sd_csd *read) {
    error_t err = OK;
    read->high_capacity = false;
    switch (bits(csd, 127, 126)) {
    case 0:
        err = read_size_v1(csd, &read->num_sectors);
        break;
    case 1:
        // High capacity: units of 512 KiB (5.3.3).
        read->high_capacity = true;
        read->num_sectors = (uint64_t) (bits(csd, 69, 48) + 1) * 1024;
        break;
    default:
        err = ERR_NOT_ACCEPTABLE;
    }
    read->write_protected = bits(csd, 13, 12) != 0;
    read->has_switch = bits(csd, 94, 94) != 0;
    return err;
}

void sd_read_scr(const uint8_t scr[SD_SCR_LEN], struct sd_scr *read) {
    read->has_switch = (scr[0] & 0xf) >= 1;
    read->has_four_lines = (scr[1] & 1u << 2) != 0;
    read->has_set_block_count = (scr[3] & 1u << 1) != 0;
}

bool sd_switch_is_possible(const uint8_t answer[SD_SWITCH_LEN]) {
    // The functions of group 1 that there are, and the one that was chosen: 15 if it can't be.
    return (answer[13] & 1u << 1) && sd_switch_is_done(answer);
}

bool sd_switch_is_done(const uint8_t answer[SD_SWITCH_LEN]) {
    return (answer[16] & 0xf) == 1;
}

void sd_describe(const uint8_t cid[SD_REGISTER_LEN], bool high_capacity, char *buf, size_t len) {
    char name[6] = "";
    for (int i = 0; i < 5; i++) {
        name[i] = (char) ((cid[3 + i] >= ' ' && cid[3 + i] <= '~') ? cid[3 + i] : '?');
    }
    snprintf(buf, len, "%s (%s card, maker %02x, serial %08x)", name, high_capacity ? "SDHC" : "SD",
             cid[0], (unsigned) bits(cid, 55, 24));
}
