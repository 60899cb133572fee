#include "x64.h"
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>

#define PTE_PRESENT PTE_P
#define PTE_LINK    (PTE_P | PTE_W | PTE_U)
// From here to bit 61, the hardware ignores what leads to a table (SDM 4.5).
#define PTE_USED_SHIFT 52

static void invalidate(vaddr_t vaddr) {
    __asm__ __volatile__("invlpg (%0)" ::"r"(vaddr) : "memory");
}

static bool find_leaf(struct aspace *as, vaddr_t vaddr, paddr_t *kpage);

static ALWAYS_INLINE uint64_t page_entry(paddr_t paddr, unsigned flags) {
    return paddr | PTE_P | PTE_U | ((flags & MAP_W) ? PTE_W : 0) | ((flags & MAP_X) ? 0 : PTE_NX)
           | ((flags & MAP_UNCACHED) ? PTE_CD : 0) | (memory_is_ram(paddr) ? PTE_RAM : 0);
}

static ALWAYS_INLINE unsigned page_flags(uint64_t entry) {
    return ((entry & PTE_W) ? MAP_W : 0) | ((entry & PTE_NX) ? 0 : MAP_X);
}

static ALWAYS_INLINE bool is_ram_entry(uint64_t entry, unsigned flags) {
    uint64_t needed = PTE_P | PTE_RAM | ((flags & MAP_W) ? PTE_W : 0);
    return !(~entry & needed);
}

/// The hardware doesn't remember that an entry is empty.
static inline void entries_added(void) {}

static inline void entry_removed(struct aspace *as __unused, vaddr_t vaddr) {
    invalidate(vaddr);
}

#include <kernel/page_tables.h>

#define USER_ENTRIES 256  // Of the top table: the lower half.
#define LARGE_PAGE   (2ul << 20)
#define MMIO_WINDOW  0xfec00000ul  // I/O APIC, HPET and local APIC are here (2 large pages).
#define MMIO_END     0xff000000ul

extern char __kernel_start[], __text_end[], __rodata_end[], __kernel_end[];
extern char __bootfs[], __bootfs_end[];

paddr_t x64_kernel_pml4;

void *arch_ram_ptr(paddr_t paddr) {
    return (void *) (KERNEL_BASE + paddr);
}

paddr_t arch_ram_paddr(void *ptr) {
    return (vaddr_t) ptr - KERNEL_BASE;
}

// ---- The kernel's half --------------------------------------------------------------------------

static uint64_t new_kernel_table(void) {
    return arch_ram_paddr(memory_boot_alloc(PAGE_SIZE)) | PTE_P | PTE_W;
}

/// The entry of a kernel address in the table of a level: 0 for pages, 1 for large pages.
static uint64_t *kernel_entry(vaddr_t vaddr, int level) {
    uint64_t *table = arch_ram_ptr(x64_kernel_pml4);
    for (int l = TOP_LEVEL; l > level; l--) {
        uint64_t *entry = &table[index_at(vaddr, l)];
        if (!(*entry & PTE_P)) {
            *entry = new_kernel_table();
        } else if (*entry & PTE_PS) {
            // Splits a large page into the same as small ones.
            uint64_t large = *entry, split = new_kernel_table();
            for (uint64_t i = 0; i < NUM_ENTRIES; i++) {
                table_of(split)[i] = (large & ~PTE_PS) + i * PAGE_SIZE;
            }
            *entry = split;
        }
        table = table_of(*entry);
    }
    return &table[index_at(vaddr, level)];
}

static void protect(const void *from, const void *to, uint64_t flags) {
    for (vaddr_t vaddr = (vaddr_t) from; vaddr < (vaddr_t) to; vaddr += PAGE_SIZE) {
        *kernel_entry(vaddr, 0) = (vaddr - KERNEL_BASE) | PTE_P | PTE_G | flags;
    }
}

void x64_unmap_kernel_page(vaddr_t vaddr) {
    *kernel_entry(vaddr, 0) = 0;
    invalidate(vaddr);
}

static paddr_t ram_end(void) {
    paddr_t end = 0;
    for (unsigned i = 0; i < bootinfo.num_ranges; i++) {
        end = MAX(end, bootinfo.ranges[i].base + bootinfo.ranges[i].len);
    }
    return MIN(end, KERNEL_MAP_LIMIT);
}

void arch_init(void) {
    x64_kernel_pml4 = arch_ram_paddr(memory_boot_alloc(PAGE_SIZE));
    paddr_t end = ALIGN_UP(ram_end(), LARGE_PAGE);
    for (paddr_t paddr = 0; paddr < end; paddr += LARGE_PAGE) {
        *kernel_entry(KERNEL_BASE + paddr, 1) = paddr | PTE_P | PTE_W | PTE_G | PTE_PS | PTE_NX;
    }
    for (paddr_t paddr = MMIO_WINDOW; paddr < MMIO_END; paddr += LARGE_PAGE) {
        *kernel_entry(KERNEL_BASE + paddr, 1) =
            paddr | PTE_P | PTE_W | PTE_G | PTE_PS | PTE_NX | PTE_CD;
    }
    // Text is executable and nothing else is; text, constants and what is constant of bootfs can't be
    // written.
    const char *init_data, *init_data_end;
    memory_init_data(&init_data, &init_data_end);
    protect(__kernel_start, __text_end, 0);
    protect(__text_end, __rodata_end, PTE_NX);
    protect(__bootfs, init_data, PTE_NX);
    protect(init_data_end, (void *) ALIGN_UP((vaddr_t) __bootfs_end, PAGE_SIZE), PTE_NX);
    // The text screen's memory.
    for (paddr_t paddr = 0xb8000; paddr < 0xc0000; paddr += PAGE_SIZE) {
        *kernel_entry(KERNEL_BASE + paddr, 0) = paddr | PTE_P | PTE_W | PTE_G | PTE_NX | PTE_CD;
    }
    arch_leave_aspace();
    x64_cpu_alloc(0);
    x64_trap_enable_stacks();
    x64_cpu_init();
}

// ---- User address spaces ------------------------------------------------------------------------

void arch_aspace_init(struct aspace *as) {
    as->arch.pml4 = x64_kernel_pml4;
    as->arch.torn_down = 0;
    as->arch.leaf_of = 0;
}

/// The only entry of the top table that the kernel needs: the first one of the upper half.
#define KERNEL_ENTRY USER_ENTRIES
STATIC_ASSERT(KERNEL_MAP_LIMIT <= 512ul << 30, "the kernel's RAM has one entry of the top table");

/// Gives an address space its top table: its own lower half, the kernel's upper half.
static void set_pml4(struct aspace *as, paddr_t paddr) {
    uint64_t *pml4 = arch_ram_ptr(paddr);
    uint64_t *kernel = arch_ram_ptr(x64_kernel_pml4);
    pml4[KERNEL_ENTRY] = kernel[KERNEL_ENTRY];
    as->arch.pml4 = paddr;
    as->arch.top_used = 0;
}

/// Finds the table of the last level. False if a table is missing that *kpage can't give.
static __noinline bool find_leaf(struct aspace *as, vaddr_t vaddr, paddr_t *kpage) {
    if (as->arch.pml4 == x64_kernel_pml4) {
        if (!*kpage) {
            return false;
        }
        set_pml4(as, *kpage);
        *kpage = 0;
    }
    return find_leaf_below(as, as->arch.pml4, vaddr, kpage);
}

error_t arch_aspace_map(struct aspace *as, vaddr_t vaddr, paddr_t paddr, unsigned flags,
                        paddr_t *kpage) {
    if (!is_in_leaf(as, vaddr)) {
        return map_elsewhere(as, vaddr, paddr, flags, kpage);
    }
    uint64_t *entry = entry_in_leaf(as, vaddr);
    if (*entry & PTE_P) {
        return ERR_ALREADY_EXISTS;
    }
    note_used(as->arch.leaf_parent, index_at(vaddr, 0));
    *entry = page_entry(paddr, flags);
    return OK;
}

bool arch_aspace_teardown(struct aspace *as, int budget,
                          void (*release)(paddr_t paddr, bool is_table)) {
    if (as->arch.pml4 == x64_kernel_pml4) {
        return true;
    }
    as->arch.leaf_of = 0;
    uint64_t *pml4 = arch_ram_ptr(as->arch.pml4);
    if (!teardown_table(pml4, as->arch.top_used, TOP_LEVEL, &as->arch.torn_down, &budget,
                        release)) {
        return false;
    }
    pml4[KERNEL_ENTRY] = 0;
    release(as->arch.pml4, true);
    as->arch.pml4 = x64_kernel_pml4;
    return true;
}

void arch_flush_user_tlb(void) {
    x64_write_cr3(x64_read_cr3());
}
