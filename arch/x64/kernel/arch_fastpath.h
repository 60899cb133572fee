#ifndef __ARCH_FASTPATH_H__
#define __ARCH_FASTPATH_H__

/// \file
/// What kernel/fastpath.c needs of x64 (see kernel/hal.h): the ends of it in trap.S, and the switch.

#include "x64.h"

#include <kernel/task.h>

static ALWAYS_INLINE __noreturn void arch_fast_bail(uintptr_t type, uintptr_t word0, uintptr_t word1) {
    register uintptr_t r10 __asm__("r10") = type;
    register uintptr_t r8 __asm__("r8") = word0;
    register uintptr_t r9 __asm__("r9") = word1;
    __asm__ __volatile__("jmp x64_fast_bail" ::"r"(r10), "r"(r8), "r"(r9) : "memory");
    __builtin_unreachable();
}

static ALWAYS_INLINE __noreturn void arch_fast_resume(struct task *next, task_t src, uintptr_t type,
                                               uintptr_t word0, uintptr_t word1) {
    register uintptr_t r10 __asm__("r10") = type;
    register uintptr_t r8 __asm__("r8") = word0;
    register uintptr_t r9 __asm__("r9") = word1;
    __asm__ __volatile__("jmp x64_fast_resume" ::"D"(next), "S"(src), "r"(r10), "r"(r8), "r"(r9)
                         : "memory");
    __builtin_unreachable();
}

/// Like memory_enter() and arch_switch(). The FPU and the ports are off for `next`, even if it owns them: it
/// may not need them before the next switch, and traps once if it does.
static ALWAYS_INLINE void arch_fast_switch(struct cpu *portable, struct task *next) {
    struct x64_cpu __seg_gs *cpu = NULL;
    if (UNLIKELY(cpu->lazy_on)) {
        // Not a call in C, which would make the compiler keep its registers elsewhere.
        __asm__ __volatile__("call x64_lazy_off" ::: "memory", "cc", "r11");
    }
    cpu->task = next;
    *cpu->rsp0 = (uint64_t) (&next->arch.frame + 1);
    if (LIKELY(portable->aspace != next->aspace)) {
        portable->aspace = next->aspace;
        x64_write_cr3(next->aspace->arch.pml4);
    }
}

#endif
