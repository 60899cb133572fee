#ifndef __KERNEL_FASTPATH_H__
#define __KERNEL_FASTPATH_H__

/// \file
/// The short way of a short message: a call, or an answer with the next receive, between two tasks of
/// one CPU of which the other one waits. Where an architecture has registers for messages, its entry code
/// comes here before anything else; see docs/ipc.md for the path, line by line.
///
/// The arguments are those of SYS_IPC in their order, but `arg2` and `arg3` mean nothing: where C looks
/// for them isn't where system calls have them on every machine. `type` may have anything in its upper
/// half. The current task's registers are saved but for the message's (arguments 1, 4 and 5). Whatever isn't the
/// common case leaves by arch_fast_bail(), nothing having been done: the system call is made as any
/// other. Neither function returns, which isn't said to the compiler: it would make no tail calls.

#include <arch_fastpath.h>
#include <kernel/task.h>

/// An architecture that can give its CPU and the current task in registers has two parameters more.
#define FASTPATH_PARAMS                                                            \
    task_t peer, uintptr_t type, uintptr_t arg2 __unused, uintptr_t arg3 __unused, \
        uintptr_t word0, uintptr_t word1 ARCH_FAST_PARAMS
#define FASTPATH_ARGS peer, type, arg2, arg3, word0, word1 ARCH_FAST_ARGS

/// SYS_IPC with IPC_CALL.
void fastpath_call(FASTPATH_PARAMS);

/// SYS_IPC with IPC_SERVE.
void fastpath_serve(FASTPATH_PARAMS);

#endif
