#ifndef __DRIVER_DELAY_H__
#define __DRIVER_DELAY_H__

/// \file
/// Short pauses that a device needs. They keep the CPU busy: for what takes longer than some microseconds there are
/// interrupts and <resea/timer.h>.

#include <types.h>

/// The longest pause, in nanoseconds.
#define DELAY_NS_MAX 100000000u

/// Now, for delay_since().
uint32_t delay_now(void);

/// Waits until `ns` nanoseconds, DELAY_NS_MAX at most, have passed since `start`, which must not be longer than
/// DELAY_NS_MAX ago for that: a start that lies too far back may cost a pause that isn't needed.
void delay_since(uint32_t start, unsigned ns);

/// Waits for `us` microseconds, DELAY_NS_MAX / 1000 at most.
void delay_us(unsigned us);

#endif
