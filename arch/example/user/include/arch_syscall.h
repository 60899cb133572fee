#ifndef __ARCH_SYSCALL_H__
#define __ARCH_SYSCALL_H__

/// \file
/// How a user program enters the kernel. A porter says here which registers carry what.

/// Put number and arguments into registers, execute the trap instruction, return the result register.
static inline long arch_syscall(long number, long a0, long a1, long a2, long a3, long a4, long a5) {
    __asm__ __volatile__(""
                         : "+r"(number)
                         : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                         : "memory");
    return number;
}

#endif
