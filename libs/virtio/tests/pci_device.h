#ifndef __PCI_DEVICE_H__
#define __PCI_DEVICE_H__

/// \file
/// dm with one virtio device, for tests: its configuration space, address ranges and registers. What it
/// says of itself can be changed before the driver looks.

#include <types.h>

#include "ring_device.h"

#define PCI_DEVICE_QUEUES 2
#define PCI_DEVICE_CONFIG 16
/// Of its one range in memory, of the range of ports, and of the interrupt.
#define PCI_DEVICE_MEMORY     0xfe000000u
#define PCI_DEVICE_MEMORY_LEN 0x4000u
#define PCI_DEVICE_PORTS      0xc000u
#define PCI_DEVICE_IRQ        11

enum msix {
    WITHOUT_MSIX,
    WITH_MSIX,
    MSIX_VECTORS_REFUSED
};

struct pci_device {
    bool modern, attached, bus_master;
    enum msix msix;
    uint16_t device_id;
    uint8_t space[256];
    uint8_t config[PCI_DEVICE_CONFIG];
    uint64_t features;  ///< Offered.
    uint64_t refused;   ///< Of those, not accepted.
    uint64_t driver_features;
    uint8_t status, isr;
    bool never_resets;
    unsigned resets, resets_until_done;
    unsigned restless;  ///< Reads after which the configuration changes.
    uint8_t generation;
    uint32_t feature_select;
    unsigned num_queues;
    struct {
        uint16_t size;  ///< As the driver wants it.
        uint16_t notify_off;
        uint16_t vector;
        uint64_t descs, avail, used;
        uint32_t page;
        bool enabled;
        unsigned notified;
    } queues[PCI_DEVICE_QUEUES];
    uint16_t queue_select;
    uint16_t config_vector;
    unsigned windows;  ///< How many the driver has mapped.
};

extern struct pci_device pci_device;
/// Whether the driver has the interrupt.
extern bool pci_device_irq_acquired;

/// A new device, with queues of 64, which offers all features that the library knows and feature 5.
void pci_device_init(bool modern, enum msix msix);
/// The place of the capability of a `type` in the configuration space.
unsigned pci_device_cap(unsigned type);

#endif
