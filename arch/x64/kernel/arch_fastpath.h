#ifndef __ARCH_FASTPATH_H__
#define __ARCH_FASTPATH_H__

/// \file
/// What kernel/fastpath.c needs of x64 (see kernel/hal.h): the ends of it in trap.S, and the switch.

#include "x64.h"

#include <kernel/copy_sites.h>
#include <kernel/page_run.h>
#include <kernel/task.h>

// The CPU and its task are found by %gs.
#define ARCH_FAST_PARAMS
#define ARCH_FAST_ARGS
#define ARCH_FAST_BEGIN                             \
    struct cpu *cpu __unused = x64_read_gs(GS_CPU); \
    struct task *task = x64_read_gs(GS_TASK)

/// A pointer in struct x64_cpu, at an offset of <arch.h>.
static ALWAYS_INLINE void *x64_read_gs(int offset) {
    void *value;
    __asm__ __volatile__("mov %%gs:%c1, %0" : "=r"(value) : "i"(offset));
    return value;
}

static ALWAYS_INLINE void x64_write_gs(int offset, void *value) {
    __asm__ __volatile__("mov %0, %%gs:%c1" ::"r"(value), "i"(offset));
}

/// Not a call in C, which would make the compiler keep its registers elsewhere.
static ALWAYS_INLINE void arch_lazy_off(struct cpu *cpu __unused) {
    __asm__ __volatile__("call x64_lazy_off_saved" ::: "memory", "cc");
}

static ALWAYS_INLINE uint64_t arch_fast_cpu_time(void) {
    return arch_cycles();
}

static ALWAYS_INLINE __noreturn void arch_fast_bail(uintptr_t type, uintptr_t word0,
                                                    uintptr_t word1) {
    register uintptr_t r8 __asm__("r8") = word0;
    register uintptr_t r9 __asm__("r9") = word1;
    __asm__ __volatile__("jmp x64_fast_bail" ::"S"(type), "r"(r8), "r"(r9) : "memory");
    __builtin_unreachable();
}

/// To kernel_resume(), on an empty stack: the current task has work to do.
static ALWAYS_INLINE __noreturn void arch_fast_leave(void) {
    __asm__ __volatile__("mov %%gs:%c0, %%rsp\n\t"
                         "xor %%ebp, %%ebp\n\t"
                         "call kernel_resume" ::"i"(GS_STACK)
                         : "memory");
    __builtin_unreachable();
}

/// Nothing of the kernel's is left in the registers that a system call may change.
static ALWAYS_INLINE __noreturn void arch_fast_resume(struct task *next, task_t src, uintptr_t type,
                                                      uintptr_t word0, uintptr_t word1) {
    register uintptr_t r8 __asm__("r8") = word0;
    register uintptr_t r9 __asm__("r9") = word1;
    register task_t r10 __asm__("r10") = src;
    __asm__ __volatile__(
        "mov %c[rbx](%%rdi), %%rbx\n\t"
        "mov %c[rbp](%%rdi), %%rbp\n\t"
        "mov %c[r12](%%rdi), %%r12\n\t"
        "mov %c[r13](%%rdi), %%r13\n\t"
        "mov %c[r14](%%rdi), %%r14\n\t"
        "mov %c[r15](%%rdi), %%r15\n\t"
        "mov %c[rip](%%rdi), %%rcx\n\t"
        "mov %[flags], %%r11d\n\t"
        "mov %c[rsp](%%rdi), %%rsp\n\t"
        "xor %%eax, %%eax\n\t"
        "xor %%edx, %%edx\n\t"
        "xor %%edi, %%edi\n\t"
        "swapgs\n\t"
        "sysretq" ::"D"(next),
        "S"(type), "r"(r8), "r"(r9), "r"(r10), [flags] "i"(RFLAGS_USER),
        [rbx] "i"(offsetof(struct arch_frame, rbx)), [rbp] "i"(offsetof(struct arch_frame, rbp)),
        [r12] "i"(offsetof(struct arch_frame, r12)), [r13] "i"(offsetof(struct arch_frame, r13)),
        [r14] "i"(offsetof(struct arch_frame, r14)), [r15] "i"(offsetof(struct arch_frame, r15)),
        [rip] "i"(offsetof(struct arch_frame, rip)), [rsp] "i"(offsetof(struct arch_frame, rsp))
        : "memory");
    __builtin_unreachable();
}

/// Like memory_enter() and arch_switch(). The FPU and the ports are off for `next`, even if it owns them: it
/// may not need them before the next switch, and traps once if it does.
static ALWAYS_INLINE void arch_fast_switch(struct cpu *cpu, struct task *next) {
    x64_write_gs(GS_TASK, next);
    struct x64_rsp *rsp0 = x64_read_gs(GS_RSP0);
    rsp0->value = (uint64_t) (&next->arch.frame + 1);
    struct aspace *aspace = next->aspace;
    if (LIKELY(cpu->aspace != aspace)) {
        cpu->aspace = aspace;
        x64_write_cr3(aspace->arch.pml4);
    }
}

/// To another function of fastpath.c. No register that C keeps is restored for it: it doesn't return either.
#define arch_fast_goto(...) X64_FAST_GOTO(__VA_ARGS__)
#define X64_FAST_GOTO(function, peer, type, arg2, arg3, word0, word1)                          \
    do {                                                                                       \
        register uintptr_t r8 __asm__("r8") = word0;                                           \
        register uintptr_t r9 __asm__("r9") = word1;                                           \
        __asm__ __volatile__("jmp %c[to]" ::[to] "i"(function), "D"(peer), "S"(type), "r"(r8), \
                             "r"(r9)                                                           \
                             : "memory");                                                      \
        __builtin_unreachable();                                                               \
    } while (0)

/// Two messages are looked at in one go: neither address is above both.
static ALWAYS_INLINE bool arch_fast_reachable(vaddr_t a, vaddr_t b) {
    return (a | b) < USER_END;
}

/// The number of words is computed twice: a register that it is kept in would have to be saved.
#define X64_COPY_TAIL                   \
    "lea %c[less](%q[type]), %%ecx\n\t" \
    "shr %[shift], %%ecx\n"             \
    "1: rep movsq\n" COPY_SITE("1b", "2f", "%l[faulted]") "2:"
/// Besides the type: where words are that aren't in registers, in a message and in a task.
#define X64_COPY_OPERANDS                                                     \
    [type] "r"(type), [tail] "i"(offsetof(struct message, words[IPC_WORDS])), \
        [task_tail] "i"(offsetof(struct task, msg.words[IPC_WORDS])),         \
        [less] "i"(-(IPC_WORDS << MSG_LEN_SHIFT)), [shift] "i"(MSG_LEN_SHIFT)

static ALWAYS_INLINE void arch_fast_open(void) {
    __asm__ __volatile__(X64_STAC ::: "memory");
}

static ALWAYS_INLINE void arch_fast_close(void) {
    __asm__ __volatile__(X64_CLAC ::: "memory");
}

static ALWAYS_INLINE bool arch_fast_read(struct task *to, vaddr_t from, uint32_t type) {
    __asm__ goto("lea %c[tail](%[from]), %%rsi\n\t"
                 "lea %c[task_tail](%[to]), %%rdi\n\t" X64_COPY_TAIL
                 :
                 : [to] "r"(to), [from] "r"(from), X64_COPY_OPERANDS
                 : "rcx", "rdi", "rsi", "memory", "cc"
                 : faulted);
    return true;
faulted:
    return false;
}

static ALWAYS_INLINE bool arch_fast_write(const struct task *from, vaddr_t to, uint32_t type) {
    __asm__ goto("lea %c[task_tail](%[from]), %%rsi\n\t"
                 "lea %c[tail](%[to]), %%rdi\n\t" X64_COPY_TAIL
                 :
                 : [to] "r"(to), [from] "r"(from), X64_COPY_OPERANDS
                 : "rcx", "rdi", "rsi", "memory", "cc"
                 : faulted);
    return true;
faulted:
    return false;
}

static ALWAYS_INLINE uint8_t *arch_fast_run(const struct aspace *as, vaddr_t vaddr, bool write,
                                            size_t *len) {
    const uint64_t needed = PTE_P | PTE_RAM | (write ? PTE_W : 0);
    paddr_t paddr;
    if (UNLIKELY(!page_run(as, vaddr, needed, needed, PTE_A | PTE_D, PTE_ADDR, &paddr, len))) {
        return NULL;
    }
    vaddr_t ptr = KERNEL_BASE + paddr;
    if (!ptr) {
        __builtin_unreachable();
    }
    return (uint8_t *) ptr;
}

#endif
