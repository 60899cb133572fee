#ifndef __VM_PAGES_H__
#define __VM_PAGES_H__

/// \file
/// The physical page allocator: every page of RAM that the kernel left to vm.
///
/// The pages of all RAM ranges are numbered in one go, from 1. A table holds 4 bytes for each: two
/// flags and a link, with which a page is either on the free list or on the list of its owner.
///
///     number:  1 ............ watermark ............................ last
///              |  used or freed  |  never used since boot, no entry yet  |
///
/// The table grows with the watermark, out of the pages it describes: RAM that nobody has used yet
/// costs nothing. Taking and freeing a page is O(1); a contiguous run is looked for by a scan of
/// the used part before the watermark moves on.

#include <bootinfo.h>
#include <types.h>

/// One entry of the table.
typedef uint32_t page_entry_t;

/// Pages with the same owner. Start with all zeroes. Pages are only added, and freed all at once.
struct page_list {
    uint32_t first;
    uint32_t count;
};

/// Maps `page` so that the table's entries from `offset` (in bytes, page-aligned) on exist, zeroed.
/// What it needs for page tables it gets from `take`, which returns 0 if there is no more.
typedef error_t (*pages_grow_t)(size_t offset, paddr_t page, paddr_t (*take)(void));

/// \param table   Where the table is going to be; nothing is mapped there yet.
/// \param max     How many entries there is room for; RAM beyond them is left unused.
/// \return        The number of pages in all.
size_t pages_init(const struct bootinfo_range *ranges, size_t num_ranges, page_entry_t *table,
                  size_t max, pages_grow_t grow);

/// Takes a page and adds it to `owner`. Its contents are whatever they were.
/// \return  Its address, or 0 if no page is free.
paddr_t page_alloc(struct page_list *owner);

/// Moves the page that was added last to another owner. `from` must not be empty.
void page_move(struct page_list *from, struct page_list *to);

/// Frees all pages of the list and leaves it empty.
void page_free_all(struct page_list *owner);

/// Takes `num_pages` (at least 1) pages in a row. They are on no list.
/// \return  The address of the first, or 0 if there is no such run.
paddr_t pages_alloc_run(size_t num_pages);

/// Frees what pages_alloc_run returned, or a part of it.
void pages_free_run(paddr_t paddr, size_t num_pages);

/// All pages, those of the table included.
size_t pages_total(void);
size_t pages_free(void);

/// Tells whether any part of `num_pages` (at least 1) pages from `paddr`, which don't reach beyond
/// the last address, is RAM that this allocator hands out.
bool pages_is_ram(paddr_t paddr, size_t num_pages);

#endif
