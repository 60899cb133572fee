#ifndef __KERNEL_IPC_H__
#define __KERNEL_IPC_H__

/// \file
/// Messages and notifications.

#include <kernel/task.h>

/// In a restarted system call's flags: its send phase is over.
#define IPC_SENT (1u << 5)

/// SYS_IPC. Returns SYSCALL_PENDING when the result will be set later.
error_t __mustuse ipc_syscall(void);

/// SYS_NOTIFY: to a task that the current one may talk to. The system call's result: an error_t.
intptr_t __mustuse ipc_notify(task_t dst, notifications_t notifications);

/// The rest of it when the task isn't to be notified in a simple way. Drops the CPU's lock first.
intptr_t ipc_unlock_and_notify(task_t dst, notifications_t notifications, struct cpu *cpu);

/// To any task, silently nothing if it is gone.
void ipc_notify_from_kernel(task_t dst, notifications_t notifications);

/// The current task, which is blocked in `state` (FAULTED or STOPPED), is reported to its pager.
void ipc_report(enum task_state state);

/// The interrupt line of `driver`, a task of this CPU, has fired: the driver is told, and if it is to run now,
/// it has the CPU on return. Drops the lock of `cpu`, this one, which the caller has taken.
void fastpath_interrupt(struct cpu *cpu, struct task *driver);

#ifdef CONFIG_MMU
/// ipc_notify() of a task that waits for any message on this CPU, whose lock the caller has taken: drops it, or
/// keeps it until the CPU goes over to that task in kernel_resume(), as soon as the current one is saved.
intptr_t fastpath_wake(struct task *dst, notifications_t notifications, struct cpu *cpu);

/// Goes over to the task that fastpath_wake() has left in the CPU's `woken`.
void fastpath_go_to_woken(struct cpu *cpu);

/// ipc_report() of a page fault of `task`, the current one: goes to its pager at once if that waits on this
/// CPU, `cpu`, and is to run next.
void fastpath_fault(struct cpu *cpu, struct task *task);
#else
static inline intptr_t fastpath_wake(struct task *dst, notifications_t notifications,
                                     struct cpu *cpu) {
    return ipc_unlock_and_notify(dst->tid, notifications, cpu);
}
#endif

/// Adds to a task's notifications; wakes it if it waits for any message. The caller holds its lock.
CALLED_FROM_ASSEMBLY void ipc_notify_locked(struct task *dst, notifications_t notifications);

/// The send phase of a blocked task has failed. A server's reply that nobody takes isn't its business: it goes
/// on to receive.
void ipc_fail_send(struct task *sender, error_t err);

/// Lets a blocked task make its system call again, from its receive phase on.
void ipc_restart_receive(struct task *task);

// The arguments of the SYS_IPC that a task is in (SENDING, RECEIVING, or running in the kernel).

/// IPC_* of the call.
static inline unsigned ipc_flags(struct task *task) {
    return (unsigned) arch_syscall_number(task) >> IPC_FLAGS_SHIFT;
}

static inline task_t ipc_peer(struct task *task) {
    return (task_t) arch_syscall_arg(task, 0);
}

/// Whom it receives from.
static inline task_t ipc_src(struct task *task) {
    return (ipc_flags(task) & IPC_OPEN) ? IPC_ANY : ipc_peer(task);
}

/// Its message buffer.
static inline vaddr_t ipc_user_msg(struct task *task) {
    return arch_syscall_arg(task, 3);
}

/// Its struct ool_buffer, or 0.
static inline vaddr_t ipc_user_ool(struct task *task) {
    return arch_syscall_arg(task, 2);
}

/// The current task, its pager, has mapped the page that a task waits for: as if it had answered the page
/// fault. Nothing, unless the task waits for that. The caller holds the locks of task_acquire().
void ipc_resume_faulted(struct task *task);

#endif
