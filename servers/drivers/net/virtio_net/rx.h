#ifndef __RX_H__
#define __RX_H__

/// \file
/// The queue of empty buffers, which the device fills with frames.

#include "nic.h"

/// Begins with an empty queue.
void rx_start(const struct nic *nic);
/// Takes the frames that have come, and gives the device new buffers. Returns how many buffers were filled.
unsigned rx_work(void);
/// Asks for an interrupt when the next frame has come. False: it has come already.
bool rx_wait(void);

#endif
