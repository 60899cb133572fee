#include <driver/irq.h>
#include <driver/pci.h>
#include <idl_client.h>
#include <resea/ipc.h>

// PCI Local Bus Specification 3.0, section 6.7.
#define PCI_STATUS              0x06
#define PCI_STATUS_CAPABILITIES (1u << 4)
#define PCI_CAPABILITIES        0x34
#define CAPABILITY_NEXT         1
#define CAPABILITY_FIRST        0x40
#define CAPABILITY_ALIGN        0xfcu
/// What there is room for: a list with more bites its tail.
#define CAPABILITIES_MAX 48

static error_t look_up(struct pci *pci) {
    pci->dm = ipc_lookup("dm");
    return IS_ERROR(pci->dm) ? pci->dm : OK;
}

error_t pci_attach(uint16_t vendor_id, uint16_t device_id, struct pci *pci) {
    error_t err = look_up(pci);
    if (err != OK) {
        return err;
    }
    return call_dm_attach_pci_device(pci->dm, vendor_id, device_id, &pci->vendor_id,
                                     &pci->device_id, &pci->handle);
}

error_t pci_attach_class(uint8_t class, uint8_t subclass, int interface, struct pci *pci) {
    error_t err = look_up(pci);
    if (err != OK) {
        return err;
    }
    bool any = interface == PCI_ANY_INTERFACE;
    return call_dm_attach_pci_class(pci->dm, class, subclass, any ? 0 : (uint8_t) interface, any,
                                    &pci->vendor_id, &pci->device_id, &pci->handle);
}

error_t pci_detach(struct pci *pci) {
    return call_dm_detach_device(pci->dm, pci->handle);
}

static io_t map(enum dm_bar_kind kind, uint64_t addr, uint64_t len) {
    if (kind == DM_BAR_KIND_PORTS) {
        return io_alloc_port((unsigned long) addr, (size_t) len, IO_ALLOC_NORMAL);
    }
    return io_alloc_memory_fixed((paddr_t) addr, (size_t) len, IO_ALLOC_NORMAL);
}

error_t pci_map_bar(struct pci *pci, unsigned index, io_t *io) {
    uint64_t addr, len;
    enum dm_bar_kind kind;
    bool prefetchable;
    error_t err = call_dm_pci_bar(pci->dm, pci->handle, index, &addr, &len, &kind, &prefetchable);
    if (err != OK) {
        return err;
    }
    if (kind == DM_BAR_KIND_NONE) {
        return ERR_NOT_FOUND;
    }
    *io = map(kind, addr, len);
    return (*io != NULL) ? OK : ERR_NO_MEMORY;
}

/// Two devices of a driver may share a line.
static error_t acquire(unsigned irq) {
    error_t err = irq_acquire(irq);
    return (err == ERR_ALREADY_EXISTS) ? OK : err;
}

error_t pci_acquire_irq(struct pci *pci, unsigned vector, unsigned *irq, enum dm_irq_kind *kind) {
    enum dm_irq_kind granted;
    error_t err = call_dm_pci_irq(pci->dm, pci->handle, vector, irq, &granted);
    if (err != OK) {
        return err;
    }
    if (kind != NULL) {
        *kind = granted;
    }
    return acquire(*irq);
}

error_t pci_acquire_irq_of_kind(struct pci *pci, enum dm_irq_kind kind, unsigned vector,
                                unsigned *irq) {
    error_t err = call_dm_pci_irq_of_kind(pci->dm, pci->handle, kind, vector, irq);
    return (err == OK) ? acquire(*irq) : err;
}

error_t pci_enable_bus_master(struct pci *pci) {
    return call_dm_pci_enable_bus_master(pci->dm, pci->handle);
}

error_t pci_read_config(struct pci *pci, offset_t offset, unsigned size, uint32_t *value) {
    return call_dm_pci_read_config(pci->dm, pci->handle, offset, size, value);
}

error_t pci_write_config(struct pci *pci, offset_t offset, unsigned size, uint32_t value) {
    return call_dm_pci_write_config(pci->dm, pci->handle, offset, size, value);
}

/// Reads the pointer to the first capability, or to the one behind `from`: 0 if there is none.
static error_t read_next(struct pci *pci, offset_t from, uint32_t *next) {
    uint32_t status;
    error_t err = OK;
    if (from == 0) {
        err = pci_read_config(pci, PCI_STATUS, 2, &status);
        if (err == OK && !(status & PCI_STATUS_CAPABILITIES)) {
            err = ERR_NOT_FOUND;
        }
    }
    if (err == OK) {
        err = pci_read_config(pci, from ? from + CAPABILITY_NEXT : PCI_CAPABILITIES, 1, next);
        *next &= CAPABILITY_ALIGN;
    }
    return err;
}

error_t pci_find_capability(struct pci *pci, uint8_t id, offset_t from, offset_t *offset) {
    for (int i = 0; i < CAPABILITIES_MAX; i++) {
        uint32_t next = 0, found;
        error_t err = read_next(pci, from, &next);
        if (err != OK) {
            return err;
        }
        if (next < CAPABILITY_FIRST) {
            return ERR_NOT_FOUND;
        }
        err = pci_read_config(pci, next, 1, &found);
        if (err != OK) {
            return err;
        }
        if (found == id) {
            *offset = next;
            return OK;
        }
        from = next;
    }
    return ERR_NOT_FOUND;
}
