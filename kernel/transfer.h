#ifndef __KERNEL_TRANSFER_H__
#define __KERNEL_TRANSFER_H__

/// \file
/// How the bytes of a message get from one task to another: transfer.c with an MMU, nommu.c without.
///
/// With an MMU each side touches only its own address space, with its own faults: the sender copies the
/// message into `msg` of a receiver that waits for it, or into its own `msg`; the receiver copies it
/// from its `msg` to its buffer before it goes on in user mode. Without one all memory can be reached
/// at any time: a message lies in its sender's buffer until it is copied into the receiver's.

#include <kernel/task.h>

/// Whether a receiver fetches payloads piece by piece, so that it may have to come again.
#ifdef CONFIG_MMU
#    define TRANSFER_PIECEWISE true
#else
#    define TRANSFER_PIECEWISE false
#endif

/// A message that stays with its sender, for the receiver to fetch.
#define TRANSFER_HELD 1

/// Whether the numbers in a message's type make sense.
error_t __mustuse transfer_check_type(int type);

/// The same for its out-of-line payload.
error_t __mustuse transfer_check_ool(int type, size_t ool_len);

/// SYS_IPC begins: whether its buffers can be used.
error_t __mustuse transfer_begin(struct task *task, unsigned flags);

/// The current task, `task`, sends a message whose header says `type` to `dst`, which is `ready` to
/// receive it or not.
///   OK             `dst` has it.
///   TRANSFER_HELD  It is with the sender. `dst`, if it is ready, has to come for it.
/// Fails with SYSCALL_PENDING if the sender's memory faulted, ERR_INVALID_ARG, or ERR_TOO_LARGE. The
/// caller holds both CPUs' locks.
error_t __mustuse transfer_send(struct task *task, struct task *dst, int type, bool ready);

/// The current task takes the message of `sender`, which is SENDING.
///   OK             It has it.
///   ERR_TRY_AGAIN  More of the payload is to come.
/// Fails with SYSCALL_PENDING if the current task faulted, ERR_NOT_FOUND if the sender lacks a page,
/// which it has to fault on, ERR_ABORTED if the current task faulted and the sender can't be made to
/// wait for its pager, ERR_TOO_LARGE, ERR_INVALID_ARG. The caller holds both CPUs' locks.
error_t __mustuse transfer_receive(struct task *sender);

/// Where the kernel writes what it has to say to a task that receives: it is delivered with no more ado.
struct message *transfer_buffer(struct task *task);

#ifdef CONFIG_MMU
/// Copies what came into the current task's message buffer. False: it faulted.
bool __mustuse transfer_deliver(void);
#endif

#endif
