#ifndef __TX_H__
#define __TX_H__

/// \file
/// The queue of frames to be sent, which the device reads where they are in the pool.

#include "nic.h"

/// ERR_NO_MEMORY.
error_t tx_init(void) __mustuse;
/// Begins with an empty queue.
void tx_start(const struct nic *nic, const struct net_device *device);
/// Gives the device what there is to be sent, as far as there is room. True: it is to be called again.
bool tx_work(void);
/// Whether frames are under way of which no interrupt will tell.
bool tx_is_silent(void);

#endif
