#ifndef __RX_H__
#define __RX_H__

/// \file
/// The ring of receive descriptors: the controller writes frames into the pool's buffers.

#include <driver/io.h>
#include <types.h>

/// ERR_NO_MEMORY.
error_t rx_init(io_t registers) __mustuse;
/// Begins with an empty ring. The controller was reset.
void rx_start(void);
/// Takes the frames that have come, and gives the controller new buffers. Returns how many frames there were.
unsigned rx_work(void);

#endif
