#ifndef __RESEA_SYS_IPC_H__
#define __RESEA_SYS_IPC_H__

/// \file
/// The system calls of messages, as they are. Programs use <resea/ipc.h>.

#include <arch_syscall.h>
#include <kernel_abi.h>
#include <message.h>

#ifndef arch_light_syscall
/// Architectures may have a shorter way of making calls below SYS_FIRST_FULL.
static inline long arch_light_syscall(long number, long a0, long a1) {
    return arch_syscall(number, a0, a1, 0, 0, 0, 0);
}
#endif

/// sys_notify adds to the notifications of a task.
///
/// sys_ipc sends m to `peer`, receives into m, or both, as `flags` (IPC_*) say: from `peer`, or from anybody with
/// IPC_OPEN. Where `ool` is a buffer, an out-of-line payload that comes goes there; NULL: none is
/// received. Blocks unless IPC_NOBLOCK is set. m is unchanged if it fails.
/// Under test both are functions, which a test can replace.
#ifdef UNITTEST
error_t sys_notify(task_t dst, notifications_t notifications);
error_t sys_ipc(task_t peer, struct message *m, unsigned flags, const struct ool_buffer *ool);
#else
static inline error_t sys_notify(task_t dst, notifications_t notifications) {
    return (error_t) arch_light_syscall(SYS_NOTIFY, dst, (long) notifications);
}

static inline error_t sys_ipc(task_t peer, struct message *m, unsigned flags,
                              const struct ool_buffer *ool) {
    return arch_ipc(flags, peer, m, ool);
}
#endif

#endif
