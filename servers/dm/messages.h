#ifndef __DM_MESSAGES_H__
#define __DM_MESSAGES_H__

/// \file
/// Message-signalled interrupts (PCI Local Bus Specification 3.0, section 6.8): how a device is told where to write what.
/// It only gets to do it once bus mastering is on.

#include "bus.h"

/// How many vectors dm can give to the device: 0 or 1. It has no more than one by MSI, as several would have to be in a row.
unsigned msi_vectors(const struct pci_device *device);
void msi_switch_on(const struct pci_device *device, unsigned line);
void msi_switch_off(const struct pci_device *device);

/// The same by MSI-X: as many as its table has.
unsigned msix_vectors(const struct pci_device *device);
/// Sets one vector. With the first one, dm maps the table, and all others are masked. ERR_UNAVAILABLE: it can't be mapped.
error_t msix_switch_on(struct pci_device *device, unsigned vector, unsigned line) __mustuse;
void msix_switch_off(struct pci_device *device);

#endif
