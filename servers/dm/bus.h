#ifndef __DM_BUS_H__
#define __DM_BUS_H__

/// \file
/// The PCI devices that there are: functions, to be exact, as each function is a device to its driver.

#include <driver/io.h>
#include <message.h>
#include <types.h>

/// More than any PC has that isn't a server farm's; those beyond are not seen.
#define DEVICES_MAX 128
#define BARS_MAX    6
#define SAVED_WORDS 16

struct bar {
    uint64_t addr;
    uint64_t len;  ///< 0 if `kind` is DM_BAR_KIND_NONE.
    enum dm_bar_kind kind;
    bool prefetchable;
};

enum device_state {
    DEVICE_FREE = 0,
    DEVICE_ATTACHED,
    DEVICE_GIVEN_BACK,  ///< By `driver`, which still lives, and with it what it was granted.
    DEVICE_RESETTING,   ///< Its driver has ended.
};

struct pci_device {
    uint32_t address;
    const struct pci_device *bridge;  ///< What it is behind; NULL on the first bus.
    uint16_t vendor_id;
    uint16_t device_id;
    uint32_t class;      ///< class << 16 | subclass << 8 | interface
    bool is_for_bridge;  ///< A part of the bus: it is nobody's.
    bool was_master;     ///< Somebody has let it access memory, before dm started.
    bool has_irq;        ///< An interrupt has been handed out.
    uint8_t intx_line;   ///< 0: it has none.
    enum device_state state;
    task_t driver;  ///< 0 if it is free. While it is reset: until it has stopped to access memory.
    bool was_left;  ///< Its last driver has ended without giving it back.
    uint32_t restarts;  ///< How often a driver has taken it then.
    bool has_bars;      ///< They have been looked at.
    struct bar bars[BARS_MAX];
    io_t msix_table;              ///< NULL unless MSI-X is on.
    unsigned irq;                 ///< If `has_irq`.
    enum dm_irq_kind irq_kind;    ///< If `has_irq`.
    uint32_t saved[SAVED_WORDS];  ///< The header, as it was when its driver took it.
    uint16_t saved_pcie_control;  ///< The same of PCI Express' Device Control.
    uint8_t reset_step;           ///< reset.c's
    uint8_t drain_polls;          ///< reset.c's
    uint64_t continue_at;         ///< When the reset is to go on, in milliseconds since boot.
};

/// Finds all devices, and stops what the firmware, or drivers of a dm that was here before, have left running: DMA
/// and interrupts.
void bus_scan(void);

size_t bus_num_devices(void);

/// \param index  Below bus_num_devices(). Bridges are among them.
struct pci_device *bus_device(size_t index);

/// \param from  The capability behind which to look, or 0.
/// \return  Where a capability of that kind is, or 0.
unsigned bus_find_capability(const struct pci_device *device, uint8_t id, unsigned from);

/// Changes bits of the command register.
void bus_set_command(const struct pci_device *device, uint32_t set, uint32_t clear);

#endif
