#ifndef __ARCH_FASTPATH_H__
#define __ARCH_FASTPATH_H__

/// \file
/// What kernel/fastpath.c needs (see kernel/hal.h). A port may begin without: its entry code makes all
/// system calls by kernel_syscall(), and nobody calls what is here. arch/arm64 shows how it is done.

#include <kernel/task.h>

/// More parameters: what the entry code has at hand in registers.
#define ARCH_FAST_PARAMS
#define ARCH_FAST_ARGS
/// Define `cpu` and `task`, if they are no parameters.
#define ARCH_FAST_BEGIN                    \
    struct cpu *cpu __unused = this_cpu(); \
    struct task *task = cpu->current

/// Go on in another function of fastpath.c, with FASTPATH_ARGS: like a call that comes last. Where the compiler would
/// restore registers before, which costs time, this may be a jump: none of these functions returns.
#define arch_fast_goto(function, ...) \
    do {                              \
        function(__VA_ARGS__);        \
        return;                       \
    } while (0)

/// Turn off what `cpu->lazy_on` says is on, without a call.
static ALWAYS_INLINE void arch_lazy_off(struct cpu *cpu) {
    cpu->lazy_on = false;
}

/// Give the time in units of CPU_TIME_SHIFT.
static ALWAYS_INLINE uint64_t arch_fast_cpu_time(void) {
    return arch_cycles();
}

/// Save the message's registers, then make the system call the slow way.
static ALWAYS_INLINE __noreturn void
arch_fast_bail(uintptr_t type __unused, uintptr_t word0 __unused, uintptr_t word1 __unused) {
    arch_halt();
}

/// Call kernel_resume() on an empty stack.
static ALWAYS_INLINE __noreturn void arch_fast_leave(void) {
    kernel_resume();
}

/// Return to user mode from its SYS_IPC with the result OK and the message in registers.
static ALWAYS_INLINE __noreturn void arch_fast_resume(struct task *next __unused,
                                                      task_t src __unused, uintptr_t type __unused,
                                                      uintptr_t word0 __unused,
                                                      uintptr_t word1 __unused) {
    arch_halt();
}

/// Do what memory_enter() and arch_switch() do.
static ALWAYS_INLINE void arch_fast_switch(struct cpu *cpu, struct task *next) {
    cpu->aspace = next->aspace;
    arch_switch(next);
}

/// Say whether messages at these addresses of two tasks can be copied by the two functions below: no address may
/// lead them to the kernel's memory. What can't goes the long way.
static ALWAYS_INLINE bool arch_fast_reachable(vaddr_t a __unused, vaddr_t b __unused) {
    return true;
}

/// Let the kernel access user memory by the two functions below, and forbid it again. arch_fast_resume() forbids it,
/// too. In between there is only what fastpath.c does in a switch.
static ALWAYS_INLINE void arch_fast_open(void) {}
static ALWAYS_INLINE void arch_fast_close(void) {}

/// Read what isn't in registers of the message that the current task has at `from`, into the `msg` of `dst`: as many
/// words as `type` says, which are more than IPC_WORDS. False: it faulted, and the long way tells where.
static ALWAYS_INLINE bool arch_fast_read(struct task *dst, vaddr_t from, uint32_t type) {
    size_t offset = IPC_WORDS * sizeof(uintptr_t);
    return arch_copy_from_user(dst->msg.raw + offset, from + MESSAGE_HEADER_SIZE + offset,
                               MSG_LEN(type) - offset);
}

/// The same out of the `msg` of `task`, the current one now.
static ALWAYS_INLINE bool arch_fast_write(const struct task *task, vaddr_t to, uint32_t type) {
    size_t offset = IPC_WORDS * sizeof(uintptr_t);
    return arch_copy_to_user(to + MESSAGE_HEADER_SIZE + offset, task->msg.raw + offset,
                             MSG_LEN(type) - offset);
}

/// Give the kernel's pointer to RAM that a task has mapped at `vaddr`, and may write if `write`, and how much
/// of `*len` bytes is there in a row: what is left of the page at least. NULL: each page is looked up
/// with arch_aspace_lookup(). The caller holds the lock of the task's CPU, not the address space's: the
/// mappings of a task that doesn't run don't change meanwhile.
static ALWAYS_INLINE uint8_t *arch_fast_run(const struct aspace *as __unused,
                                            vaddr_t vaddr __unused, bool write __unused,
                                            size_t *len __unused) {
    return NULL;
}

#endif
