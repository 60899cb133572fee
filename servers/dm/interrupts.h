#ifndef __DM_INTERRUPTS_H__
#define __DM_INTERRUPTS_H__

/// \file
/// A device's interrupts, for its driver.

#include "bus.h"

/// Lets the device's driver acquire its interrupt line, which `irq` and `kind` tell. ERR_UNAVAILABLE: it has none, or
/// `vector` isn't 0: a line tells nothing of what it is about.
error_t interrupts_grant(struct pci_device *device, unsigned vector, unsigned *irq,
                         enum dm_irq_kind *kind) __mustuse;

/// Keeps the device from interrupting.
void interrupts_switch_off(struct pci_device *device);

#endif
