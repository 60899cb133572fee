#ifndef __ARCH_H__
#define __ARCH_H__

/// \file
/// The architecture's part of the kernel's structs. What is called often (arch_cpu_id, the system
/// call's arguments) may be inlined here: see arch/x64/kernel/arch.h.

#include <types.h>

/// Bytes: what two CPUs write is kept this far apart.
#define ARCH_CACHE_LINE 64
/// Bytes that a task costs outside of its struct, such as FPU registers.
#define ARCH_TASK_EXTRA_BYTES 0

/// A task's registers, as the trap code saves them.
struct arch_task {
    vaddr_t ip;        ///< Where it goes on.
    uintptr_t number;  ///< Of the system call that it is in.
    uintptr_t args[6];
    intptr_t result;
};

/// An address space: what the CPU needs to find its page tables.
struct arch_aspace {
    paddr_t root;  ///< 0: none yet; nothing is mapped.
};

#endif
