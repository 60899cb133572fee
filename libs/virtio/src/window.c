#include "window.h"

#include <idl_client.h>

/// There are no more I/O ports.
#define PORTS_LEN_MAX 0x10000

struct range {
    uint64_t addr, len;
    enum dm_bar_kind kind;
};

/// ERR_NOT_FOUND: there is no such range.
static error_t ask_for_range(struct pci *pci, unsigned bar, struct range *range) {
    bool prefetchable;
    error_t err = call_dm_pci_bar(pci->dm, pci->handle, bar, &range->addr, &range->len,
                                  &range->kind, &prefetchable);
    if (err == ERR_INVALID_ARG || (err == OK && range->kind == DM_BAR_KIND_NONE)) {
        return ERR_NOT_FOUND;
    }
    return err;
}

static error_t map(const struct range *range, offset_t offset, size_t len, struct window *window) {
    uint64_t addr = range->addr + offset;
    window->io = (range->kind == DM_BAR_KIND_PORTS)
                     ? io_alloc_port((unsigned long) addr, len, IO_ALLOC_NORMAL)
                     : io_alloc_memory_fixed((paddr_t) addr, len, IO_ALLOC_NORMAL);
    window->offset = 0;
    window->len = len;
    return (window->io != NULL) ? OK : ERR_NO_MEMORY;
}

error_t window_map(struct pci *pci, unsigned bar, offset_t offset, size_t len,
                   struct window *window) {
    struct range range;
    error_t err = ask_for_range(pci, bar, &range);
    if (err == ERR_NOT_FOUND) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (err != OK) {
        return err;
    }
    if (len > range.len || offset > range.len - len) {
        return ERR_NOT_ACCEPTABLE;
    }
    return map(&range, offset, len, window);
}

error_t window_map_ports(struct pci *pci, unsigned bar, struct window *window) {
    struct range range;
    error_t err = ask_for_range(pci, bar, &range);
    if (err != OK) {
        return err;
    }
    if (range.kind != DM_BAR_KIND_PORTS || range.len == 0 || range.len > PORTS_LEN_MAX) {
        return ERR_NOT_FOUND;
    }
    return map(&range, 0, (size_t) range.len, window);
}
