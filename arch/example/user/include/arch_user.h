#ifndef __ARCH_USER_H__
#define __ARCH_USER_H__

/// \file
/// What else libs/resea and libs/driver need of the machine. With I/O ports (`ports = true` in
/// arch.toml), arch_port_read8() and its kin are here, too: see arch/x64/user/include.

#include <types.h>

/// Read the counter that the kernel's arch_cycles() reads.
static inline uint64_t arch_cycles(void) {
    return 0;
}

/// Read what is best to measure code with: this CPU's cycles, if programs can read them.
static inline uint64_t arch_cpu_cycles(void) {
    return arch_cycles();
}

/// The mnemonic of an unconditional jump, of which `. + 4096` can be the operand: the benchmark makes a
/// page of code with it.
#define ARCH_JUMP "jump"

/// Where the start-up code finds the command line.
#define ARCH_CMDLINE ((const char *) (USER_STACK_TOP - USER_ARGS_LEN))

/// What the frame pointer points to: the order is the calling convention's.
struct arch_frame {
    struct arch_frame *caller;
    vaddr_t return_addr;
};

/// Make the CPU see what a device wrote to memory: invalidate the range in the data cache.
static inline void arch_dma_flush_read(vaddr_t vaddr __unused, size_t len __unused) {}

/// Make a device see what the CPU wrote to memory: clean the range in the data cache.
static inline void arch_dma_flush_write(vaddr_t vaddr __unused, size_t len __unused) {}

#endif
