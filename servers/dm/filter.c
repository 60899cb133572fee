#include "filter.h"

#include "config_space.h"

/// Of the command register: what is dm's.
#define COMMAND_PROTECTED (COMMAND_IO | COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_INTX_DISABLE)

/// Ranges within the header, and within capabilities, that are dm's.
static const struct {
    unsigned offset, len;
} header[] = {
    {PCI_BAR(0), 4 * BARS_MAX},
    {PCI_EXPANSION_ROM, 4},
    {PCI_INTERRUPT_LINE, 2},
};
static const struct {
    uint8_t id;
    unsigned offset, len;
} capabilities[] = {
    {CAP_ID_PM, 4,
     2},  // The power state: a device that comes back from D3 has forgotten its ranges.
    {CAP_ID_MSI, 0, 24},
    {CAP_ID_MSIX, 0, 12},
    {CAP_ID_AF, 4, 1},  // Resets the function.
};
#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/// Device Control, whose highest bit resets the function.
#define PCIE_CONTROL       8
#define PCIE_CONTROL_RESET (1u << 15)

error_t filter_check_read(offset_t offset, unsigned size) {
    bool is_size = size == 1 || size == 2 || size == 4;
    return (is_size && offset < CONFIG_SPACE_LEN && IS_ALIGNED(offset, size)) ? OK
                                                                              : ERR_INVALID_ARG;
}

static bool overlaps(unsigned a, unsigned a_len, unsigned b, unsigned b_len) {
    return a < b + b_len && b < a + a_len;
}

/// What a write makes of the two bytes at `at`, given what they are now.
static uint32_t word_after(uint32_t now, unsigned at, unsigned offset, unsigned size,
                           uint32_t value) {
    for (unsigned i = 0; i < 2; i++) {
        unsigned byte = at + i - offset;
        if (byte < size) {
            now &= ~(0xffu << (8 * i));
            now |= ((value >> (8 * byte)) & 0xff) << (8 * i);
        }
    }
    return now;
}

static bool changes_command(const struct pci_device *device, unsigned offset, unsigned size,
                            uint32_t value) {
    uint32_t now = config_read(device->address, PCI_COMMAND, 2);
    uint32_t after = word_after(now, PCI_COMMAND, offset, size, value);
    return ((now ^ after) & COMMAND_PROTECTED) != 0;
}

/// A device may have several capabilities of a kind, or say so.
static bool touches_capability(const struct pci_device *device, unsigned which, unsigned offset,
                               unsigned size) {
    unsigned at = 0;
    for (int i = 0; i < CAPS_MAX; i++) {
        at = bus_find_capability(device, capabilities[which].id, at);
        if (!at) {
            return false;
        }
        if (overlaps(offset, size, at + capabilities[which].offset, capabilities[which].len)) {
            return true;
        }
    }
    return true;
}

static bool resets(const struct pci_device *device, unsigned offset, unsigned size,
                   uint32_t value) {
    unsigned at = bus_find_capability(device, CAP_ID_PCIE, 0);
    return at && (word_after(0, at + PCIE_CONTROL, offset, size, value) & PCIE_CONTROL_RESET);
}

error_t filter_check_write(const struct pci_device *device, offset_t offset, unsigned size,
                           uint32_t value) {
    error_t err = filter_check_read(offset, size);
    if (err != OK) {
        return err;
    }
    for (size_t i = 0; i < NUM(header); i++) {
        if (overlaps((unsigned) offset, size, header[i].offset, header[i].len)) {
            return ERR_NOT_PERMITTED;
        }
    }
    bool is_allowed = !changes_command(device, (unsigned) offset, size, value)
                      && !resets(device, (unsigned) offset, size, value);
    for (unsigned i = 0; is_allowed && i < NUM(capabilities); i++) {
        is_allowed = !touches_capability(device, i, (unsigned) offset, size);
    }
    return is_allowed ? OK : ERR_NOT_PERMITTED;
}
