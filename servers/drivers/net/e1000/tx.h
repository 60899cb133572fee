#ifndef __TX_H__
#define __TX_H__

/// \file
/// The ring of transmit descriptors: the controller reads frames where they are in the pool, fills in checksums, and cuts
/// TCP segments.

#include <driver/io.h>
#include <types.h>

/// ERR_NO_MEMORY.
error_t tx_init(io_t registers, bool is_82574) __mustuse;
/// Begins with an empty ring. The controller was reset.
void tx_start(void);
/// Gives the controller what there is to be sent, as far as there is room. True: there is more, and room for it.
bool tx_work(void);
/// Whether the controller has frames that it hasn't sent yet.
bool tx_is_busy(void);

#endif
