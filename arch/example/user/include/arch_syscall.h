#ifndef __ARCH_SYSCALL_H__
#define __ARCH_SYSCALL_H__

/// \file
/// How a user program enters the kernel. A porter says here which registers carry what.

#include <kernel_abi.h>
#include <message.h>

/// Put number and arguments into registers, execute the trap instruction, return the result register.
static inline long arch_syscall(long number, long a0, long a1, long a2, long a3, long a4, long a5) {
    __asm__ __volatile__(""
                         : "+r"(number)
                         : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                         : "memory");
    return number;
}

/// SYS_IPC with those IPC_* flags: see <kernel_abi.h>. Put the message's type and first words into the
/// registers of arguments 1, 4 and 5; store what is there on return, and argument 3, the sender, in *m.
static inline error_t arch_ipc(unsigned flags, task_t peer, struct message *m,
                               const struct ool_buffer *ool) {
    return (error_t) arch_syscall(SYS_IPC_WITH(flags), peer, m->type, (long) ool, (long) m,
                                  (long) m->words[0], (long) m->words[1]);
}

#endif
