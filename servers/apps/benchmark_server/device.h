#ifndef __DEVICE_H__
#define __DEVICE_H__

/// \file
/// The device that interrupts the driver: <arch>.c. Its other half, which makes it do so, is
/// benchmark's interrupts.h.

#include <types.h>

/// Readies the device and acquires its interrupt. ERR_IN_USE: it is the console's.
error_t __mustuse device_open(void);

/// The time, of which both halves have the same notion.
uint32_t device_time(void);

/// Lets the device take its interrupt back.
void device_acknowledge(void);

#endif
