#ifndef __KERNEL_MEMORY_H__
#define __KERNEL_MEMORY_H__

/// \file
/// What memory tasks have. With an MMU: physical pages and mappings (memory.c, init.c). The kernel hands
/// out no memory: it keeps a count per page of RAM of how often it is mapped, so that nobody gets a page
/// that the kernel uses, and maps what it is told. Without: pieces of RAM with a stack in each
/// (nommu.c), and a look at every address that a system call brings.

#include <bootinfo.h>
#include <kernel/task.h>

// ---- With an MMU and without --------------------------------------------------------------------

/// Takes over RAM and makes the architecture's own preparations, when the console works.
void memory_init(void);

/// Gives the first task its program, and makes all RAM that is left its own.
void memory_load_init(struct task *task);

/// The kernel's command line.
const char *memory_cmdline(void);

/// With an MMU, of the board's code: what the boot loader says is the command line. The loader's own words come
/// first: if there is no room for all, it is the last ones that count.
void memory_take_cmdline(const char *text);

/// All RAM of the machine, in bytes, and what the kernel took at boot behind its image.
uint64_t memory_ram_bytes(void);
size_t memory_boot_bytes(void);

/// What a task is made of, as far as its creator has to say it: see nommu.c and memory.c.
struct task_template {
#ifdef CONFIG_MMU
    char name[TASK_NAME_LEN];
#else
    const char *name;
    struct task_memory memory;
    vaddr_t ram;
    uint32_t ram_len;
#endif
};

/// Reads the arguments of SYS_TASK_CREATE. What isn't OK is the system call's result.
error_t __mustuse memory_read_template(struct task_template *template, vaddr_t name,
                                       vaddr_t memory);

/// Once for each slot of the task table, at boot; then for each task that is created, and for each that
/// ends. The caller of the last two holds all locks.
void memory_init_slot(struct task *task, int slot);
void memory_init_task(struct task *task, const struct task_template *template);
void memory_begin_destroy(struct task *task);

/// Takes apart what a dead task had, in steps; without `now`, only what takes no time. True when done.
bool memory_teardown(struct task *task, bool now);

#ifdef CONFIG_MMU
/// `task` begins to run on `cpu`: its memory will be current.
static inline void memory_enter(struct cpu *cpu, struct task *task) {
    cpu->aspace = task->aspace;
}
#else
static inline void memory_enter(struct cpu *cpu __unused, struct task *task __unused) {}
#endif

/// The stack of a task, in bytes, and the most that it has ever used; 0: not known.
void memory_stack_usage(const struct task *task, uint32_t *size, uint32_t *used);

intptr_t __mustuse memory_map(task_t tid, vaddr_t vaddr, uintptr_t src, uintptr_t kpage,
                              unsigned flags);
/// Several pages in a row: returns MAP_DONE() of what has been done, or an error if that is nothing.
intptr_t __mustuse memory_map_pages(task_t tid, vaddr_t vaddr, uintptr_t src, vaddr_t kpages,
                                    unsigned flags, size_t num_pages);
/// Returns SYSCALL_PENDING if another CPU has to forget the page first.
error_t __mustuse memory_unmap(task_t tid, vaddr_t vaddr);

#ifdef CONFIG_MMU
/// Pages that tasks may have; 0 without an MMU.
size_t memory_num_pages(void);

/// For the debugger: adds to the counts of pages that are mapped, and that are page tables now, those from the page
/// *at on, some at a time. False: there is no such page.
bool memory_count(size_t *at, size_t *mapped, size_t *tables);
#else
static inline size_t memory_num_pages(void) {
    return 0;
}

static inline bool memory_count(size_t *at __unused, size_t *mapped __unused,
                                size_t *tables __unused) {
    return false;
}
#endif

// ---- Without an MMU only ------------------------------------------------------------------------

#ifndef CONFIG_MMU

/// Whether a task may read or write `len` bytes at an address, which must be a multiple of `align`. It
/// reads flash and its own RAM, and writes its own RAM. False is noted for syscall_fault().
bool __mustuse memory_may_read(const struct task *task, vaddr_t addr, size_t len, size_t align);
bool __mustuse memory_may_write(const struct task *task, vaddr_t addr, size_t len, size_t align);

/// Where a task's stack pointer is at first.
vaddr_t memory_stack_top(const struct task *task);

#endif

// ---- With an MMU only ---------------------------------------------------------------------------

#ifdef CONFIG_MMU

/// What the first task is told of memory.
extern struct bootinfo bootinfo;

/// What of bootfs is the first task's data, which it has mapped right there: the only pages of bootfs that
/// are ever written, also by the kernel.
void memory_init_data(const char **start, const char **end);

/// Takes zeroed pages for good, while the kernel boots. Panics if there are none left.
void *memory_boot_alloc(size_t len);

/// From now on all RAM that is left is the first task's, and so are the pages of bootfs: no more
/// memory_boot_alloc().
void memory_finish_boot(paddr_t bootfs, size_t bootfs_len);

/// Maps a page of the kernel's own making (bootfs, boot information) into the first task.
void memory_map_init_page(struct task *task, vaddr_t vaddr, paddr_t paddr, unsigned flags);

/// Notes where the last user copy failed: the task is to fault there before it goes on.
void memory_note_fault(struct task *task);

/// Whether all of a range of at least one page may be user pages, and it begins with a page.
bool __mustuse memory_is_user_range(vaddr_t vaddr, size_t num_pages);

/// Counts one more mapping of each of some pages of RAM that a task has mapped, up to the first one that fails:
/// *done. ERR_NOT_PERMITTED: it is the kernel's. ERR_TOO_LARGE: it is mapped too often.
error_t __mustuse memory_get_pages(const paddr_t *pages, size_t num_pages, size_t *done);

/// Counts one mapping less.
void memory_put_page(paddr_t paddr);

/// While booting: the kernel keeps a count of `num` pages, which are its own for good or not RAM.
void memory_frames_init(size_t num);

/// These are RAM that tasks may have. Returns how many.
size_t memory_frames_free(paddr_t base, uint64_t len);

/// These are mapped by the first task for good, but may be mapped by others, too. Returns how many.
size_t memory_frames_keep_mapped(paddr_t base, size_t len);

/// The pages that the kernel keeps a count of are those below this number.
extern size_t memory_num_frames;

/// Whether the page is RAM that the kernel keeps a count of.
static inline bool memory_is_ram(paddr_t paddr) {
    return paddr / PAGE_SIZE < memory_num_frames;
}

#endif

#endif
