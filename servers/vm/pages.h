#ifndef __VM_PAGES_H__
#define __VM_PAGES_H__

/// \file
/// The physical page allocator: every page of RAM that the kernel left to vm.
///
/// The pages of all RAM ranges are numbered in one go. Sixteen of them are a group, in which a bit
/// says of each page whether it is free; the table has an entry for each group, and in it a link for
/// each page, by which its owner finds the next one of its pages.
///
///     number:  16 ........... watermark ............................ last
///              |  used or freed  |  never used since boot, no entry yet  |
///
/// An owner takes the page behind the one that it took last, if that is free, else the first of a
/// group that is free as a whole, and only when there are none, one of another group. So what an
/// owner takes bit by bit lies in a row, whoever else takes pages meanwhile: pages in a row are copied
/// and mapped in one piece. Nothing is set aside for it: all free pages are there for everybody.
///
/// The table grows with the watermark, out of the pages it describes: RAM that nobody has used yet
/// costs nothing. Taking a page is O(1), and so is freeing it; a contiguous run is looked for by a
/// scan of the used part before the watermark moves on.

#include <bootinfo.h>
#include <types.h>

/// Pages with the same owner. Start with all zeroes. Pages are only added, and freed all at once.
struct page_list {
    uint32_t first;
    uint32_t count;
    uint32_t next;  ///< The page behind the one that was taken last; 0: none was.
};

/// Maps `page` so that the table exists from `offset` (in bytes, page-aligned) on, zeroed.
/// What it needs for page tables it gets from `take`, which returns 0 if there is no more.
typedef error_t (*pages_grow_t)(size_t offset, paddr_t page, paddr_t (*take)(void));

/// \param table   Where the table is going to be, page-aligned; nothing is mapped there yet.
/// \param size    How many bytes there is room for; RAM beyond what they describe is left unused.
/// \return        The number of pages in all.
size_t pages_init(const struct bootinfo_range *ranges, size_t num_ranges, void *table, size_t size,
                  pages_grow_t grow);

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
/// Those of the table.
size_t pages_in_table(void);

/// Tells whether any part of `num_pages` (at least 1) pages from `paddr`, which don't reach beyond
/// the last address, is RAM that this allocator hands out.
bool pages_is_ram(paddr_t paddr, size_t num_pages);

#endif
