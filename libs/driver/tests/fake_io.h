#ifndef __FAKE_IO_H__
#define __FAKE_IO_H__

/// \file
/// <driver/io.h>, <driver/irq.h> and timer_set for the unit tests of drivers: devices are functions of
/// the test. A driver's SConscript lists fake_io.c among its unit tests.

#include <types.h>

#define FAKE_DEVICES_MAX 4

/// A device that a driver may map. Registers are 32 bits wide.
struct fake_device {
    paddr_t base;
    size_t len;
    uint32_t (*read)(offset_t offset);
    void (*write)(offset_t offset, uint32_t value);
};

/// Forgets all devices, lines and timers.
void fake_io_reset(void);
void fake_io_add(const struct fake_device *device);

/// Whether the driver has acquired the line.
bool fake_irq_is_acquired(unsigned irq);
/// What the driver last gave timer_set; 0 if no timer runs.
msec_t fake_timer(void);
/// The time that timer_uptime tells.
void fake_set_uptime(uint64_t ms);

#endif
