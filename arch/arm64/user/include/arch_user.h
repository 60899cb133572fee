#ifndef __ARCH_USER_H__
#define __ARCH_USER_H__

/// \file
/// What else libs/resea and libs/driver need of arm64, beside system calls (<arch_syscall.h>).

#include <arch_cache.h>
#include <types.h>

/// log2 of the cycles in a tick of the counter: see arch_cycles().
#define ARM64_CYCLES_SHIFT 4

/// Time, in the unit of the kernel's arch_cycles(): kernel_info.clock_hz tells its rate.
static inline uint64_t arch_cycles(void) {
    return arm64_read_counter() << ARM64_CYCLES_SHIFT;
}

/// This CPU's own cycles, to measure code with: another counter on each CPU, which may stand still
/// while the CPU waits. Under QEMU's -icount it counts instructions.
static inline uint64_t arch_cpu_cycles(void) {
    uint64_t value;
    __asm__ __volatile__("isb\n\tmrs %0, pmccntr_el0" : "=r"(value)::"memory");
    return value;
}

/// The mnemonic of the instruction that goes on at the address behind it.
#define ARCH_JUMP "b"

/// Where the task that launched us has left our command line.
#define ARCH_CMDLINE ((const char *) (USER_STACK_TOP - USER_ARGS_LEN))

/// What the frame pointer points to in code compiled with -fno-omit-frame-pointer (AAPCS64 6.2.3).
struct arch_frame {
    struct arch_frame *caller;
    vaddr_t return_addr;
};

/// Before the CPU reads what a device wrote to memory, and before a device reads what the CPU
/// wrote. The caches know nothing of devices. Lines that were fetched ahead of time while the
/// device was writing are dropped by the first; by the second, no line is left that could be
/// written back over its data.
static inline void arch_dma_flush_read(vaddr_t vaddr, size_t len) {
    arm64_clean_and_invalidate(vaddr, len);
}

static inline void arch_dma_flush_write(vaddr_t vaddr, size_t len) {
    arm64_clean_and_invalidate(vaddr, len);
}

#endif
