#ifndef __ARCH_SYSCALL_H__
#define __ARCH_SYSCALL_H__

/// \file
/// How a user program enters the kernel on ARMv6-M.
///
///     r12                  system call number
///     r0 r1 r2 r3 r4 r5    arguments
///     r0                   on return, the result
///
/// The kernel keeps all other registers but r8 to r11, which the compiler is told not to use: see arch.toml.
/// It needs 64 bytes of the caller's stack to do so.

#include <kernel_abi.h>
#include <message.h>

static inline long arch_syscall(long number, long a0, long a1, long a2, long a3, long a4, long a5) {
    register long r0 __asm__("r0") = a0;
    register long r1 __asm__("r1") = a1;
    register long r2 __asm__("r2") = a2;
    register long r3 __asm__("r3") = a3;
    register long r4 __asm__("r4") = a4;
    register long r5 __asm__("r5") = a5;
    __asm__ __volatile__("mov r12, %1\n\t"
                         "svc 0"
                         : "+r"(r0)
                         : "r"(number), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
                         : "r12", "memory");
    return r0;
}

/// A light system call, of two arguments at most.
static inline long arch_light_syscall(long number, long a0, long a1) {
    register long r0 __asm__("r0") = a0;
    register long r1 __asm__("r1") = a1;
    __asm__ __volatile__("mov r12, %1\n\t"
                         "svc 0"
                         : "+r"(r0)
                         : "r"(number), "r"(r1)
                         : "r12", "memory");
    return r0;
}
#define arch_light_syscall arch_light_syscall

/// SYS_IPC with those IPC_* flags: see <kernel_abi.h>.
static inline error_t arch_ipc(unsigned flags, task_t peer, struct message *m,
                               const struct ool_buffer *ool) {
    register long r0 __asm__("r0") = peer;
    register long r2 __asm__("r2") = (long) ool;
    register long r3 __asm__("r3") = (long) m;
    __asm__ __volatile__("mov r12, %2\n\t"
                         "svc 0"
                         : "+r"(r0), "+m"(*m)
                         : "r"(SYS_IPC_WITH(flags)), "r"(r2), "r"(r3)
                         : "r12", "memory");
    return (error_t) r0;
}

#endif
