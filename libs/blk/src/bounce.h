#ifndef __BOUNCE_H__
#define __BOUNCE_H__

/// \file
/// The driver's own buffer: for partition tables, and for blk.read and blk.write, whose data comes and goes in messages.

#include <blk/server.h>
#include <types.h>

#include "units.h"

/// What fits into it, in bytes.
#define BOUNCE_LEN (64 * 1024)
/// Calls of blk.read and blk.write that wait for their turn, at most.
#define BOUNCE_WAITING_MAX 16

/// ERR_NO_MEMORY: there is none for the buffer.
error_t __mustuse bounce_init(void);

/// Starts reading one sector of the disk; `done` is called when it is in the buffer. Only before there are clients.
void bounce_start_sector(struct blk_disk *disk, uint64_t sector, void (*done)(error_t err));
const uint8_t *bounce_buf(void);

/// Begins a blk.read or, if `data` isn't NULL, a blk.write, and answers the client when it is done. DONT_REPLY: it has begun, and
/// the data is to be freed here. ERR_INVALID_ARG, ERR_TOO_LARGE, ERR_NOT_PERMITTED; ERR_TRY_AGAIN: too many are waiting.
error_t __mustuse bounce_transfer(task_t client, const struct unit *unit, uint64_t sector,
                                  void *data, size_t len);

#endif
