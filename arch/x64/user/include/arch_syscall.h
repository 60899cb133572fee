#ifndef __ARCH_SYSCALL_H__
#define __ARCH_SYSCALL_H__

/// \file
/// How a user program enters the kernel on x64.
///
///     rax                      system call number; on return, the result
///     rdi rsi rdx r10 r8 r9    arguments
///     rcx r11                  the instruction puts the return address and the flags there
///
/// Whatever a C function may change, the kernel may change too: all of the registers above. It keeps
/// rbx, rbp, rsp, r12 … r15 and the FPU's and SSE's registers, but no flags.

#include <kernel_abi.h>
#include <message.h>

static inline long arch_syscall(long number, long a0, long a1, long a2, long a3, long a4, long a5) {
    register long r10 __asm__("r10") = a3;
    register long r8 __asm__("r8") = a4;
    register long r9 __asm__("r9") = a5;
    __asm__ __volatile__("syscall"
                         : "+a"(number), "+D"(a0), "+S"(a1), "+d"(a2), "+r"(r10), "+r"(r8), "+r"(r9)
                         :
                         : "rcx", "r11", "memory", "cc");
    return number;
}

/// A light system call, of two arguments at most: those of the others are anything.
static inline long arch_light_syscall(long number, long a0, long a1) {
    __asm__ __volatile__("syscall"
                         : "+a"(number), "+D"(a0), "+S"(a1)
                         :
                         : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
    return number;
}
#define arch_light_syscall arch_light_syscall

/// SYS_IPC with those IPC_* flags: see <kernel_abi.h>. Flags are constants where this is inlined. A
/// message that comes is stored in *m. The kernel keeps no register for which C doesn't ask.
static inline error_t arch_ipc(unsigned flags, task_t peer, struct message *m,
                               const struct ool_buffer *ool) {
    long number = SYS_IPC_WITH(flags);
    unsigned a0 = (unsigned) peer;
    bool sends = flags & IPC_SEND;
    int a1 = sends ? m->type : 0;
    long a2 = (long) ool;
    register long r10 __asm__("r10") = (long) m;
    register long r8 __asm__("r8") = sends ? (long) m->words[0] : 0;
    register long r9 __asm__("r9") = sends ? (long) m->words[1] : 0;
    __asm__ __volatile__("syscall"
                         : "+a"(number), "+D"(a0), "+S"(a1), "+d"(a2), "+r"(r10), "+r"(r8), "+r"(r9)
                         :
                         : "rcx", "r11", "memory", "cc");
    error_t err = (error_t) number;
    if ((flags & IPC_RECV) && LIKELY(IS_OK(err))) {
        m->type = a1;
        m->src = (task_t) r10;
        m->words[0] = (uintptr_t) r8;
        m->words[1] = (uintptr_t) r9;
    }
    return err;
}

#endif
