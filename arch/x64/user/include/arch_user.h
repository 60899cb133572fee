#ifndef __ARCH_USER_H__
#define __ARCH_USER_H__

/// \file
/// What else libs/resea and libs/driver need of x64, beside system calls (<arch_syscall.h>).

#include <types.h>

/// The CPU's cycle counter; kernel_info.clock_hz tells its rate.
static inline uint64_t arch_cycles(void) {
    uint32_t low, high;
    __asm__ __volatile__("rdtsc" : "=a"(low), "=d"(high));
    return ((uint64_t) high << 32) | low;
}

/// This CPU's own cycles, to measure code with. The time-stamp counter comes close, and is what
/// there is.
static inline uint64_t arch_cpu_cycles(void) {
    return arch_cycles();
}

/// The mnemonic of the instruction that goes on at the address behind it.
#define ARCH_JUMP "jmp"

/// Where the task that launched us has left our command line.
#define ARCH_CMDLINE ((const char *) (USER_STACK_TOP - USER_ARGS_LEN))

/// What the frame pointer points to in code compiled with -fno-omit-frame-pointer.
struct arch_frame {
    struct arch_frame *caller;
    vaddr_t return_addr;
};

/// I/O ports. A task without the right to a port gets EXP_PROTECTION.
static inline uint8_t arch_port_read8(uint16_t port) {
    uint8_t value;
    __asm__ __volatile__("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint16_t arch_port_read16(uint16_t port) {
    uint16_t value;
    __asm__ __volatile__("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t arch_port_read32(uint16_t port) {
    uint32_t value;
    __asm__ __volatile__("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void arch_port_write8(uint16_t port, uint8_t value) {
    __asm__ __volatile__("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void arch_port_write16(uint16_t port, uint16_t value) {
    __asm__ __volatile__("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline void arch_port_write32(uint16_t port, uint32_t value) {
    __asm__ __volatile__("outl %0, %1" ::"a"(value), "Nd"(port));
}

/// Before the CPU reads what a device wrote to memory, and before a device reads what the CPU
/// wrote. Caches of x64 see what devices do: it is the compiler alone who has to be told.
static inline void arch_dma_flush_read(vaddr_t vaddr __unused, size_t len __unused) {
    __asm__ __volatile__("" ::: "memory");
}

static inline void arch_dma_flush_write(vaddr_t vaddr __unused, size_t len __unused) {
    __asm__ __volatile__("" ::: "memory");
}

#endif
