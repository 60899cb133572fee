#ifndef __ARCH_SYSCALL_H__
#define __ARCH_SYSCALL_H__

/// \file
/// How a user program enters the kernel on arm64: svc #0.
///
///     x8         system call number
///     x0 … x5    arguments; on return, x0 is the result and the others are undefined
///
/// The kernel keeps all other registers, those of the FPU and TPIDR_EL0 among them.

static inline long arch_syscall(long number, long a0, long a1, long a2, long a3, long a4, long a5) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a0;
    register long x1 __asm__("x1") = a1;
    register long x2 __asm__("x2") = a2;
    register long x3 __asm__("x3") = a3;
    register long x4 __asm__("x4") = a4;
    register long x5 __asm__("x5") = a5;
    __asm__ __volatile__("svc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5)
                         : "r"(x8)
                         : "memory", "cc");
    return x0;
}

#endif
