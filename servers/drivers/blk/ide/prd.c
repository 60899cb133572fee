#include "prd.h"

#include <endian.h>

/// No piece may cross a boundary of 64 KiB.
#define BOUNDARY 0x10000u
/// What the controller can address.
#define ADDRESS_END 0x100000000ull

/// Adds one contiguous run; returns how many entries there are then, or 0 if it can't be done.
static size_t add_run(volatile struct prd *table, size_t num, uint64_t addr, size_t len) {
    if (addr >= ADDRESS_END || len > ADDRESS_END - addr) {
        return 0;
    }
    while (len > 0) {
        if (num == PRD_MAX) {
            return 0;
        }
        size_t part = MIN(len, BOUNDARY - (size_t) (addr % BOUNDARY));
        table[num].addr = into_le32((uint32_t) addr);
        table[num].len = into_le16((uint16_t) part);
        table[num].flags = 0;
        num++;
        addr += part;
        len -= part;
    }
    return num;
}

error_t prd_fill(volatile struct prd *table, const struct blk_op *op) {
    size_t num = 0;
    for (unsigned i = 0; i < op->num_pieces; i++) {
        num = add_run(table, num, blk_piece_paddr(op, i), blk_piece_len(op, i));
        if (num == 0) {
            return ERR_INVALID_ARG;
        }
    }
    table[num - 1].flags = into_le16(PRD_LAST);
    return OK;
}
