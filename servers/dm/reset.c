#include "reset.h"

#include <resea/printf.h>

#include "config_space.h"
#include "interrupts.h"

// PCI Express capability (PCI Express Base Specification 3.0, section 7.8); function-level reset: 6.6.2.
#define PCIE_DEVICE_CAP     4
#define PCIE_DEVICE_CAP_FLR (1u << 28)
#define PCIE_DEVICE_CONTROL 8
#define PCIE_CONTROL_FLR    (1u << 15)
#define PCIE_DEVICE_STATUS  10
#define PCIE_STATUS_PENDING (1u << 5)

// Advanced Features (PCI Advanced Capabilities for Conventional PCI ECN).
#define AF_CAPS           3
#define AF_CAPS_FLR       (1u << 1)
#define AF_CONTROL        4
#define AF_CONTROL_FLR    1
#define AF_STATUS         5
#define AF_STATUS_PENDING (1u << 0)

// Power Management (PCI Bus Power Management Interface Specification 1.2, section 3.2.4).
#define PM_CONTROL       4
#define PM_STATE_MASK    3u
#define PM_STATE_D3      3u
#define PM_NO_SOFT_RESET (1u << 3)

/// How long a device may take to finish what it has begun, and how often it is looked at.
#define DRAIN_POLL_MS   10
#define DRAIN_POLLS_MAX 10
/// What the specifications have software wait after a reset, and between power states.
#define FLR_MS 100
#define PM_MS  10

enum step {
    DONE = 0,
    DRAINING,
    RESETTING,
    IN_D3,
    BACK_FROM_D3
};

void reset_save(struct pci_device *device) {
    for (unsigned i = 0; i < SAVED_WORDS; i++) {
        device->saved[i] = config_read(device->address, 4 * i, 4);
    }
    unsigned pcie = bus_find_capability(device, CAP_ID_PCIE, 0);
    device->saved_pcie_control =
        pcie ? (uint16_t) config_read(device->address, pcie + PCIE_DEVICE_CONTROL, 2) : 0;
}

/// The command register isn't among it: the device is told anew what it may.
static void restore(const struct pci_device *device) {
    for (unsigned i = PCI_CACHE_LINE / 4; i < SAVED_WORDS; i++) {
        if (config_read(device->address, 4 * i, 4) != device->saved[i]) {
            config_write(device->address, 4 * i, 4, device->saved[i]);
        }
    }
    unsigned pcie = bus_find_capability(device, CAP_ID_PCIE, 0);
    if (pcie) {
        config_write(device->address, pcie + PCIE_DEVICE_CONTROL, 2,
                     device->saved_pcie_control & ~PCIE_CONTROL_FLR);
    }
}

void reset_quiet(struct pci_device *device) {
    bus_set_command(device, 0, COMMAND_BUS_MASTER);
    interrupts_switch_off(device);
    restore(device);
}

static bool has_bits(const struct pci_device *device, uint8_t id, unsigned offset, unsigned size,
                     uint32_t bits) {
    unsigned at = bus_find_capability(device, id, 0);
    return at && at + offset + size <= CONFIG_SPACE_LEN
           && (config_read(device->address, at + offset, size) & bits);
}

static bool is_busy(const struct pci_device *device) {
    return has_bits(device, CAP_ID_PCIE, PCIE_DEVICE_STATUS, 2, PCIE_STATUS_PENDING)
           || (has_bits(device, CAP_ID_AF, AF_CAPS, 1, AF_CAPS_FLR)
               && has_bits(device, CAP_ID_AF, AF_STATUS, 1, AF_STATUS_PENDING));
}

static void set_power_state(const struct pci_device *device, uint32_t state) {
    unsigned at = bus_find_capability(device, CAP_ID_PM, 0) + PM_CONTROL;
    uint32_t control = config_read(device->address, at, 2);
    config_write(device->address, at, 2, (control & ~PM_STATE_MASK) | state);
}

static msec_t finish(struct pci_device *device) {
    device->reset_step = DONE;
    bus_set_command(device, COMMAND_INTX_DISABLE, COMMAND_BUS_MASTER);
    restore(device);
    return 0;
}

/// Resets the device in the best way that it has.
static msec_t reset(struct pci_device *device) {
    uint32_t address = device->address;
    if (has_bits(device, CAP_ID_PCIE, PCIE_DEVICE_CAP, 4, PCIE_DEVICE_CAP_FLR)) {
        unsigned at = bus_find_capability(device, CAP_ID_PCIE, 0) + PCIE_DEVICE_CONTROL;
        config_write(address, at, 2, config_read(address, at, 2) | PCIE_CONTROL_FLR);
        device->reset_step = RESETTING;
        return FLR_MS;
    }
    if (has_bits(device, CAP_ID_AF, AF_CAPS, 1, AF_CAPS_FLR)) {
        config_write(address, bus_find_capability(device, CAP_ID_AF, 0) + AF_CONTROL, 1,
                     AF_CONTROL_FLR);
        device->reset_step = RESETTING;
        return FLR_MS;
    }
    unsigned pm = bus_find_capability(device, CAP_ID_PM, 0);
    if (pm && !has_bits(device, CAP_ID_PM, PM_CONTROL, 2, PM_NO_SOFT_RESET)) {
        set_power_state(device, PM_STATE_D3);
        device->reset_step = IN_D3;
        return PM_MS;
    }
    return finish(device);
}

static msec_t drain(struct pci_device *device) {
    if (is_busy(device) && device->drain_polls < DRAIN_POLLS_MAX) {
        device->drain_polls++;
        return DRAIN_POLL_MS;
    }
    return reset(device);
}

msec_t reset_begin(struct pci_device *device) {
    reset_quiet(device);
    device->reset_step = DRAINING;
    device->drain_polls = 0;
    return drain(device);
}

msec_t reset_continue(struct pci_device *device) {
    switch (device->reset_step) {
    case DRAINING:
        return drain(device);
    case IN_D3:
        set_power_state(device, 0);
        device->reset_step = BACK_FROM_D3;
        return PM_MS;
    default:
        return finish(device);
    }
}

bool reset_is_draining(const struct pci_device *device) {
    return device->reset_step == DRAINING;
}
