#ifndef __DM_BARS_H__
#define __DM_BARS_H__

/// \file
/// Base address registers: which addresses a device answers to (PCI Local Bus Specification 3.0, section 6.2.5.1).

#include "bus.h"

/// Looks at all of them, unless that was done before. The device must not be in use: for a moment, it doesn't answer.
void bars_read(struct pci_device *device);

/// Lets the device answer to its ranges, but for kinds of which the firmware has left one without an address.
void bars_switch_on(const struct pci_device *device);

/// Lets `task` use a range, which must not be DM_BAR_KIND_NONE. ERR_UNAVAILABLE: it lies where dm itself may not reach.
error_t bars_grant(const struct bar *bar, task_t task) __mustuse;

#endif
