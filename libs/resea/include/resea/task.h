#ifndef __RESEA_TASK_H__
#define __RESEA_TASK_H__

/// \file
/// Tasks, and the memory that a pager maps into them. <kernel_abi.h> has the flags. But for
/// task_exit and task_self, they need the rights that the flags name.

#include <kernel_abi.h>
#include <types.h>

/// Creates a task, which doesn't run before its first task_schedule. Its first instruction is at `ip`;
/// its page faults and its end are told to `pager`. `flags`: TASK_*. ERR_ALREADY_EXISTS: the ID's
/// slot is in use, or its generation isn't the next one. ERR_INVALID_ARG: bad ID, flags or pager.
/// ERR_NOT_PERMITTED: no right to create tasks, a right in `flags` that the caller lacks, or a pager
/// other than the caller. ERR_UNAVAILABLE: TASK_ABI_HOOK.
error_t task_create(task_t tid, const char *name, vaddr_t ip, task_t pager, unsigned flags);
/// The same where there is no MMU: `memory`, a part of the caller's, is the task's RAM, with its stack at
/// the start (see struct task_memory). The task may use all that the caller may. `name` must lie in
/// flash: the kernel keeps the pointer. ERR_INVALID_ARG as well: memory that is misaligned, too small,
/// or not the caller's.
error_t task_create_in(task_t tid, const char *name, vaddr_t ip, task_t pager, unsigned flags,
                       const struct task_memory *memory);
/// Ends a task that the caller pages; whoever waits for it gets ERR_ABORTED at once. ERR_INVALID_TASK,
/// ERR_NOT_PERMITTED, or ERR_INVALID_ARG: the caller itself.
error_t task_destroy(task_t tid);

/// Ends this program successfully.
__noreturn void task_exit(void);
/// Ends this program. 0 means success.
__noreturn void task_exit_with(int status);
task_t task_self(void);

/// Sets the priority, 0 (the highest) … TASK_PRIORITY_MAX, and starts the task if it is new.
/// ERR_NOT_PERMITTED: not the task's pager, or more urgent than the caller itself. ERR_INVALID_TASK,
/// ERR_INVALID_ARG.
error_t task_schedule(task_t tid, int priority);

/// Maps one page at `vaddr` of the task. `src` is a page of our own (or a physical one: MAP_PHYS), and
/// so is `kpage`: a page that the kernel may keep as a page table, or 0.
///
/// Returns 0 if the page is mapped and `kpage` was not needed, 1 if it is mapped and `kpage` was taken,
/// ERR_TRY_AGAIN if another kpage is needed (`kpage`, unless it is 0, was taken), ERR_ALREADY_EXISTS
/// if a page is mapped there, ERR_IN_USE if `kpage` is mapped anywhere else.
error_t vm_map(task_t tid, vaddr_t vaddr, uintptr_t src, uintptr_t kpage, unsigned flags);
/// Maps `num_pages` pages, 1 or more, in a row. `kpages` is an array of MAP_TABLES_MAX pages that the
/// kernel may keep as page tables, with 0 behind the last one if there are fewer, or NULL.
///
/// Returns how many pages were mapped and how many of `kpages` taken, from the first on: take it apart
/// with MAP_DONE_PAGES() and MAP_DONE_TABLES(). Long rows are mapped in parts, and a row ends at the
/// first page that can't be mapped: call again for what is left. If nothing could be done, returns the
/// error of vm_map(); ERR_TRY_AGAIN: a page table is missing, and there are no `kpages`.
intptr_t vm_map_pages(task_t tid, vaddr_t vaddr, uintptr_t src, size_t num_pages,
                      const uintptr_t *kpages, unsigned flags);
/// ERR_NOT_FOUND: nothing is mapped there.
error_t vm_unmap(task_t tid, vaddr_t vaddr);

#endif
