#ifndef __DM_INTERRUPTS_H__
#define __DM_INTERRUPTS_H__

/// \file
/// A device's interrupts, for its driver: INTx, the line that the firmware has noted, or messages (MSI, MSI-X), which dm
/// gives lines to (<arch_msi.h>). A device has one kind at a time.

#include "bus.h"

/// The best kind that the device has and there is a line for.
#define ANY_KIND (-1)

/// Lets the device's driver acquire an interrupt. Asked again for the same one, tells the same again.
/// \param kind  What it has to be, or ANY_KIND: then what it is.
/// \return  ERR_UNAVAILABLE: the device has none (of that kind), or has no more vectors, or there are no more lines;
///          ERR_ALREADY_EXISTS: it has one of another kind.
error_t interrupts_grant(struct pci_device *device, unsigned vector, int *kind,
                         unsigned *irq) __mustuse;

/// Keeps the device from interrupting. What its driver was granted stays the driver's.
void interrupts_switch_off(struct pci_device *device);

/// `task` has ended: its lines are free.
void interrupts_forget_task(task_t task);

#endif
