// The null port: kernel/hal.h in as few lines as possible. It compiles and runs nowhere. A porter
// copies it, fills in one function after another as its comment says, and writes in assembly what has
// no function here: the boot code, which gets a stack and calls kernel_boot() (and, on further CPUs,
// kernel_boot_secondary()), and the trap entries, which save the task's registers in its struct
// arch_task, call kernel_syscall() or its kin on this CPU's stack, then kernel_resume().
//
// kernel/hal.h says what each function promises; arch/x64/kernel is one that runs.

#include <kernel/task.h>
#include <string.h>

// ---- The CPU ------------------------------------------------------------------------------------

/// Build the kernel's page tables (text read-only, the rest not executable), load them, set up traps.
void arch_init(void) {}

/// Read the CPU's number from a register that is the CPU's own.
unsigned arch_cpu_id(void) {
    return 0;
}

/// Read a counter that runs at a constant rate on all CPUs alike.
uint64_t arch_cycles(void) {
    return 0;
}

/// Execute the instruction for spin loops, if there is one; the compiler must not drop the loop.
void arch_relax(void) {
    __asm__ __volatile__("" ::: "memory");
}

/// Enable interrupts and wait in a way that no interrupt gets lost between the two; disable them.
void arch_idle(void) {}

/// Disable interrupts and wait for ever.
__noreturn void arch_halt(void) {
    while (true) {
        arch_relax();
    }
}

/// Follow the frame pointers, as long as they point into the kernel and upwards.
void arch_backtrace(void (*callback)(vaddr_t addr, void *arg) __unused, void *arg __unused,
                    int max __unused) {}

/// The same for a task: begin with its saved registers, read its stack with arch_copy_from_user.
void arch_task_backtrace(struct task *task __unused,
                         void (*callback)(vaddr_t addr, void *arg) __unused, void *arg __unused,
                         int max __unused) {}

// ---- Tasks --------------------------------------------------------------------------------------

/// Set up the registers as if the task had trapped at `ip`: user mode, interrupts enabled.
void arch_task_init(struct task *task, vaddr_t ip) {
    task->arch = (struct arch_task){.ip = ip};
}

/// Drop the task's FPU state wherever a CPU still has it.
void arch_task_exit(struct task *task __unused) {}

/// Tell the trap code where to save the registers of `next`, and load its page tables.
void arch_switch(struct task *next __unused) {}

/// Restore all registers from `task` and return to user mode.
__noreturn void arch_resume(struct task *task __unused) {
    arch_halt();
}

/// Say no while a CPU holds state of the task that only that CPU can save (lazy FPU switching).
bool arch_task_movable(struct task *task __unused) {
    return true;
}

/// Give the saved register that has the system call's number.
uintptr_t arch_syscall_number(struct task *task) {
    return task->arch.number;
}

/// Give the saved register that has argument `n`.
uintptr_t arch_syscall_arg(struct task *task, int n) {
    return task->arch.args[n];
}

/// Change those registers.
void arch_syscall_set_number(struct task *task, uintptr_t number) {
    task->arch.number = number;
}

void arch_syscall_set_arg(struct task *task, int n, uintptr_t value) {
    task->arch.args[n] = value;
}

/// Change the saved register that has the result. It must not be one that a restart needs.
void arch_syscall_set_result(struct task *task, intptr_t value) {
    task->arch.result = value;
}

/// Set the saved instruction pointer back by the length of the system call instruction.
void arch_syscall_restart(struct task *task) {
    task->arch.ip -= 4;
}

/// Give the saved instruction pointer.
vaddr_t arch_task_ip(struct task *task) {
    return task->arch.ip;
}

/// Make CPUs that have the task's port rights loaded load them again. Nothing, without I/O ports.
void arch_ports_changed(struct task *task __unused) {}

// ---- Address spaces -----------------------------------------------------------------------------

/// Note that there are no page tables yet: the first mapping brings the page for the top one.
void arch_aspace_init(struct aspace *as) {
    as->arch.root = 0;
}

/// Walk the page tables, using *kpage for at most one that is missing, and write the entry.
error_t arch_aspace_map(struct aspace *as __unused, vaddr_t vaddr __unused, paddr_t paddr __unused,
                        unsigned flags __unused, paddr_t *kpage __unused) {
    return ERR_TRY_AGAIN;
}

/// Clear the entry, tell its page, and invalidate it in this CPU's TLB.
error_t arch_aspace_unmap(struct aspace *as __unused, vaddr_t vaddr __unused,
                          paddr_t *paddr __unused) {
    return ERR_NOT_FOUND;
}

/// Look for each table once, and make all entries known at once.
error_t arch_aspace_map_pages(struct aspace *as __unused, vaddr_t vaddr __unused,
                              const paddr_t *pages __unused, size_t num_pages __unused,
                              unsigned flags __unused, size_t *done) {
    *done = 0;
    return ERR_TRY_AGAIN;
}

size_t arch_aspace_find_pages(struct aspace *as __unused, vaddr_t vaddr __unused,
                              size_t num_pages __unused, unsigned flags __unused,
                              paddr_t *pages __unused) {
    return 0;
}

void arch_aspace_unmap_pages(struct aspace *as __unused, vaddr_t vaddr __unused,
                             size_t num_pages __unused, void (*release)(paddr_t paddr) __unused) {}

/// Walk the page tables and turn the entry's bits into MAP_W and MAP_X.
error_t arch_aspace_lookup(struct aspace *as __unused, vaddr_t vaddr __unused,
                           paddr_t *paddr __unused, unsigned *flags __unused) {
    return ERR_NOT_FOUND;
}

/// Clear entries, `budget` a call, releasing pages first, then the tables that have become empty: the
/// kernel takes their word for it that they are all zeroes.
bool arch_aspace_teardown(struct aspace *as __unused, int budget __unused,
                          void (*release)(paddr_t paddr, bool is_table) __unused) {
    return true;
}

/// Invalidate all of this CPU's TLB entries but the kernel's global ones.
void arch_flush_user_tlb(void) {}

/// Load page tables that have the kernel only.
void arch_leave_aspace(void) {}

/// Add the offset at which the kernel has RAM mapped.
void *arch_ram_ptr(paddr_t paddr) {
    return (void *) paddr;
}

/// Subtract it.
paddr_t arch_ram_paddr(void *ptr) {
    return (paddr_t) ptr;
}

/// Keep user mappings out of the kernel's half, and wherever else a user address could do harm.
bool arch_is_user_page(vaddr_t vaddr) {
    return vaddr >= USER_BASE && vaddr < USER_END;
}

// ---- User memory --------------------------------------------------------------------------------

/// Check the range, then copy with instructions whose faults the trap code turns into `false`.
bool arch_copy_from_user(void *dst __unused, vaddr_t src __unused, size_t len) {
    return len == 0;
}

/// The same, the other way round.
bool arch_copy_to_user(vaddr_t dst __unused, const void *src __unused, size_t len) {
    return len == 0;
}

/// Copy between two places in RAM, of which neither faults.
void arch_copy_ram(void *dst, const void *src, size_t len) {
    memcpy(dst, src, len);
}

/// Tell what the trap code has noted of the last such fault on this CPU.
vaddr_t arch_copy_fault(unsigned *fault) {
    *fault = 0;
    return 0;
}
