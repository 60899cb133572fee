#include "x64.h"
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>
#include <string.h>

// Page-table entries (SDM table 4-15 and following).
#define PTE_P  (1ull << 0)
#define PTE_W  (1ull << 1)
#define PTE_U  (1ull << 2)
#define PTE_CD (1ull << 4)
#define PTE_PS (1ull << 7)  // A large page.
#define PTE_G  (1ull << 8)
#define PTE_NX (1ull << 63)

#define PTE_ADDR     0x000ffffffffff000ull
#define NUM_ENTRIES  512
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

bool arch_is_user_page(vaddr_t vaddr) {
    // Not the last page either: see arch_resume.
    return vaddr >= USER_BASE && vaddr < USER_END - PAGE_SIZE;
}

static unsigned index_at(vaddr_t vaddr, int level) {
    return (vaddr >> (12 + 9 * level)) & (NUM_ENTRIES - 1);
}

static uint64_t *table_of(uint64_t entry) {
    return arch_ram_ptr(entry & PTE_ADDR);
}

static void invalidate(vaddr_t vaddr) {
    __asm__ __volatile__("invlpg (%0)" ::"r"(vaddr) : "memory");
}

// ---- The kernel's half --------------------------------------------------------------------------

static uint64_t new_kernel_table(void) {
    return arch_ram_paddr(memory_boot_alloc(PAGE_SIZE)) | PTE_P | PTE_W;
}

/// The entry of a kernel address in the table of a level: 0 for pages, 1 for large pages.
static uint64_t *kernel_entry(vaddr_t vaddr, int level) {
    uint64_t *table = arch_ram_ptr(x64_kernel_pml4);
    for (int l = 3; l > level; l--) {
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
    // Text is executable and nothing else is; text, constants and bootfs can't be written.
    protect(__kernel_start, __text_end, 0);
    protect(__text_end, __rodata_end, PTE_NX);
    protect(__bootfs, (void *) ALIGN_UP((vaddr_t) __bootfs_end, PAGE_SIZE), PTE_NX);
    // The text screen.
    *kernel_entry(KERNEL_BASE + 0xb8000, 0) = 0xb8000 | PTE_P | PTE_W | PTE_G | PTE_NX | PTE_CD;
    arch_leave_aspace();
    x64_cpu_alloc(0);
    x64_trap_enable_stacks();
    x64_cpu_init();
}

// ---- User address spaces ------------------------------------------------------------------------

void arch_aspace_init(struct aspace *as) {
    as->arch.pml4 = x64_kernel_pml4;
    as->arch.torn_down = 0;
}

/// Gives an address space its top table: its own lower half, the kernel's upper half.
static void set_pml4(struct aspace *as, paddr_t paddr) {
    uint64_t *pml4 = arch_ram_ptr(paddr);
    uint64_t *kernel = arch_ram_ptr(x64_kernel_pml4);
    memcpy(&pml4[USER_ENTRIES], &kernel[USER_ENTRIES], USER_ENTRIES * sizeof(pml4[0]));
    as->arch.pml4 = paddr;
}

/// The entry of a page, or NULL if a table is missing that *kpage can't give.
static uint64_t *user_entry(struct aspace *as, vaddr_t vaddr, paddr_t *kpage) {
    if (as->arch.pml4 == x64_kernel_pml4) {
        if (!*kpage) {
            return NULL;
        }
        set_pml4(as, *kpage);
        *kpage = 0;
    }
    uint64_t *table = arch_ram_ptr(as->arch.pml4);
    for (int level = 3; level > 0; level--) {
        uint64_t *entry = &table[index_at(vaddr, level)];
        if (!(*entry & PTE_P)) {
            if (!*kpage) {
                return NULL;
            }
            *entry = *kpage | PTE_P | PTE_W | PTE_U;
            *kpage = 0;
        }
        table = table_of(*entry);
    }
    return &table[index_at(vaddr, 0)];
}

error_t arch_aspace_map(struct aspace *as, vaddr_t vaddr, paddr_t paddr, unsigned flags,
                        paddr_t *kpage) {
    uint64_t *entry = user_entry(as, vaddr, kpage);
    if (!entry) {
        return ERR_TRY_AGAIN;
    }
    if (*entry & PTE_P) {
        return ERR_ALREADY_EXISTS;
    }
    *entry = paddr | PTE_P | PTE_U | ((flags & MAP_W) ? PTE_W : 0) | ((flags & MAP_X) ? 0 : PTE_NX)
             | ((flags & MAP_UNCACHED) ? PTE_CD : 0);
    return OK;
}

static uint64_t *find_entry(struct aspace *as, vaddr_t vaddr) {
    paddr_t none = 0;
    uint64_t *entry = user_entry(as, vaddr, &none);
    return (entry && (*entry & PTE_P)) ? entry : NULL;
}

error_t arch_aspace_unmap(struct aspace *as, vaddr_t vaddr, paddr_t *paddr) {
    uint64_t *entry = find_entry(as, vaddr);
    if (!entry) {
        return ERR_NOT_FOUND;
    }
    *paddr = *entry & PTE_ADDR;
    *entry = 0;
    invalidate(vaddr);
    return OK;
}

error_t arch_aspace_lookup(struct aspace *as, vaddr_t vaddr, paddr_t *paddr, unsigned *flags) {
    uint64_t *entry = find_entry(as, vaddr);
    if (!entry) {
        return ERR_NOT_FOUND;
    }
    *paddr = *entry & PTE_ADDR;
    *flags = ((*entry & PTE_W) ? MAP_W : 0) | ((*entry & PTE_NX) ? 0 : MAP_X);
    return OK;
}

/// Whether the entries of a cache line are all empty: in most tables, most are.
static bool is_line_empty(const uint64_t *line) {
    return !(line[0] | line[1] | line[2] | line[3] | line[4] | line[5] | line[6] | line[7]);
}

#define ENTRIES_PER_LINE 8
/// What releasing a page costs, in steps of looking at a line.
#define RELEASE_STEPS 3

/// The first entry from `i` on that isn't empty, or `num`.
static unsigned next_used(const uint64_t *table, unsigned i, unsigned num) {
    while (i < num && !(table[i] & PTE_P)) {
        i += (IS_ALIGNED(i, ENTRIES_PER_LINE) && is_line_empty(&table[i])) ? ENTRIES_PER_LINE : 1;
    }
    return i;
}

/// Takes apart a table and what hangs below it, from *vaddr on. False: the budget ran out, and *vaddr
/// is where to go on.
static bool teardown_table(uint64_t *table, int level, vaddr_t *vaddr, int *budget,
                           void (*release)(paddr_t paddr, bool is_table)) {
    vaddr_t size = (vaddr_t) PAGE_SIZE << (9 * level);
    vaddr_t base = ALIGN_DOWN(*vaddr, size * NUM_ENTRIES);
    unsigned num = level == 3 ? USER_ENTRIES : NUM_ENTRIES;
    unsigned i = index_at(*vaddr, level);
    while (true) {
        unsigned used = next_used(table, i, num);
        *budget -= (int) (used - i) / ENTRIES_PER_LINE;
        // Otherwise *vaddr may be inside of what the entry stands for.
        if (used > i) {
            *vaddr = base + used * size;
        }
        if (*budget < 0) {
            // At the end, its last entry is where to go on: what is behind it is another table's.
            *vaddr -= used == num ? size : 0;
            return false;
        }
        if (used == num) {
            return true;
        }
        if (level > 0
            && !teardown_table(table_of(table[used]), level - 1, vaddr, budget, release)) {
            return false;
        }
        release(table[used] & PTE_ADDR, level > 0);
        table[used] = 0;
        *budget -= RELEASE_STEPS;
        i = used;
    }
}

bool arch_aspace_teardown(struct aspace *as, int budget,
                          void (*release)(paddr_t paddr, bool is_table)) {
    if (as->arch.pml4 == x64_kernel_pml4) {
        return true;
    }
    if (!teardown_table(arch_ram_ptr(as->arch.pml4), 3, &as->arch.torn_down, &budget, release)) {
        return false;
    }
    release(as->arch.pml4, true);
    as->arch.pml4 = x64_kernel_pml4;
    return true;
}

void arch_flush_user_tlb(void) {
    x64_write_cr3(x64_read_cr3());
}
