#ifndef __DRIVER_PCI_H__
#define __DRIVER_PCI_H__

/// \file
/// PCI devices, which the device manager (dm) hands out. The manifest has to say `may_call = ["dm"]`.
///
///     struct pci pci;
///     io_t io;
///     unsigned irq;
///     ASSERT_OK(pci_attach(0x8086, 0x100e, &pci));
///     ASSERT_OK(pci_map_bar(&pci, 0, &io));
///     (reset the device)
///     ASSERT_OK(pci_acquire_irq(&pci, 0, &irq, NULL));
///     ASSERT_OK(pci_enable_bus_master(&pci));
///
/// All functions call dm, and block until it answers. ERR_NOT_FOUND: there is no such device, or range, or it isn't ours.
/// ERR_ABORTED, ERR_INVALID_TASK: dm has ended, and with it goes the device: let the driver end, too.

#include <driver/io.h>
#include <message.h>
#include <types.h>

struct pci {
    task_t dm;
    handle_t handle;
    uint16_t vendor_id;
    uint16_t device_id;
};

/// Stands for any vendor or device ID.
#define PCI_ANY_ID 0
/// Stands for any programming interface.
#define PCI_ANY_INTERFACE (-1)

/// Takes the first device of that kind which nobody has. ERR_IN_USE: other drivers have all of them. Waits for dm to
/// be there.
error_t pci_attach(uint16_t vendor_id, uint16_t device_id, struct pci *pci) __mustuse;
/// The same by class code: pci_attach_class(0x01, 0x06, 0x01, &pci) takes an AHCI controller.
error_t pci_attach_class(uint8_t class, uint8_t subclass, int interface, struct pci *pci) __mustuse;
/// Gives the device back: it accesses no memory from now on, and doesn't interrupt.
error_t pci_detach(struct pci *pci);

/// Maps an address range (0 to 5) of the device. ERR_NOT_FOUND: it has no registers there. ERR_UNAVAILABLE: they are where
/// dm can't reach. The offsets of `io` are those of the range.
error_t pci_map_bar(struct pci *pci, unsigned index, io_t *io) __mustuse;

/// Acquires the device's interrupt, MSI-X before MSI before INTx: from now on the task is notified (NOTIFY_IRQ). A
/// device with MSI-X has several, from `vector` 0 on. `kind` may be NULL. ERR_UNAVAILABLE: it has no (such) interrupt.
///
/// Messages (MSI, MSI-X) come only once bus mastering is on. One that comes while the last one is dealt with is
/// remembered, but not how many: look for all causes each time.
error_t pci_acquire_irq(struct pci *pci, unsigned vector, unsigned *irq,
                        enum dm_irq_kind *kind) __mustuse;
/// The same of one kind. ERR_UNAVAILABLE: the device has no such interrupt. ERR_ALREADY_EXISTS: it has one of another
/// kind already.
error_t pci_acquire_irq_of_kind(struct pci *pci, enum dm_irq_kind kind, unsigned vector,
                                unsigned *irq) __mustuse;

/// Lets the device access memory by itself: reset it before that, as it may have been told something by a driver
/// that was here before.
error_t pci_enable_bus_master(struct pci *pci) __mustuse;

/// The configuration space, `size` bytes (1, 2, 4) at a multiple of that. ERR_INVALID_ARG: it hasn't got that much.
error_t pci_read_config(struct pci *pci, offset_t offset, unsigned size, uint32_t *value) __mustuse;
/// ERR_NOT_PERMITTED: address ranges, interrupts, bus mastering, power states and resets are dm's.
error_t pci_write_config(struct pci *pci, offset_t offset, unsigned size, uint32_t value) __mustuse;

/// Looks for a capability behind the one at `from` (0: from the first one on). ERR_NOT_FOUND: there is none.
error_t pci_find_capability(struct pci *pci, uint8_t id, offset_t from, offset_t *offset) __mustuse;

#endif
