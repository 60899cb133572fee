#ifndef __PAGES_H__
#define __PAGES_H__

#include <types.h>

/// Pages from vm that lie one after another in physical memory, too.
struct pages {
    vaddr_t vaddr;
    paddr_t paddr;
    size_t num_pages;
};

/// `paddr`, page-aligned, asks for a device's pages; 0 for any free memory.
error_t pages_alloc(size_t len, paddr_t paddr, struct pages *pages);
void pages_free(const struct pages *pages);

#endif
