#ifndef __KERNEL_HAL_H__
#define __KERNEL_HAL_H__

/// \file
/// The contract of an architecture with the kernel: what arch/<arch>/kernel must give, and nothing
/// more. Its twin is kernel/board.h. arch/example implements it in as few lines as possible.
///
/// Rules that hold for all of it:
///
///   * The kernel runs with interrupts disabled, on one stack per CPU; only arch_idle() enables them.
///   * A trap into the kernel saves the interrupted task's registers in its struct arch_task, then
///     calls kernel_syscall(), kernel_irq(), kernel_page_fault() or kernel_exception(), then
///     kernel_resume(), which never returns. An interrupt that comes in arch_idle() calls
///     kernel_irq() (or its kin) and returns to arch_idle().
///   * A system call below SYS_FIRST_FULL, but SYS_IPC, may be made by calling its entry of
///     `light_syscalls` with its arguments, and going on in user mode with the result: kernel_resume()
///     need be called only if the CPU's `resched` is set. After all else it need be called only if that or
///     the `work` of the CPU's `current` is set: otherwise arch_resume() of `current` may be.
///     It may also make them all itself, and says so by ARCH_LIGHT_SYSCALLS: then SYS_NOTIFY has no entry.
///   * With an MMU, the entry code hands calls and answers to kernel/fastpath.h if it wants them to be
///     fast. <arch_fastpath.h> then gives arch_fast_resume() and its kin, all inlined.
///   * <arch.h> is the architecture's own header. It defines struct arch_task (a task's registers),
///     struct arch_aspace (an address space), ARCH_CACHE_LINE and ARCH_TASK_EXTRA_BYTES (what a task
///     costs outside of struct task). It may define a function below as `static inline` where there
///     is an #ifndef for it; it then #defines the function's name as itself.

#include <arch.h>
#include <config.h>
#include <types.h>

/// Entry code may call it: an optimiser that sees the whole kernel at once has to be told.
#if __has_attribute(externally_visible)
#    define CALLED_FROM_ASSEMBLY __attribute__((externally_visible))
#else
#    define CALLED_FROM_ASSEMBLY
#endif

struct aspace;
struct message;
struct task;

// ---- Calls from the architecture into the kernel ------------------------------------------------

/// The light system calls, by number.
extern intptr_t (*const light_syscalls[])(uintptr_t a0, uintptr_t a1);

/// Brings the kernel up on the boot CPU, after the board has its memory map. Never returns.
__noreturn void kernel_boot(void);

/// Joins the scheduler on a further CPU. Never returns.
__noreturn void kernel_boot_secondary(void);

/// The current task made a system call; its number and arguments are in its saved registers.
void kernel_syscall(void);

/// Interrupt line `irq` (the board's numbering) fired. The board has acknowledged it.
void kernel_irq(unsigned irq);

/// This CPU's deadline timer fired.
void kernel_timer(void);

/// Another CPU sent this one an inter-processor interrupt.
void kernel_ipi(void);

/// The current task faulted at `vaddr`; `fault` is a set of FAULT_*.
void kernel_page_fault(vaddr_t vaddr, unsigned fault);

/// The current task can't go on; `exception` is an enum exception_type.
void kernel_exception(int exception, int value, vaddr_t addr);

/// Without an MMU, called at the beginning of every trap from user mode, with the registers of the
/// current task saved at `sp` on its stack. False: the stack has overflowed, and the task is stopped;
/// its system call must not be made.
bool __mustuse kernel_check_stack(vaddr_t sp);

/// Returns to user mode: to the current task, to another one, or waits for one.
__noreturn void kernel_resume(void);

/// Prepares traps and, with an MMU, replaces the page tables of the boot code by the kernel's own:
/// memory_boot_alloc() works.
void arch_init(void);

// ---- The CPU ------------------------------------------------------------------------------------

#ifndef arch_cpu_id
/// The number of the running CPU: 0 is the boot CPU, below CONFIG_NUM_CPUS.
unsigned arch_cpu_id(void);
#endif

// An architecture may define arch_this_cpu(), the struct cpu of the CPU that runs, if it finds it faster
// than by arch_cpu_id().

#ifndef arch_cycles
/// A counter that never goes back, at board_clock_hz() per second, the same on all CPUs.
uint64_t arch_cycles(void);
#endif

#ifndef arch_try_lock
/// Changes a word from 0 to 1, as the beginning of a critical section. False: it was 1.
static inline bool arch_try_lock(uint16_t *word) {
    return !__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE);
}
#endif

#ifndef arch_relax
/// Tells the CPU that it is in a spin loop.
void arch_relax(void);
#endif

/// Enables interrupts and waits for one; returns with interrupts disabled. An interrupt that came
/// since interrupts were disabled ends the wait at once.
void arch_idle(void);

/// Disables interrupts and stops this CPU for good.
__noreturn void arch_halt(void);

/// Calls `callback` with the return addresses on the stack, innermost first, `max` at most.
void arch_backtrace(void (*callback)(vaddr_t addr, void *arg), void *arg, int max);

// ---- Tasks --------------------------------------------------------------------------------------

/// Prepares the registers of a new task that starts at `ip` in user mode. Any `ip` is allowed: a bad
/// one faults in user mode.
void arch_task_init(struct task *task, vaddr_t ip);

/// Forgets what the architecture still holds of a task that ends (its FPU state).
void arch_task_exit(struct task *task);

/// Makes `next` the task that arch_resume() will run here: its address space becomes the current one.
void arch_switch(struct task *next);

/// Leaves the kernel to a task that arch_switch() has made current.
__noreturn void arch_resume(struct task *task);

/// Whether a task that doesn't run may be moved to another CPU (its FPU state may still be here).
bool arch_task_movable(struct task *task);

#ifndef arch_syscall_number
/// The number and the arguments (0 … 5) of the system call that the task is in.
uintptr_t arch_syscall_number(struct task *task);
uintptr_t arch_syscall_arg(struct task *task, int n);
/// Changes them: what a restarted system call will see. With an MMU the arguments also are where the
/// message comes that a SYS_IPC has received.
void arch_syscall_set_number(struct task *task, uintptr_t number);
void arch_syscall_set_arg(struct task *task, int n, uintptr_t value);
void arch_syscall_set_result(struct task *task, intptr_t value);
/// Lets the task execute its system call instruction again when it runs next. Once per entry.
void arch_syscall_restart(struct task *task);
#endif

/// Where the task will go on in user mode.
vaddr_t arch_task_ip(struct task *task);

/// Like arch_backtrace(), for the user stack of this CPU's current task.
void arch_task_backtrace(struct task *task, void (*callback)(vaddr_t addr, void *arg), void *arg,
                         int max);

/// The task's port rights have changed.
void arch_ports_changed(struct task *task);

#ifdef CONFIG_MMU
// ---- Address spaces -----------------------------------------------------------------------------
// The caller holds the address space's lock.

/// An empty address space: it needs no page of its own until something is mapped.
void arch_aspace_init(struct aspace *as);

/// Maps the page `paddr` at `vaddr` with MAP_* `flags`. If a table is missing, takes the zeroed page
/// *kpage for it and sets *kpage to 0.
/// ERR_TRY_AGAIN: a table is missing and *kpage is 0. ERR_ALREADY_EXISTS: `vaddr` is mapped.
error_t __mustuse arch_aspace_map(struct aspace *as, vaddr_t vaddr, paddr_t paddr, unsigned flags,
                                  paddr_t *kpage);

/// Removes the mapping of `vaddr`; this CPU forgets it at once.
/// ERR_NOT_FOUND: nothing is mapped there.
error_t __mustuse arch_aspace_unmap(struct aspace *as, vaddr_t vaddr, paddr_t *paddr);

/// The same for pages in a row, mapped at `vaddr` and behind it, up to the first one that can't be: *done have
/// been. No tables are made.
error_t __mustuse arch_aspace_map_pages(struct aspace *as, vaddr_t vaddr, const paddr_t *pages,
                                        size_t num_pages, unsigned flags, size_t *done);

/// Looks up pages of RAM in a row that a task may access as `flags` say (MAP_W or 0), up to the first one that is
/// no such. Returns how many. Any `vaddr` is allowed. RAM that isn't cached may be left out.
size_t arch_aspace_find_pages(struct aspace *as, vaddr_t vaddr, size_t num_pages, unsigned flags,
                              paddr_t *pages);

/// Removes the mappings that there are of pages in a row, and calls `release` for each.
void arch_aspace_unmap_pages(struct aspace *as, vaddr_t vaddr, size_t num_pages,
                             void (*release)(paddr_t paddr));

/// Looks up what a task may access at `vaddr`: the page's address and its MAP_W and MAP_X.
error_t __mustuse arch_aspace_lookup(struct aspace *as, vaddr_t vaddr, paddr_t *paddr,
                                     unsigned *flags);

/// Takes apart an address space that no CPU uses, in at most about `budget` steps a call, each of which
/// takes ten or twenty instructions, as looking at a few entries does; a further call goes on where it
/// stopped. Calls `release` for each page (`is_table`: it was a page-table page, and is all zeroes
/// again). True when nothing is left.
bool arch_aspace_teardown(struct aspace *as, int budget,
                          void (*release)(paddr_t paddr, bool is_table));

/// Drops what this CPU remembers of all user mappings.
void arch_flush_user_tlb(void);

/// Leaves the current address space for one that has the kernel only.
void arch_leave_aspace(void);

/// The kernel's pointer to a page of RAM, and back.
void *arch_ram_ptr(paddr_t paddr);
paddr_t arch_ram_paddr(void *ptr);

#    ifndef arch_copy_ram
/// Copies `len` bytes of RAM, by the kernel's pointers: the fastest way for whole pages. Tasks may share
/// pages: what comes of bytes that overlap doesn't matter.
void arch_copy_ram(void *dst, const void *src, size_t len);
#    endif

#    ifndef arch_is_user_page
/// Whether a user mapping may be at the page `vaddr`.
bool arch_is_user_page(vaddr_t vaddr);
#    endif

#endif

// ---- User memory --------------------------------------------------------------------------------

// Without an MMU the copies are the portable kernel's own (nommu.c).

/// Copy between the kernel and the current task's memory; the user address is checked. False: it
/// faulted part way; arch_copy_fault() tells where.
bool __mustuse arch_copy_from_user(void *dst, vaddr_t src, size_t len);
bool __mustuse arch_copy_to_user(vaddr_t dst, const void *src, size_t len);

#ifdef CONFIG_MMU
/// The address and the FAULT_* of this CPU's last failed copy.
vaddr_t arch_copy_fault(unsigned *fault);
#else
/// Writes a message to *to: the type and `words` words of payload are those of *from, `src` is its sender.
/// What the payload leaves of *to is cleared. Both are aligned.
void arch_pass_message(struct message *to, const struct message *from, task_t src, size_t words);
#endif

#endif
