#ifndef __KERNEL_TRANSFER_H__
#define __KERNEL_TRANSFER_H__

/// \file
/// How the bytes of a message get from one task to another: transfer.c with an MMU, nommu.c without.
///
/// With an MMU a short message goes from the sender's registers to the receiver's. Of a longer one, the
/// rest takes two copies, for each side touches only its own address space, with its own faults: the
/// sender copies it into `msg` of a receiver that waits for it, or into its own `msg`; the receiver
/// copies it from its `msg` to its buffer before it goes on in user mode. Without an MMU all memory can
/// be reached at any time: a message lies in its sender's buffer until it is copied into the receiver's.

#include <kernel/ipc.h>
#include <kernel/task.h>
#include <string.h>

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

/// Of the payload of a report to a pager, so much is cleared first.
#ifdef CONFIG_MMU
#    define TRANSFER_REPORT_BYTES MAX(MSG_LEN(PAGE_FAULT_MSG), MSG_LEN(EXCEPTION_MSG))
#else
#    define TRANSFER_REPORT_BYTES MESSAGE_PAYLOAD_SIZE
#endif

#ifdef CONFIG_MMU

/// What of a payload is in registers.
#    define IPC_REG_BYTES (IPC_WORDS * sizeof(uintptr_t))

/// The same as below for what isn't a short message on its way to who waits for it.
error_t __mustuse transfer_send_other(struct task *task, struct task *dst, int type, bool ready);
error_t __mustuse transfer_receive_ool(struct task *sender);

/// The kernel's pointer to what a task has at `vaddr`, to be read or written, and how much of *len is there
/// in a row. NULL: the task has to fault there, as is noted in it. Its CPU's lock is held.
uint8_t *transfer_find_bytes(struct task *task, vaddr_t vaddr, bool write, size_t *len);

/// Copies a payload of the current task's to where `dst` wants it, which waits on this CPU: `*to`.
///   OK             All of it is there.
///   ERR_TRY_AGAIN  Interrupts have to get their turn first; who calls again goes on.
///   ERR_NOT_FOUND  The current task has to fault first, as its `fault` says.
///   ERR_NO_BUFFER  `dst` has to come for it.
/// The caller holds the CPU's lock.
error_t __mustuse transfer_push(struct task *task, struct task *dst, vaddr_t from, size_t len,
                                vaddr_t *to);
#    define ERR_NO_BUFFER ERR_NO_MEMORY

/// Hands what came in `msg` to the current task, which goes on in user mode. False: it faulted.
bool __mustuse transfer_deliver(void);

static inline bool has_ool(int type) {
    return type >= 0 && (type & (MSG_OOL | MSG_LOAN));
}

/// SYS_IPC begins: whether its buffers can be used. Here that shows when they are.
static inline error_t transfer_begin(struct task *task __unused, unsigned flags __unused) {
    return OK;
}

/// The type of the message that the current task sends.
static inline int transfer_type(struct task *task) {
    return (int) arch_syscall_arg(task, 1);
}

/// Where the kernel writes what it has to say to a task that receives: it is delivered with no more ado.
static inline struct message *transfer_buffer(struct task *task) {
    task->work |= WORK_DELIVER;
    return &task->msg;
}

/// A whole message of IPC_WORDS words at most.
static inline void transfer_give(struct task *task, task_t src, int type, uintptr_t word0,
                                 uintptr_t word1) {
    arch_syscall_set_arg(task, 1, (uintptr_t) type);
    arch_syscall_set_arg(task, 3, (uintptr_t) src);
    arch_syscall_set_arg(task, 4, word0);
    arch_syscall_set_arg(task, 5, word1);
}

/// A word of the payload that a task sends: 0 if the message hasn't got it.
static inline uintptr_t transfer_word(struct task *task, int type, size_t n) {
    return MSG_LEN(type) > n * sizeof(uintptr_t) ? arch_syscall_arg(task, 4 + (int) n) : 0;
}

/// The current task, `task`, sends a message of that type to `dst`, which is `ready` to receive it or
/// not.
///   OK             `dst` has it.
///   TRANSFER_HELD  It is with the sender. `dst`, if it is ready, has to come for it.
/// Fails with SYSCALL_PENDING if the sender's memory faulted, ERR_INVALID_ARG, or ERR_TOO_LARGE. The
/// caller holds both CPUs' locks.
static inline error_t __mustuse transfer_send(struct task *task, struct task *dst, int type,
                                              bool ready) {
    if (!ready || has_ool(type) || MSG_LEN(type) > IPC_REG_BYTES) {
        return transfer_send_other(task, dst, type, ready);
    }
    transfer_give(dst, task->tid, type, transfer_word(task, type, 0), transfer_word(task, type, 1));
    return OK;
}

/// The current task takes the message of `sender`, which is SENDING.
///   OK             It has it.
///   ERR_TRY_AGAIN  More of the payload is to come.
/// Fails with SYSCALL_PENDING if the current task faulted, ERR_NOT_FOUND if the sender lacks a page,
/// which it has to fault on, ERR_ABORTED if the current task faulted and the sender can't be made to
/// wait for its pager, ERR_TOO_LARGE, ERR_INVALID_ARG. The caller holds both CPUs' locks.
static inline error_t __mustuse transfer_receive(struct task *sender) {
    const struct message *m = &sender->msg;
    if (has_ool(m->type)) {
        return transfer_receive_ool(sender);
    }
    memcpy(transfer_buffer(current_task()), m,
           MESSAGE_HEADER_SIZE + MAX(MSG_LEN(m->type), IPC_REG_BYTES));
    return OK;
}

#else

error_t __mustuse transfer_begin(struct task *task, unsigned flags);
int transfer_type(struct task *task);
struct message *transfer_buffer(struct task *task);
void transfer_give(struct task *task, task_t src, int type, uintptr_t word0, uintptr_t word1);
error_t __mustuse transfer_send(struct task *task, struct task *dst, int type, bool ready);
error_t __mustuse transfer_receive(struct task *sender);

/// Copies the payload of `from`, whose message has one, in one go. Returns where `to` has it now, or NULL: it is
/// empty or too long, `from` may not read it, or `to` has no room for it.
CALLED_FROM_ASSEMBLY void *transfer_payload(struct task *from, struct task *to);

#endif

#endif
