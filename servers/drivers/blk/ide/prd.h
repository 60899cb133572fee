#ifndef __PRD_H__
#define __PRD_H__

#include <blk/server.h>
#include <types.h>

/// A piece of memory for the bus master: Programming Interface for Bus Master IDE Controller, section 1.2.
struct prd {
    uint32_t addr;
    uint16_t len;  ///< In bytes; 0: 64 KiB.
    uint16_t flags;
};

#define PRD_LAST 0x8000u
/// A table mustn't cross a boundary of 64 KiB: a page doesn't.
#define PRD_MAX (PAGE_SIZE / sizeof(struct prd))

/// Describes an operation's memory. ERR_INVALID_ARG: the controller can't reach it, or it is in too many pieces.
error_t __mustuse prd_fill(volatile struct prd *table, const struct blk_op *op);

#endif
