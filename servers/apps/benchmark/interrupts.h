#ifndef __INTERRUPTS_H__
#define __INTERRUPTS_H__

/// \file
/// The device by which a program interrupts a driver: <arch>.c. Its other half, which belongs to the
/// driver, is benchmark_server's device.h.

#include <types.h>

/// The time as the driver tells it.
uint32_t interrupts_now(void);

/// Makes the device reachable, once the driver has readied it.
void interrupts_init(void);

/// Lets the device interrupt, which makes the driver run before this returns. Returns the time, as the
/// driver tells it, of the interrupt or of right before the instruction that caused it.
uint32_t interrupts_raise(void);

/// The cycles between two such times.
uint32_t interrupts_elapsed(uint32_t from, uint32_t to);

#endif
