#ifndef __KERNEL_FASTPATH_H__
#define __KERNEL_FASTPATH_H__

/// \file
/// The short way of a short message: a call, or an answer with the next receive, between two tasks of
/// one CPU of which the other one waits. Where an architecture has registers for messages, its entry code
/// comes here before anything else; see docs/ipc.md for the path, line by line.
///
/// The current task's registers are saved but for those of the message (type, word0, word1), of which
/// `type` may have anything in its upper half. Whatever isn't the common case leaves by
/// arch_fast_bail(), nothing having been done: the system call is made as any other. Neither function
/// returns.

#include <kernel/task.h>

/// SYS_IPC with IPC_CALL.
__noreturn void fastpath_call(task_t peer, uintptr_t type, struct cpu *cpu, struct task *task,
                              uintptr_t word0, uintptr_t word1);

/// SYS_IPC with IPC_SERVE.
__noreturn void fastpath_serve(task_t peer, uintptr_t type, struct cpu *cpu, struct task *task,
                               uintptr_t word0, uintptr_t word1);

#endif
