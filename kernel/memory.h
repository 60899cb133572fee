#ifndef __KERNEL_MEMORY_H__
#define __KERNEL_MEMORY_H__

/// \file
/// Physical pages and mappings. The kernel hands out no memory: it keeps a count per page of RAM of
/// how often it is mapped, so that nobody gets a page that the kernel uses, and maps what it is told.

#include <bootinfo.h>
#include <kernel/task.h>

/// What the first task is told of memory.
extern struct bootinfo bootinfo;

/// Takes over RAM from the loader's map: `kernel_start` … `kernel_end` is the kernel's image.
void memory_init(paddr_t kernel_start, paddr_t kernel_end);

/// Takes zeroed pages for good, while the kernel boots. Panics if there are none left.
void *memory_boot_alloc(size_t len);

/// From now on all RAM that is left is the first task's, and so are the pages of bootfs: no more
/// memory_boot_alloc().
void memory_finish_boot(paddr_t bootfs, size_t bootfs_len);

/// Whether the page is RAM that the kernel keeps a count of.
bool memory_is_ram(paddr_t paddr);

/// Bytes that the kernel took at boot.
size_t memory_boot_bytes(void);

error_t __mustuse memory_map(task_t tid, vaddr_t vaddr, uintptr_t src, uintptr_t kpage,
                             unsigned flags);
/// Returns SYSCALL_PENDING if another CPU has to forget the page first.
error_t __mustuse memory_unmap(task_t tid, vaddr_t vaddr);

/// Maps a page of the kernel's own making (bootfs, boot information) into the first task.
void memory_map_init_page(struct task *task, vaddr_t vaddr, paddr_t paddr, unsigned flags);

/// Takes apart a dead address space, in steps. True when done.
bool memory_teardown(struct aspace *as);

/// Pages that are mapped, and pages that are page tables now: for the debugger.
void memory_count(size_t *mapped, size_t *tables, size_t *total);

#endif
