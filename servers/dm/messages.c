#include "messages.h"

#include <arch_msi.h>

#include "config_space.h"

// MSI capability.
#define MSI_CONTROL        2
#define MSI_CONTROL_ENABLE (1u << 0)
#define MSI_CONTROL_COUNT  (7u << 4)  // How many messages are enabled, as a power of two.
#define MSI_CONTROL_64     (1u << 7)
#define MSI_CONTROL_MASKS  (1u << 8)
#define MSI_ADDRESS_LOW    4
#define MSI_ADDRESS_HIGH   8
#define MSI_DATA_32        8
#define MSI_DATA_64        12
#define MSI_MASKS_32       12
#define MSI_MASKS_64       16
#define MSI_LEN_MIN        10
#define MSI_LEN_64         4
#define MSI_LEN_MASKS      10

// MSI-X capability, and the entries of the table.
#define MSIX_CONTROL        2
#define MSIX_CONTROL_ENABLE (1u << 15)
#define MSIX_CONTROL_MASK   (1u << 14)
#define MSIX_CONTROL_SIZE   0x7ffu  // Less one.
#define MSIX_TABLE          4
#define MSIX_TABLE_BAR      7u
#define MSIX_LEN            12
#define ENTRY_LEN           16
#define ENTRY_ADDRESS_LOW   0
#define ENTRY_ADDRESS_HIGH  4
#define ENTRY_DATA          8
#define ENTRY_CONTROL       12
#define ENTRY_MASKED        1u

/// Where a capability of that length is which the configuration space has room for, or 0.
static unsigned find(const struct pci_device *device, uint8_t id, unsigned len) {
    unsigned offset = bus_find_capability(device, id, 0);
    return (offset && offset + len <= CONFIG_SPACE_LEN) ? offset : 0;
}

// ---- MSI ----------------------------------------------------------------------------------------

/// Where the capability is, or 0; and its control register.
static unsigned msi_find(const struct pci_device *device, uint32_t *control) {
    unsigned at = find(device, CAP_ID_MSI, MSI_LEN_MIN);
    *control = at ? config_read(device->address, at + MSI_CONTROL, 2) : 0;
    unsigned len = MSI_LEN_MIN + ((*control & MSI_CONTROL_64) ? MSI_LEN_64 : 0)
                   + ((*control & MSI_CONTROL_MASKS) ? MSI_LEN_MASKS : 0);
    return (at + len <= CONFIG_SPACE_LEN) ? at : 0;
}

unsigned msi_vectors(const struct pci_device *device) {
    uint32_t control;
    return msi_find(device, &control) ? 1 : 0;
}

static void msi_write_control(const struct pci_device *device, unsigned at, uint32_t control) {
    config_write(device->address, at + MSI_CONTROL, 2, control);
}

void msi_switch_on(const struct pci_device *device, unsigned line) {
    uint32_t address = device->address;
    uint32_t control;
    unsigned at = msi_find(device, &control);
    bool is_64 = (control & MSI_CONTROL_64) != 0;
    config_write(address, at + MSI_ADDRESS_LOW, 4, MSI_ADDRESS);
    if (is_64) {
        config_write(address, at + MSI_ADDRESS_HIGH, 4, 0);
    }
    config_write(address, at + (is_64 ? MSI_DATA_64 : MSI_DATA_32), 2, MSI_DATA(line));
    if (control & MSI_CONTROL_MASKS) {
        config_write(address, at + (is_64 ? MSI_MASKS_64 : MSI_MASKS_32), 4, 0);
    }
    msi_write_control(device, at, (control & ~MSI_CONTROL_COUNT) | MSI_CONTROL_ENABLE);
}

void msi_switch_off(const struct pci_device *device) {
    uint32_t control;
    unsigned at = msi_find(device, &control);
    if (at) {
        msi_write_control(device, at, control & ~MSI_CONTROL_ENABLE);
    }
}

// ---- MSI-X --------------------------------------------------------------------------------------

static uint32_t msix_read_control(const struct pci_device *device, unsigned at) {
    return config_read(device->address, at + MSIX_CONTROL, 2);
}

static void msix_write_control(const struct pci_device *device, unsigned at, uint32_t control) {
    config_write(device->address, at + MSIX_CONTROL, 2, control);
}

/// Where the table is; its length. 0: it isn't in a range in memory, as a whole.
static uint64_t msix_table(const struct pci_device *device, unsigned at, size_t *len) {
    uint32_t table = config_read(device->address, at + MSIX_TABLE, 4);
    unsigned index = table & MSIX_TABLE_BAR;
    uint64_t offset = table & ~MSIX_TABLE_BAR;
    *len = ENTRY_LEN * ((msix_read_control(device, at) & MSIX_CONTROL_SIZE) + 1);
    if (index >= BARS_MAX || device->bars[index].kind != DM_BAR_KIND_MEMORY) {
        return 0;
    }
    const struct bar *bar = &device->bars[index];
    bool is_inside = bar->len >= *len && offset <= bar->len - *len;
    return (bar->addr && is_inside) ? bar->addr + offset : 0;
}

unsigned msix_vectors(const struct pci_device *device) {
    size_t len;
    unsigned at = find(device, CAP_ID_MSIX, MSIX_LEN);
    return (at && msix_table(device, at, &len)) ? (unsigned) (len / ENTRY_LEN) : 0;
}

/// Maps the table, and masks all of it, which may take more than one has been told of yet.
static error_t open_table(struct pci_device *device, unsigned at) {
    size_t len;
    uint64_t addr = msix_table(device, at, &len);
    if (addr > UINTPTR_MAX - len) {
        return ERR_UNAVAILABLE;
    }
    device->msix_table = io_alloc_memory_fixed((paddr_t) addr, len, IO_ALLOC_NORMAL);
    if (device->msix_table == NULL) {
        return ERR_UNAVAILABLE;
    }
    msix_write_control(device, at,
                       msix_read_control(device, at) | MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK);
    for (offset_t entry = 0; entry < len; entry += ENTRY_LEN) {
        io_write32(device->msix_table, entry + ENTRY_CONTROL, ENTRY_MASKED);
    }
    return OK;
}

error_t msix_switch_on(struct pci_device *device, unsigned vector, unsigned line) {
    unsigned at = find(device, CAP_ID_MSIX, MSIX_LEN);
    if (device->msix_table == NULL) {
        error_t err = open_table(device, at);
        if (err != OK) {
            return err;
        }
    }
    io_t table = device->msix_table;
    offset_t entry = (offset_t) vector * ENTRY_LEN;
    io_write32(table, entry + ENTRY_CONTROL, ENTRY_MASKED);
    io_write32(table, entry + ENTRY_ADDRESS_LOW, MSI_ADDRESS);
    io_write32(table, entry + ENTRY_ADDRESS_HIGH, 0);
    io_write32(table, entry + ENTRY_DATA, MSI_DATA(line));
    io_write32(table, entry + ENTRY_CONTROL, 0);
    msix_write_control(device, at, msix_read_control(device, at) & ~MSIX_CONTROL_MASK);
    return OK;
}

void msix_switch_off(struct pci_device *device) {
    unsigned at = find(device, CAP_ID_MSIX, MSIX_LEN);
    if (at) {
        msix_write_control(
            device, at, msix_read_control(device, at) & ~(MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK));
    }
    io_free(device->msix_table);
    device->msix_table = NULL;
}
