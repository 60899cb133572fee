#ifndef __KERNEL_IPC_H__
#define __KERNEL_IPC_H__

/// \file
/// Messages and notifications.

#include <kernel/task.h>

/// In a restarted system call's flags: its send phase is over.
#define IPC_SENT (1u << 31)

/// SYS_IPC. Returns SYSCALL_PENDING when the result will be set later.
error_t __mustuse ipc_syscall(void);

/// SYS_NOTIFY: to a task that the current one may talk to.
error_t __mustuse ipc_notify(task_t dst, notifications_t notifications);

/// To any task, silently nothing if it is gone.
void ipc_notify_from_kernel(task_t dst, notifications_t notifications);

/// The current task, which is blocked in `state` (FAULTED or STOPPED), is reported to its pager.
void ipc_report(enum task_state state);

/// Copies what came into the current task's message buffer. False: it faulted.
bool __mustuse ipc_deliver(void);

/// Ends all IPC of a task that is being torn down. The caller holds all locks.
void ipc_abort_all(struct task *task);

/// Lets a blocked task make its system call again, from its receive phase on.
void ipc_restart_receive(struct task *task);

/// Pulls the out-of-line payload of `sender` into the buffer of the current task, a piece a call.
/// OK: all is there; ERR_TRY_AGAIN: more is to come; ERR_NOT_FOUND: a page of the sender's is missing,
/// which it has to fault on; SYSCALL_PENDING: the current task faulted; ERR_ABORTED: it faulted, and
/// the sender can't be made to wait for its pager. The caller holds both CPUs' locks.
error_t __mustuse ool_pull(struct task *sender);

#endif
