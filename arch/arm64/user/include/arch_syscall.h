#ifndef __ARCH_SYSCALL_H__
#define __ARCH_SYSCALL_H__

/// \file
/// How a user program enters the kernel on arm64: svc #0.
///
///     x8         system call number
///     x0 … x5    arguments; on return, x0 is the result and the others are undefined
///
/// Whatever a C function may change, the kernel may change too: x0 … x17. It keeps x18 … x30, sp,
/// TPIDR_EL0 and the FPU's registers.

#include <kernel_abi.h>
#include <message.h>

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
                         : "x6", "x7", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                           "memory", "cc");
    return x0;
}

/// A light system call, of two arguments at most: those of the others are anything.
static inline long arch_light_syscall(long number, long a0, long a1) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a0;
    register long x1 __asm__("x1") = a1;
    __asm__ __volatile__("svc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x8)
                         :
                         : "x2", "x3", "x4", "x5", "x6", "x7", "x9", "x10", "x11", "x12", "x13",
                           "x14", "x15", "x16", "x17", "memory", "cc");
    return x0;
}
#define arch_light_syscall arch_light_syscall

/// SYS_IPC with those IPC_* flags: see <kernel_abi.h>. Flags are constants where this is inlined. A
/// message that comes is stored in *m.
static inline error_t arch_ipc(unsigned flags, task_t peer, struct message *m,
                               const struct ool_buffer *ool) {
    register long x8 __asm__("x8") = SYS_IPC_WITH(flags);
    register int x0 __asm__("x0") = peer;
    bool sends = flags & IPC_SEND;
    register int x1 __asm__("x1") = sends ? m->type : 0;
    register long x2 __asm__("x2") = (long) ool;
    register long x3 __asm__("x3") = (long) m;
    register long x4 __asm__("x4") = sends ? (long) m->words[0] : 0;
    register long x5 __asm__("x5") = sends ? (long) m->words[1] : 0;
    __asm__ __volatile__("svc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x8)
                         :
                         : "x6", "x7", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                           "memory", "cc");
    error_t err = (error_t) x0;
    if ((flags & IPC_RECV) && LIKELY(IS_OK(err))) {
        m->type = (int) x1;
        m->src = (task_t) x3;
        m->words[0] = (uintptr_t) x4;
        m->words[1] = (uintptr_t) x5;
    }
    return err;
}

#endif
