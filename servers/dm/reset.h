#ifndef __DM_RESET_H__
#define __DM_RESET_H__

/// \file
/// Bringing a device that has lost its driver to where the next one expects it: what it accesses memory for has come to an
/// end, and it has been reset, if it can be. That takes time, in steps.

#include "bus.h"

/// Notes the configuration as it is, for after the reset.
void reset_save(struct pci_device *device);

/// Stops DMA and interrupts. The device is as it was when reset_save noted it, but for what only a reset does.
void reset_quiet(struct pci_device *device);

/// Quiets the device and begins to reset it.
/// \return  Milliseconds until reset_continue is to be called; 0: all is done.
msec_t reset_begin(struct pci_device *device);
msec_t reset_continue(struct pci_device *device);

/// Whether the device may still access memory.
bool reset_is_draining(const struct pci_device *device);

#endif
