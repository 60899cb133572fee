#ifndef __KERNEL_PAGE_TABLES_H__
#define __KERNEL_PAGE_TABLES_H__

/// \file
/// Page tables as x64 and arm64 have them, for their paging.c: four levels of 512 entries of 64 bits.
/// Level 0 is the last one, whose entries are pages. The port defines, before it includes this:
///
///     PTE_PRESENT     the bit that says that an entry is in use
///     PTE_ADDR        the bits that are a physical address
///     PTE_LINK        what an entry that leads to a table has besides the address
///     PTE_USED_SHIFT  the first of ten bits of such an entry that the hardware ignores
///
/// declares
///
///     bool find_leaf(as, vaddr, kpage)  find_leaf_below(), with the top table of the address space
///     uint64_t page_entry(paddr, flags) the entry of a page, with MAP_* flags
///     unsigned page_flags(entry)        its MAP_W and MAP_X
///     bool is_ram_entry(entry, flags)   whether a task may access the page, of RAM, like that
///     void entries_added(void)          entries that were empty are in use
///     void entry_removed(as, vaddr)     one isn't any more
///
/// and has in its struct arch_aspace:
///
///     uint64_t top_used;      PTE_USED of the top table, which no entry leads to
///     uint64_t leaf_of;       what the last table of level 0 that was looked for maps; 0: none
///     uint64_t *leaf;         that table
///     uint64_t *leaf_parent;  the entry that leads to it

#include <kernel/hal.h>
#include <kernel/page_run.h>
#include <kernel/task.h>

#define NUM_ENTRIES 512
#define TOP_LEVEL   3

/// In an entry that leads to a table: the entries of that table from this number on have never been
/// used, so that who takes it apart needn't look at them.
#define PTE_USED (0x3ffull << PTE_USED_SHIFT)

static inline unsigned index_at(vaddr_t vaddr, int level) {
    return (vaddr >> (12 + 9 * level)) & (NUM_ENTRIES - 1);
}

static inline uint64_t *table_of(uint64_t entry) {
    return arch_ram_ptr(entry & PTE_ADDR);
}

/// Notes in the entry that leads to a table which of its entries is in use.
static void note_used(uint64_t *parent, unsigned index) {
    uint64_t used = (uint64_t) (index + 1) << PTE_USED_SHIFT;
    if ((*parent & PTE_USED) < used) {
        *parent = (*parent & ~PTE_USED) | used;
    }
}

/// Finds the table of level 0 below a top table, and remembers it: the next page is likely one of its,
/// too. A table that is missing is made of *kpage, which is 0 then; false if it was 0 before.
static bool find_leaf_below(struct aspace *as, paddr_t top, vaddr_t vaddr, paddr_t *kpage) {
    uint64_t *table = arch_ram_ptr(top);
    uint64_t *parent = &as->arch.top_used;
    for (int level = TOP_LEVEL; level > 0; level--) {
        unsigned index = index_at(vaddr, level);
        uint64_t *entry = &table[index];
        if (!(*entry & PTE_PRESENT)) {
            if (!*kpage) {
                return false;
            }
            // The zeroes of the new table come before the entry that leads to them.
            __atomic_store_n(entry, *kpage | PTE_LINK, __ATOMIC_RELEASE);
            note_used(parent, index);
            *kpage = 0;
        }
        parent = entry;
        table = table_of(*entry);
    }
    as->arch.leaf_of = leaf_of(vaddr);
    as->arch.leaf = table;
    as->arch.leaf_parent = parent;
    return true;
}

// What is done page by page does the common case without a call, which would make it save registers.

static ALWAYS_INLINE bool is_in_leaf(const struct aspace *as, vaddr_t vaddr) {
    return LIKELY(as->arch.leaf_of == leaf_of(vaddr));
}

/// The entry of a page that is in the table that was looked for last.
static ALWAYS_INLINE uint64_t *entry_in_leaf(const struct aspace *as, vaddr_t vaddr) {
    return &as->arch.leaf[index_at(vaddr, 0)];
}

/// arch_aspace_map() of a page that isn't in it.
static __noinline error_t map_elsewhere(struct aspace *as, vaddr_t vaddr, paddr_t paddr,
                                        unsigned flags, paddr_t *kpage) {
    return find_leaf(as, vaddr, kpage) ? arch_aspace_map(as, vaddr, paddr, flags, kpage)
                                       : ERR_TRY_AGAIN;
}

static bool find_existing_leaf(struct aspace *as, vaddr_t vaddr) {
    paddr_t none = 0;
    return is_in_leaf(as, vaddr) || find_leaf(as, vaddr, &none);
}

error_t arch_aspace_unmap(struct aspace *as, vaddr_t vaddr, paddr_t *paddr) {
    uint64_t *entry = find_existing_leaf(as, vaddr) ? entry_in_leaf(as, vaddr) : NULL;
    if (!entry || !(*entry & PTE_PRESENT)) {
        return ERR_NOT_FOUND;
    }
    *paddr = *entry & PTE_ADDR;
    *entry = 0;
    entry_removed(as, vaddr);
    return OK;
}

static __noinline error_t look_up_elsewhere(struct aspace *as, vaddr_t vaddr, paddr_t *paddr,
                                            unsigned *flags) {
    return find_existing_leaf(as, vaddr) ? arch_aspace_lookup(as, vaddr, paddr, flags)
                                         : ERR_NOT_FOUND;
}

error_t arch_aspace_lookup(struct aspace *as, vaddr_t vaddr, paddr_t *paddr, unsigned *flags) {
    if (!is_in_leaf(as, vaddr)) {
        return look_up_elsewhere(as, vaddr, paddr, flags);
    }
    uint64_t entry = *entry_in_leaf(as, vaddr);
    if (!(entry & PTE_PRESENT)) {
        return ERR_NOT_FOUND;
    }
    *paddr = entry & PTE_ADDR;
    *flags = page_flags(entry);
    return OK;
}

/// The entries of pages from `vaddr` on, *num of them at most, that are in one table: what the port knows or
/// find_leaf() finds. NULL: the table is missing.
static uint64_t *entries_in_row(struct aspace *as, vaddr_t vaddr, size_t *num) {
    if (!find_existing_leaf(as, vaddr)) {
        return NULL;
    }
    *num = MIN(*num, (size_t) (NUM_ENTRIES - index_at(vaddr, 0)));
    return entry_in_leaf(as, vaddr);
}

error_t arch_aspace_map_pages(struct aspace *as, vaddr_t vaddr, const paddr_t *pages,
                              size_t num_pages, unsigned flags, size_t *done) {
    error_t err = OK;
    size_t i = 0;
    while (i < num_pages && err == OK) {
        size_t first = i, num = num_pages - i;
        uint64_t *entries = entries_in_row(as, vaddr + i * PAGE_SIZE, &num);
        if (!entries) {
            err = ERR_TRY_AGAIN;
            break;
        }
        // The table is in use up to what may be mapped.
        note_used(as->arch.leaf_parent, index_at(vaddr + i * PAGE_SIZE, 0) + (unsigned) num - 1);
        for (; i < first + num; i++) {
            uint64_t *entry = &entries[i - first];
            if (UNLIKELY(*entry & PTE_PRESENT)) {
                err = ERR_ALREADY_EXISTS;
                break;
            }
            *entry = page_entry(pages[i], flags);
        }
    }
    entries_added();
    *done = i;
    return err;
}

size_t arch_aspace_find_pages(struct aspace *as, vaddr_t vaddr, size_t num_pages, unsigned flags,
                              paddr_t *pages) {
    size_t i = 0;
    while (i < num_pages && arch_is_user_page(vaddr + i * PAGE_SIZE)) {
        size_t first = i, num = num_pages - i;
        const uint64_t *entries = entries_in_row(as, vaddr + i * PAGE_SIZE, &num);
        if (!entries) {
            break;
        }
        for (; i < first + num; i++) {
            uint64_t entry = entries[i - first];
            if (UNLIKELY(!is_ram_entry(entry, flags))) {
                return i;
            }
            pages[i] = entry & PTE_ADDR;
        }
    }
    return i;
}

void arch_aspace_unmap_pages(struct aspace *as, vaddr_t vaddr, size_t num_pages,
                             void (*release)(paddr_t paddr)) {
    while (num_pages) {
        size_t num = num_pages;
        uint64_t *entries = entries_in_row(as, vaddr, &num);
        num = entries ? num : MIN(num_pages, (size_t) (NUM_ENTRIES - index_at(vaddr, 0)));
        for (size_t i = 0; i < num && entries; i++) {
            uint64_t entry = entries[i];
            if (LIKELY(entry & PTE_PRESENT)) {
                entries[i] = 0;
                entry_removed(as, vaddr + i * PAGE_SIZE);
                release(entry & PTE_ADDR);
            }
        }
        vaddr += num * PAGE_SIZE;
        num_pages -= num;
    }
}

/// Whether the entries of a cache line are all empty.
static inline bool is_line_empty(const uint64_t *line) {
    return !(line[0] | line[1] | line[2] | line[3] | line[4] | line[5] | line[6] | line[7]);
}

#define ENTRIES_PER_LINE 8
/// What releasing a page costs, in steps of looking at a line.
#define RELEASE_STEPS 3

/// The first entry from `i` on that isn't empty; `num` or more if there is none.
static unsigned next_used(const uint64_t *table, unsigned i, unsigned num) {
    while (i < num && !(table[i] & PTE_PRESENT)) {
        i += (IS_ALIGNED(i, ENTRIES_PER_LINE) && is_line_empty(&table[i])) ? ENTRIES_PER_LINE : 1;
    }
    return i;
}

/// Takes apart the table that an entry leads to, and what hangs below it, from *vaddr on. False: the
/// budget ran out, and *vaddr is where to go on. See arch_aspace_teardown().
static bool teardown_table(uint64_t *table, uint64_t parent, int level, vaddr_t *vaddr, int *budget,
                           void (*release)(paddr_t paddr, bool is_table)) {
    vaddr_t size = (vaddr_t) PAGE_SIZE << (9 * level);
    vaddr_t base = ALIGN_DOWN(*vaddr, size * NUM_ENTRIES);
    unsigned num = (unsigned) ((parent & PTE_USED) >> PTE_USED_SHIFT);
    unsigned i = index_at(*vaddr, level);
    while (true) {
        unsigned used = next_used(table, i, num);
        *budget -= (int) (used - i) / ENTRIES_PER_LINE;
        if (used >= num) {
            return true;
        }
        // Otherwise *vaddr may be inside of what the entry stands for.
        if (used > i) {
            *vaddr = base + used * size;
        }
        uint64_t entry = table[used];
        if (*budget < 0
            || (level > 0
                && !teardown_table(table_of(entry), entry, level - 1, vaddr, budget, release))) {
            return false;
        }
        table[used] = 0;
        release(entry & PTE_ADDR, level > 0);
        *budget -= RELEASE_STEPS;
        i = used;
    }
}

#endif
