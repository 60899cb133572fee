#include "bars.h"

#include <resea/printf.h>
#include <resea/syscall.h>

#include "config_space.h"

#define BAR_IS_PORTS     (1u << 0)
#define BAR_PORTS_MASK   (~UINT32_C(3))
#define BAR_TYPE_MASK    (3u << 1)
#define BAR_TYPE_64      (2u << 1)
#define BAR_TYPE_UNKNOWN (3u << 1)
#define BAR_PREFETCHABLE (1u << 3)
#define BAR_MEMORY_MASK  (~UINT64_C(0xf))
#define PORTS_END        0x10000u

/// Reads a register, and what is left of ones that are written to it: those bits that the device compares.
static uint32_t probe(uint32_t address, unsigned index, uint32_t *value) {
    *value = config_read(address, PCI_BAR(index), 4);
    config_write(address, PCI_BAR(index), 4, UINT32_MAX);
    uint32_t bits = config_read(address, PCI_BAR(index), 4);
    config_write(address, PCI_BAR(index), 4, *value);
    return bits;
}

/// A range is as long as the lowest bit that is compared says.
static uint64_t length_of(uint64_t bits) {
    return bits & (~bits + 1);
}

static struct bar ports_range(uint32_t value, uint32_t bits) {
    uint64_t len = length_of(bits & BAR_PORTS_MASK & (PORTS_END - 1));
    if (!len) {
        return (struct bar){0};
    }
    return (struct bar){.kind = DM_BAR_KIND_PORTS, .addr = value & BAR_PORTS_MASK, .len = len};
}

/// A register that isn't there reads as 0, whatever was written.
static struct bar memory_range(uint64_t value, uint64_t bits) {
    uint64_t len = length_of(bits & BAR_MEMORY_MASK);
    uint64_t addr = value & BAR_MEMORY_MASK;
    if (!len || addr + (len - 1) < addr) {
        return (struct bar){0};
    }
    return (struct bar){.kind = DM_BAR_KIND_MEMORY,
                        .addr = addr,
                        .len = len,
                        .prefetchable = (value & BAR_PREFETCHABLE) != 0};
}

/// Looks at a range. Returns how many registers it has.
static unsigned read_one(uint32_t address, unsigned index, struct bar *bar) {
    uint32_t value, high;
    uint64_t bits = probe(address, index, &value);
    uint32_t type = value & BAR_TYPE_MASK;
    if (value & BAR_IS_PORTS) {
        *bar = ports_range(value, (uint32_t) bits);
        return 1;
    }
    if (type == BAR_TYPE_UNKNOWN || (type == BAR_TYPE_64 && index == BARS_MAX - 1)) {
        return 1;
    }
    if (type == BAR_TYPE_64) {
        bits |= (uint64_t) probe(address, index + 1, &high) << 32;
        *bar = memory_range(((uint64_t) high << 32) | value, bits);
        return 2;
    }
    // Above what the register can say, all bits are compared.
    *bar = memory_range(value, bits);
    return 1;
}

void bars_read(struct pci_device *device) {
    if (device->has_bars) {
        return;
    }
    uint32_t command = config_read(device->address, PCI_COMMAND, 2);
    config_write(device->address, PCI_COMMAND, 2, command & ~(COMMAND_IO | COMMAND_MEMORY));
    for (unsigned i = 0; i < BARS_MAX;) {
        i += read_one(device->address, i, &device->bars[i]);
    }
    config_write(device->address, PCI_COMMAND, 2, command);
    device->has_bars = true;
}

void bars_switch_on(const struct pci_device *device) {
    uint32_t wanted = 0, impossible = 0;
    for (unsigned i = 0; i < BARS_MAX; i++) {
        const struct bar *bar = &device->bars[i];
        if (bar->kind == DM_BAR_KIND_NONE) {
            continue;
        }
        uint32_t bit = (bar->kind == DM_BAR_KIND_PORTS) ? COMMAND_IO : COMMAND_MEMORY;
        if (bar->addr) {
            wanted |= bit;
        } else {
            impossible |= bit;
        }
    }
    bus_set_command(device, wanted & ~impossible, 0);
}

/// A range that is less than a page is mapped as a page: there is no protection below that.
static error_t grant_memory(const struct bar *bar, task_t task) {
    uint64_t first = ALIGN_DOWN(bar->addr, PAGE_SIZE);
    uint64_t last = bar->addr + (bar->len - 1);
    uint64_t pages = last / PAGE_SIZE - first / PAGE_SIZE + 1;
    if (last > UINTPTR_MAX || pages > SIZE_MAX / PAGE_SIZE) {
        return ERR_TOO_LARGE;
    }
    return sys_grant(task, GRANT_MMIO, (uintptr_t) first, (size_t) pages * PAGE_SIZE);
}

static error_t grant(const struct bar *bar, task_t task) {
    if (bar->kind == DM_BAR_KIND_PORTS) {
        return sys_grant(task, GRANT_PORTS, (uintptr_t) bar->addr, (size_t) bar->len);
    }
    return grant_memory(bar, task);
}

error_t bars_grant(const struct bar *bar, task_t task) {
    error_t err = bar->addr ? grant(bar, task) : ERR_NOT_PERMITTED;
    if (err == OK || err == ERR_NO_MEMORY || err == ERR_INVALID_TASK) {
        return err;
    }
    WARN("the range at %#llx (%#llx bytes) can't be handed out: the `devices` of [server.dm] in "
         "the manifest "
         "don't cover it, or the firmware has given it no address",
         (unsigned long long) bar->addr, (unsigned long long) bar->len);
    return ERR_UNAVAILABLE;
}
