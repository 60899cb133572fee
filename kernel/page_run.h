#ifndef __KERNEL_PAGE_RUN_H__
#define __KERNEL_PAGE_RUN_H__

/// \file
/// Finds RAM of a task in page tables as page_tables.h keeps them, for an <arch_fastpath.h>: without a call, and
/// without making anything.

#include <kernel/task.h>

/// What a table of the last level maps: bits of an address, and never 0.
static ALWAYS_INLINE uint64_t leaf_of(vaddr_t vaddr) {
    return (vaddr >> 21) + 1;
}

/// The physical address of `vaddr` if it is in the table that was looked for last, and the entry's bits in `mask`
/// are those in `value`. *len is lowered to what is there in a row: pages behind the first one count as long as
/// their entries are the same but for the address, which is all that `address` has, and for bits in `ignored`. False:
/// it isn't so.
static ALWAYS_INLINE bool page_run(const struct aspace *as, vaddr_t vaddr, uint64_t mask,
                                   uint64_t value, uint64_t ignored, uint64_t address,
                                   paddr_t *paddr, size_t *len) {
    if (UNLIKELY(as->arch.leaf_of != leaf_of(vaddr))) {
        return false;
    }
    const uint64_t *next = &as->arch.leaf[(vaddr / PAGE_SIZE) % (PAGE_SIZE / sizeof(*next))];
    uint64_t entry = *next++;
    if (UNLIKELY((entry & mask) != value)) {
        return false;
    }
    *paddr = (entry & address) + vaddr % PAGE_SIZE;
    size_t run = PAGE_SIZE - vaddr % PAGE_SIZE;
    while (run < *len && !IS_ALIGNED((uintptr_t) next, PAGE_SIZE)) {
        entry += PAGE_SIZE;
        if ((*next ^ entry) & ~ignored) {
            break;
        }
        next++;
        run += PAGE_SIZE;
    }
    *len = MIN(*len, run);
    return true;
}

#endif
