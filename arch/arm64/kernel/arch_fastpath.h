#ifndef __ARCH_FASTPATH_H__
#define __ARCH_FASTPATH_H__

/// \file
/// What kernel/fastpath.c needs of arm64 (see kernel/hal.h): how it ends, and the switch.

#include "arm64.h"

#include <kernel/copy_sites.h>
#include <kernel/page_run.h>
#include <kernel/task.h>

// The entry code has the CPU and its task at hand: it gives them in x6 and x7.
#define ARCH_FAST_PARAMS , struct cpu *cpu, struct task *task
#define ARCH_FAST_ARGS   , cpu, task
#define ARCH_FAST_BEGIN  (void) 0

/// A return to user mode follows, so that no isb is needed.
static ALWAYS_INLINE void arch_lazy_off(struct cpu *cpu) {
    arm64_this_cpu()->fpu_off = true;
    cpu->lazy_on = false;
    arm64_write_cpacr_el1(CPACR_FPU_KERNEL);
}

/// The time, in units of CPU_TIME_SHIFT, without waiting for what comes before: it only tells whose it is.
static ALWAYS_INLINE uint64_t arch_fast_cpu_time(void) {
    uint64_t value;
    __asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(value));
    return value;
}

static ALWAYS_INLINE __noreturn void arch_fast_bail(uintptr_t type, uintptr_t word0,
                                                    uintptr_t word1) {
    register uintptr_t x1 __asm__("x1") = type;
    register uintptr_t x4 __asm__("x4") = word0;
    register uintptr_t x5 __asm__("x5") = word1;
    __asm__ __volatile__("b arm64_fast_bail" ::"r"(x1), "r"(x4), "r"(x5) : "memory");
    __builtin_unreachable();
}

/// To kernel_resume(), on an empty stack: the current task has work to do.
static ALWAYS_INLINE __noreturn void arch_fast_leave(void) {
    __asm__ __volatile__("b arm64_fast_leave" ::: "memory");
    __builtin_unreachable();
}

/// Nothing of the kernel's is left in the registers that a system call may change: they get what was
/// saved there of this task once, or 0.
static ALWAYS_INLINE __noreturn void arch_fast_resume(struct task *next, task_t src, uintptr_t type,
                                                      uintptr_t word0, uintptr_t word1) {
    register uintptr_t x1 __asm__("x1") = type;
    register uintptr_t x3 __asm__("x3") = (unsigned) src;
    register uintptr_t x4 __asm__("x4") = word0;
    register uintptr_t x5 __asm__("x5") = word1;
    __asm__ __volatile__("mov sp, %[next]\n\t"
                         "ldr x7, [sp, %[pc]]\n\t"
                         "ldp x30, x8, [sp, %[x30]]\n\t"
                         "msr elr_el1, x7\n\t"
                         "msr spsr_el1, xzr\n\t"
                         "msr sp_el0, x8\n\t"
                         "ldp x6, x7, [sp, #48]\n\t"
                         "ldp x8, x9, [sp, #64]\n\t"
                         "ldp x10, x11, [sp, #80]\n\t"
                         "ldp x12, x13, [sp, #96]\n\t"
                         "ldp x14, x15, [sp, #112]\n\t"
                         "ldp x16, x17, [sp, #128]\n\t"
                         "ldp x18, x19, [sp, #144]\n\t"
                         "ldp x20, x21, [sp, #160]\n\t"
                         "ldp x22, x23, [sp, #176]\n\t"
                         "ldp x24, x25, [sp, #192]\n\t"
                         "ldp x26, x27, [sp, #208]\n\t"
                         "ldp x28, x29, [sp, #224]\n\t"
                         "mov x0, xzr\n\t"
                         "mov x2, xzr\n\t"
                         "eret" ::"r"(x1),
                         "r"(x3), "r"(x4),
                         "r"(x5), [next] "r"(next), [pc] "i"(offsetof(struct arch_frame, pc)),
                         [x30] "i"(offsetof(struct arch_frame, x[30]))
                         : "memory");
    __builtin_unreachable();
}

/// Like memory_enter() and arch_switch(). The FPU is off for `next`, even if it owns it: it may not need it
/// before the next switch, and traps once if it does. The return to user mode is the barrier that
/// new translations need.
static ALWAYS_INLINE void arch_fast_switch(struct cpu *cpu, struct task *next) {
    arm64_write_tpidr_el0(next->arch.frame.tpidr);
    // To write what is there already, between threads, takes no longer than to look.
    struct aspace *aspace = next->aspace;
    cpu->aspace = aspace;
    arm64_write_ttbr0_el1(aspace->arch.ttbr0);
}

#define arch_fast_goto(function, ...) \
    do {                              \
        function(__VA_ARGS__);        \
        return;                       \
    } while (0)

static ALWAYS_INLINE void arch_fast_open(void) {}
static ALWAYS_INLINE void arch_fast_close(void) {}

/// The processor tells: ldtr and sttr reach no more than the program itself could.
static ALWAYS_INLINE bool arch_fast_reachable(vaddr_t a __unused, vaddr_t b __unused) {
    return true;
}

// The words of a message that aren't in registers, two at a time, by their offsets; but for a last odd one.
#define ARM64_FOR_EACH_PAIR(insns)                                                       \
    ".irp at, 232, 216, 200, 184, 168, 152, 136, 120, 104, 88, 72, 56, 40, 24\n\t" insns \
    "\n\t.endr\n"
STATIC_ASSERT(MESSAGE_SIZE == 256 && MESSAGE_HEADER_SIZE == 8 && IPC_WORDS == 2, "the offsets");

/// An odd word is copied first, whose offset is 8 times the number of words. Then a jump goes to the code for
/// as many pairs as there are, of three instructions each, and one less: that is in registers.
#define ARM64_COPY_TAIL(odd, pair)                                         \
    "tbz %w[type], %[len_shift], 2f\n\t"                                   \
    "lsr %w[a], %w[type], %[len_shift]\n\t" odd "2: adr %[a], 4f + 12\n\t" \
    "sub %[a], %[a], %[insns], lsl #2\n\t"                                 \
    "br %[a]\n\t" ARM64_FOR_EACH_PAIR(pair) "4:" COPY_SITE("1b", "4b", "%l[faulted]")

/// How many instructions it takes to copy the pairs.
static ALWAYS_INLINE size_t arm64_pair_insns(uint32_t type) {
    return (size_t) (type >> (MSG_LEN_SHIFT + 1)) * 3;
}

static ALWAYS_INLINE bool arch_fast_read(struct task *dst, vaddr_t from, uint32_t type) {
    size_t a, b;
    __asm__ goto(ARM64_COPY_TAIL("add %[b], %[from], %[a], lsl #3\n\t"
                                 "1: ldtr %[b], [%[b]]\n\t"
                                 "str %[b], [%[to], %[a], lsl #3]\n",
                                 "ldtr %[a], [%[from], #\\at]\n\t"
                                 "ldtr %[b], [%[from], #\\at + 8]\n\t"
                                 "stp %[a], %[b], [%[to], #\\at]")
                 : [a] "=&r"(a), [b] "=&r"(b)
                 : [to] "r"(&dst->msg), [from] "r"(from), [type] "r"(type),
                   [insns] "r"(arm64_pair_insns(type)), [len_shift] "i"(MSG_LEN_SHIFT)
                 : "memory"
                 : faulted);
    return true;
faulted:
    return false;
}

/// Unlike a message in registers, this one can't wait for the return to user mode as the barrier that new
/// translations need.
static ALWAYS_INLINE bool arch_fast_write(const struct task *task, vaddr_t to, uint32_t type) {
    size_t a, b;
    __asm__ goto("isb\n\t" ARM64_COPY_TAIL("ldr %[b], [%[from], %[a], lsl #3]\n\t"
                                           "add %[a], %[to], %[a], lsl #3\n\t"
                                           "1: sttr %[b], [%[a]]\n",
                                           "ldp %[a], %[b], [%[from], #\\at]\n\t"
                                           "sttr %[a], [%[to], #\\at]\n\t"
                                           "sttr %[b], [%[to], #\\at + 8]")
                 : [a] "=&r"(a), [b] "=&r"(b)
                 : [to] "r"(to), [from] "r"(&task->msg), [type] "r"(type),
                   [insns] "r"(arm64_pair_insns(type)), [len_shift] "i"(MSG_LEN_SHIFT)
                 : "memory"
                 : faulted);
    return true;
faulted:
    return false;
}

static ALWAYS_INLINE uint8_t *arch_fast_run(const struct aspace *as, vaddr_t vaddr, bool write,
                                            size_t *len) {
    const uint64_t mask = PTE_VALID | PTE_RAM | (write ? PTE_READ_ONLY : 0);
    paddr_t paddr;
    if (UNLIKELY(!page_run(as, vaddr, mask, PTE_VALID | PTE_RAM, 0, PTE_ADDR, &paddr, len))) {
        return NULL;
    }
    vaddr_t ptr = KERNEL_BASE + paddr;
    if (!ptr) {
        __builtin_unreachable();
    }
    return (uint8_t *) ptr;
}

#endif
