#ifndef __ARCH_USER_H__
#define __ARCH_USER_H__

/// \file
/// What else libs/resea and libs/driver need of ARMv6-M, beside system calls (<arch_syscall.h>).

#include <arch_syscall.h>
#include <kernel_abi.h>
#include <types.h>

/// The kernel's cycle counter, modulo 2^32 (on the nRF51: 268 s); kernel_info.clock_hz tells its rate.
/// ARMv6-M has no counter of its own that programs could read: this is a system call.
static inline uint64_t arch_cycles(void) {
    return (uint32_t) arch_light_syscall(SYS_CLOCK, CLOCK_CYCLES, 0);
}

/// What benchmarks count: there is no finer counter.
static inline uint64_t arch_cpu_cycles(void) {
    return arch_cycles();
}

/// From the linker script: the initial stack pointer, right below the command line.
extern char __stack_top[];

/// Where the task that launched us has left our command line.
#define ARCH_CMDLINE ((const char *) __stack_top)

/// A device sees memory as the CPU does: there are no caches. It is the compiler who has to be told.
static inline void arch_dma_flush_read(vaddr_t vaddr __unused, size_t len __unused) {
    __asm__ __volatile__("" ::: "memory");
}

static inline void arch_dma_flush_write(vaddr_t vaddr __unused, size_t len __unused) {
    __asm__ __volatile__("" ::: "memory");
}

#endif
