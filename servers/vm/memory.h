#ifndef __VM_MEMORY_H__
#define __VM_MEMORY_H__

/// \file
/// The memory of tasks: single pages, and regions in the area from USER_PAGES_BASE on.
///
/// A region shows (a part of) a block: pages in a row in physical memory, RAM or a device's. Tasks
/// that share memory have a region each that shows the same block; the block is freed with the last
/// of them. Who ends or frees its region takes nothing from the others: a server doesn't crash
/// because a client did. Each of them pays for the pages it sees.

#include <list.h>
#include <types.h>

#include "task.h"

/// A task can't have more regions than these, nor as many offers.
#define REGIONS_MAX 256

struct block {
    paddr_t paddr;
    size_t num_pages;
    unsigned refs;   ///< Regions and offers.
    bool is_device;  ///< A device's, or bootfs': nothing to free.
};

struct region {
    list_elem_t next;
    vaddr_t vaddr;
    size_t num_pages;
    struct block *block;
    size_t first_page;  ///< In the block.
    unsigned flags;     ///< MAP_*
    bool is_borrowed;   ///< Another task allocated it: it can't be offered on.
};

/// A fresh page that counts towards the task's limit and is freed when it ends.
/// \return  0 if there is no memory, or the limit is reached.
paddr_t memory_alloc_page(struct task *task);

/// Maps a physical page. Gives the kernel what pages it needs for page tables on the task's
/// account.
/// \param flags  MAP_*
/// \return  ERR_ALREADY_EXISTS if there is a page, ERR_NO_MEMORY, or what else the kernel says.
error_t memory_map(struct task *task, vaddr_t vaddr, paddr_t paddr, unsigned flags) __mustuse;

/// Maps physical pages in a row, until one of them can't be.
/// \param done  Set to how many have been mapped.
error_t memory_map_pages(struct task *task, vaddr_t vaddr, paddr_t paddr, size_t num_pages,
                         unsigned flags, size_t *done) __mustuse;

/// Allocates pages in a row, filled with zeroes, or gives access to a device's, and maps all of
/// them.
/// \param paddr   0, or the address of a device. Taken only if the task was granted it.
/// \param region  Set to the new region.
/// \return  ERR_NO_MEMORY (the task's limit included), ERR_INVALID_ARG, ERR_NOT_PERMITTED.
error_t memory_add_region(struct task *task, size_t num_pages, paddr_t paddr,
                          struct region **region) __mustuse;

/// Maps physical pages of bootfs in a row, to be read. They cost the task nothing.
error_t memory_add_file(struct task *task, size_t num_pages, paddr_t paddr,
                        struct region **region) __mustuse;

/// Maps an existing block, from `first_page` on.
error_t memory_show_block(struct task *task, struct block *block, size_t first_page,
                          size_t num_pages, unsigned flags, struct region **region) __mustuse;

/// Unmaps a region and drops its part in the block. The task may have ended already.
void memory_remove_region(struct task *task, struct region *region);

/// Maps a page of a region again, for a task that faulted there, which goes on. The kernel unmaps one that the task gave away as a page table,
/// and the page may have come back since.
error_t memory_restore_page(struct task *task, const struct region *region,
                            vaddr_t vaddr) __mustuse;

/// Pages that nobody uses: those of the allocator, and those that vm has at hand.
size_t memory_num_free(void);

void memory_block_unref(struct block *block);

/// Frees everything a task has. The kernel must have destroyed it.
void memory_free_all(struct task *task);

/// \return  The region that `vaddr` lies in, or NULL.
struct region *memory_find_region(const list_t *regions, vaddr_t vaddr);

/// Looks for room for `num_pages` pages and a guard page behind them.
/// \param before  Set to the list element in front of which the region belongs.
/// \return  The address, or 0 if there is none.
vaddr_t memory_find_gap(list_t *regions, size_t num_pages, list_elem_t **before);

#endif
