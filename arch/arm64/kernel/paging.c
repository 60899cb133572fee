#include "arm64.h"
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>

#define PTE_PRESENT PTE_VALID
#define PTE_LINK    (PTE_VALID | PTE_TABLE)
// From here to bit 11, the hardware ignores what leads to a table (ARM D5.3.1).
#define PTE_USED_SHIFT 2

static bool find_leaf(struct aspace *as, vaddr_t vaddr, paddr_t *kpage);

static ALWAYS_INLINE uint64_t page_entry(paddr_t paddr, unsigned flags) {
    bool ram = memory_is_ram(paddr);
    bool device = (flags & MAP_UNCACHED) || !ram;
    return paddr | PTE_VALID | PTE_TABLE | PTE_USER | PTE_ACCESSED | PTE_NOT_GLOBAL | PTE_PXN
           | ((flags & MAP_W) ? 0 : PTE_READ_ONLY) | ((flags & MAP_X) ? 0 : PTE_UXN)
           | (device ? PTE_ATTR(MAIR_DEVICE) : PTE_ATTR(MAIR_NORMAL) | PTE_INNER | PTE_RAM);
}

static ALWAYS_INLINE unsigned page_flags(uint64_t entry) {
    return ((entry & PTE_READ_ONLY) ? 0 : MAP_W) | ((entry & PTE_UXN) ? 0 : MAP_X);
}

static ALWAYS_INLINE bool is_ram_entry(uint64_t entry, unsigned flags) {
    uint64_t mask = PTE_VALID | PTE_RAM | ((flags & MAP_W) ? PTE_READ_ONLY : 0);
    return (entry & mask) == (PTE_VALID | PTE_RAM);
}

static inline void entries_added(void) {
    arm64_table_entry_added();
}

static inline void entry_removed(struct aspace *as, vaddr_t vaddr) {
    arm64_table_entry_removed(as->arch.asid, vaddr);
}

#include <kernel/page_tables.h>

#define LARGE_PAGE (2ul << 20)

// What the kernel maps for itself: global, accessed, never user mode's.
#define KERNEL_PAGE   (PTE_VALID | PTE_ACCESSED | PTE_UXN)
#define KERNEL_TEXT   (KERNEL_PAGE | PTE_INNER | PTE_ATTR(MAIR_NORMAL) | PTE_READ_ONLY)
#define KERNEL_RODATA (KERNEL_TEXT | PTE_PXN)
#define KERNEL_DATA   (KERNEL_PAGE | PTE_INNER | PTE_ATTR(MAIR_NORMAL) | PTE_PXN)
#define KERNEL_DEVICE (KERNEL_PAGE | PTE_ATTR(MAIR_DEVICE) | PTE_PXN)

extern char __kernel_start[], __text_end[], __rodata_end[];
extern char __bootfs[], __bootfs_end[];

paddr_t arm64_kernel_table, arm64_empty_table;

void *arch_ram_ptr(paddr_t paddr) {
    return (void *) (KERNEL_BASE + paddr);
}

paddr_t arch_ram_paddr(void *ptr) {
    return (vaddr_t) ptr - KERNEL_BASE;
}

// ---- The kernel's half: complete before it is loaded, and never changed after -------------------

static uint64_t new_kernel_table(void) {
    return arch_ram_paddr(memory_boot_alloc(PAGE_SIZE)) | PTE_VALID | PTE_TABLE;
}

/// The entry of a kernel address in the table of a level: 0 for pages, 1 for large pages.
static uint64_t *kernel_entry(vaddr_t vaddr, int level) {
    uint64_t *table = arch_ram_ptr(arm64_kernel_table);
    for (int l = TOP_LEVEL; l > level; l--) {
        uint64_t *entry = &table[index_at(vaddr, l)];
        if (!(*entry & PTE_VALID)) {
            *entry = new_kernel_table();
        } else if (!(*entry & PTE_TABLE)) {
            // Splits a large page into the same as small ones.
            uint64_t large = *entry, split = new_kernel_table();
            for (uint64_t i = 0; i < NUM_ENTRIES; i++) {
                table_of(split)[i] = large + i * PAGE_SIZE + PTE_TABLE;
            }
            *entry = split;
        }
        table = table_of(*entry);
    }
    return &table[index_at(vaddr, level)];
}

static void map_range(paddr_t from, paddr_t to, uint64_t flags) {
    for (paddr_t paddr = ALIGN_DOWN(from, PAGE_SIZE); paddr < to;) {
        if (IS_ALIGNED(paddr, LARGE_PAGE) && to - paddr >= LARGE_PAGE) {
            *kernel_entry(KERNEL_BASE + paddr, 1) = paddr | flags;
            paddr += LARGE_PAGE;
        } else {
            *kernel_entry(KERNEL_BASE + paddr, 0) = paddr | flags | PTE_TABLE;
            paddr += PAGE_SIZE;
        }
    }
}

void arm64_map_device(paddr_t paddr, size_t len) {
    map_range(paddr, paddr + len, KERNEL_DEVICE);
}

void arm64_map_memory(paddr_t paddr, size_t len) {
    map_range(paddr, paddr + len, KERNEL_DATA);
}

static void protect(const void *from, const void *to, uint64_t flags) {
    for (vaddr_t vaddr = (vaddr_t) from; vaddr < (vaddr_t) to; vaddr += PAGE_SIZE) {
        *kernel_entry(vaddr, 0) = (vaddr - KERNEL_BASE) | flags | PTE_TABLE;
    }
}

/// From below: a page for what must be told of an overflow, a guard page, the kernel stack.
static void alloc_stacks(struct arm64_cpu *cpu) {
    vaddr_t stack = (vaddr_t) memory_boot_alloc(2 * PAGE_SIZE + KERNEL_STACK_SIZE);
    cpu->emergency_stack = stack + PAGE_SIZE;
    *kernel_entry(stack + PAGE_SIZE, 0) = 0;
    cpu->kernel_stack = stack + 2 * PAGE_SIZE + KERNEL_STACK_SIZE;
}

/// One ASID an address space, for good: there are never more than fit, so none is ever taken from
/// one that lives, and there is no generation to keep track of between CPUs.
static void check_asids(void) {
    bool has_16_bits = ((arm64_read_id_aa64mmfr0_el1() >> 4) & 15) == 2;
    if (!has_16_bits && CONFIG_NUM_TASKS > 254) {
        PANIC("this CPU tells 255 address spaces apart: build with CONFIG_NUM_TASKS=254 or less");
    }
}

void arch_init(void) {
    check_asids();
    arm64_kernel_table = arch_ram_paddr(memory_boot_alloc(PAGE_SIZE));
    arm64_empty_table = arch_ram_paddr(memory_boot_alloc(PAGE_SIZE));
    for (unsigned i = 0; i < bootinfo.num_ranges; i++) {
        arm64_map_memory(bootinfo.ranges[i].base, bootinfo.ranges[i].len);
    }
    arm64_board_map();
    // Text is executable and nothing else is; text, constants and what is constant of bootfs can't be
    // written.
    const char *init_data, *init_data_end;
    memory_init_data(&init_data, &init_data_end);
    protect(__kernel_start, __text_end, KERNEL_TEXT);
    protect(__text_end, __rodata_end, KERNEL_RODATA);
    protect(__bootfs, init_data, KERNEL_RODATA);
    protect(init_data_end, (void *) ALIGN_UP((vaddr_t) __bootfs_end, PAGE_SIZE), KERNEL_RODATA);
    for (unsigned i = 0; i < CONFIG_NUM_CPUS; i++) {
        alloc_stacks(&arm64_cpus[i]);
    }
    arm64_table_entry_added();
    arm64_cpu_init();
}

// ---- User address spaces ------------------------------------------------------------------------

static uint64_t next_asid = 1;

void arch_aspace_init(struct aspace *as) {
    as->arch.root = 0;
    as->arch.ttbr0 = arm64_empty_table;
    as->arch.torn_down = 0;
    as->arch.leaf_of = 0;
    // Slots are used again and again, each with its own number. 0 is for arm64_empty_table.
    if (!as->arch.asid) {
        as->arch.asid = __atomic_fetch_add(&next_asid, 1, __ATOMIC_RELAXED);
    }
}

/// Finds the table of the last level. False if a table is missing that *kpage can't give.
static __noinline bool find_leaf(struct aspace *as, vaddr_t vaddr, paddr_t *kpage) {
    if (!as->arch.root) {
        if (!*kpage) {
            return false;
        }
        as->arch.root = *kpage;
        as->arch.ttbr0 = *kpage | (as->arch.asid << 48);
        as->arch.top_used = 0;
        *kpage = 0;
    }
    return find_leaf_below(as, as->arch.root, vaddr, kpage);
}

/// Whether a page's bytes never change and have been in memory since before the caches were on.
static bool is_bootfs(paddr_t paddr) {
    return paddr >= arch_ram_paddr(__bootfs) && paddr < arch_ram_paddr(__bootfs_end);
}

/// With the MAP_* flags: the page is no code that the instruction cache doesn't know yet.
#define CODE_IS_READY (1u << 31)

static __noinline error_t map_code(struct aspace *as, vaddr_t vaddr, paddr_t paddr, unsigned flags,
                                   paddr_t *kpage) {
    arm64_page_becomes_code((vaddr_t) arch_ram_ptr(paddr));
    return arch_aspace_map(as, vaddr, paddr, flags | CODE_IS_READY, kpage);
}

error_t arch_aspace_map(struct aspace *as, vaddr_t vaddr, paddr_t paddr, unsigned flags,
                        paddr_t *kpage) {
    if (!is_in_leaf(as, vaddr)) {
        return map_elsewhere(as, vaddr, paddr, flags, kpage);
    }
    uint64_t *entry = entry_in_leaf(as, vaddr);
    if (*entry & PTE_VALID) {
        return ERR_ALREADY_EXISTS;
    }
    bool ram = memory_is_ram(paddr);
    if (UNLIKELY((flags & MAP_X) && !(flags & CODE_IS_READY) && ram && !is_bootfs(paddr))) {
        return map_code(as, vaddr, paddr, flags, kpage);
    }
    note_used(as->arch.leaf_parent, index_at(vaddr, 0));
    *entry = page_entry(paddr, flags);
    arm64_table_entry_added();
    return OK;
}

bool arch_aspace_teardown(struct aspace *as, int budget,
                          void (*release)(paddr_t paddr, bool is_table)) {
    if (!as->arch.root) {
        return true;
    }
    as->arch.leaf_of = 0;
    // No CPU has it loaded any more, so nothing comes back into a TLB.
    arm64_forget_aspace(as->arch.asid);
    if (!teardown_table(arch_ram_ptr(as->arch.root), as->arch.top_used, TOP_LEVEL,
                        &as->arch.torn_down, &budget, release)) {
        return false;
    }
    release(as->arch.root, true);
    as->arch.root = 0;
    as->arch.ttbr0 = arm64_empty_table;
    return true;
}

void arch_flush_user_tlb(void) {
    // Whoever unmaps a page tells all CPUs' TLBs at once (arm64_table_entry_removed), so they never
    // hold anything that isn't so any more.
}
