#ifndef __VM_OWN_H__
#define __VM_OWN_H__

/// \file
/// vm's own memory: pages mapped into vm itself, and objects of a fixed size carved out of them.

#include <config.h>

#include "pages.h"

#ifdef CONFIG_MMU
/// The pages that vm needs for itself. They stay vm's until power-off.
extern struct page_list own_pages;

/// Maps `paddr` at `vaddr` in vm. `flags`: MAP_W, MAP_ZERO.
error_t own_map(vaddr_t vaddr, paddr_t paddr, unsigned flags) __mustuse;

/// Maps fresh pages, filled with zeroes, from `vaddr` on.
error_t own_map_fresh(vaddr_t vaddr, size_t num_pages) __mustuse;

/// The pages_grow_t for the page table at VM_PAGES_BASE.
error_t own_grow_pages(size_t offset, paddr_t page, paddr_t (*take)(void));

/// Maps `paddr` at VM_WINDOW, writable, until own_close_window. What is in the page is another's: all of
/// it has to be overwritten.
/// \return  The window, or NULL if there is no memory for a page table.
void *own_open_window(paddr_t paddr);
void own_close_window(void);
#else

/// Memory that nobody uses yet, aligned to 8 bytes, until the next own_alloc.
/// \return  NULL if there isn't that much.
void *own_borrow(size_t size);
#endif

/// Memory for vm's tables, filled with zeroes, aligned to 16 bytes, never freed. Several calls in a
/// row share pages.
/// \return  NULL if there is no memory.
void *own_alloc(size_t size);

/// POOL_CHUNK bytes of own_alloc, for a pool.
void *own_add_chunk(void);

#endif
