#ifndef __RESEA_SYS_IPC_H__
#define __RESEA_SYS_IPC_H__

/// \file
/// The system call of all messages, as it is. Programs use <resea/ipc.h>.

#include <arch_syscall.h>
#include <kernel_abi.h>
#include <message.h>

/// Sends m to `peer`, receives into m, or both, as `flags` (IPC_*) say: from `peer`, or from anybody with
/// IPC_OPEN. Where `ool` is a buffer, an out-of-line payload that comes goes there; NULL: none is
/// received. Blocks unless IPC_NOBLOCK is set. m is unchanged if it fails.
/// Under test it is a function, which a test can replace.
#ifdef UNITTEST
error_t sys_ipc(task_t peer, struct message *m, unsigned flags, const struct ool_buffer *ool);
#else
static inline error_t sys_ipc(task_t peer, struct message *m, unsigned flags,
                              const struct ool_buffer *ool) {
    return arch_ipc(flags, peer, m, ool);
}
#endif

#endif
