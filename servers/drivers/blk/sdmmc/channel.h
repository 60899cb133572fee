#ifndef __CHANNEL_H__
#define __CHANNEL_H__

/// \file
/// A channel of the DMA controller, which moves data between memory and the EMMC controller's data port.

#include <types.h>

/// Pieces of memory that one transfer can have.
#define CHANNEL_PIECES_MAX 32

/// Takes the first channel of `mask`, bit n of which is channel n, and stops what it has been doing. ERR_UNAVAILABLE: there is
/// none that will do. ERR_NO_MEMORY. ERR_NOT_PERMITTED: the registers weren't granted.
error_t __mustuse channel_init(uint32_t mask);

/// Forgets the pieces that there were.
void channel_clear(void);

/// Adds a piece, whose length is a multiple of 4. ERR_UNAVAILABLE: the device can't reach it, or there are too many.
error_t __mustuse channel_add(paddr_t paddr, size_t len);

/// Starts to move the pieces' bytes, in their order, as fast as the EMMC controller has or takes them.
void channel_start(bool to_card);

/// Whether all has been moved. Waits some microseconds for the last bytes, not for the card. ERR_IO: it hasn't been, or
/// there was an error.
error_t __mustuse channel_finish(void);

/// Stops at once, for good. Does nothing if channel_init has found no channel.
void channel_stop(void);

#endif
