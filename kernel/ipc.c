#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/loan.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/rights.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/timer.h>
#include <kernel/trace.h>
#include <kernel/transfer.h>
#include <string.h>

// The life of a message. A sender hands it straight to a receiver that waits for it, or waits in the
// receiver's `senders`; transfer.h says where the bytes are meanwhile.
//
// A system call that can't finish leaves no stack behind: the task blocks with all it needs in its
// struct, or makes the call again, with the send phase struck out once that is done.

static bool accepts(const struct task *receiver, task_t from) {
    return receiver->state == TASK_RECEIVING
           && (receiver->waits_for == IPC_ANY || receiver->waits_for == from);
}

void ipc_restart_receive(struct task *task) {
    arch_syscall_set_number(task, SYS_IPC_WITH((ipc_flags(task) & ~IPC_SEND) | IPC_SENT));
    arch_syscall_restart(task);
}

/// Finishes the system call of a task that waited.
static void finish(struct task *task, error_t err) {
    if (IS_ERROR(err)) {
        trace_event(TRACE_ABORT, task->tid, task->waits_for, (uint32_t) err);
    }
    task->waits_for = 0;
    arch_syscall_set_result(task, err);
}

/// The same, and wakes it.
static void complete(struct task *task, error_t err) {
    finish(task, err);
    sched_wake(task);
}

void task_abort(struct task *task, error_t err) {
    struct cpu *user = loan_end(task);
    finish(task, err);
    if (user) {
        smp_wait_for(task, user);
    } else {
        sched_wake(task);
    }
}

// ---- What the kernel itself has to say ----------------------------------------------------------

static void compose_notifications(struct task *task) {
    union {
        struct notifications_fields fields;
        uintptr_t word;
    } payload = {.word = 0};
    payload.fields.data = task->notifications;
    task->notifications = 0;
    transfer_give(task, KERNEL_TASK, NOTIFICATIONS_MSG, payload.word, 0);
}

/// Writes into the pager's `msg` why `task` is blocked.
static __noinline void compose_report(struct message *m, struct task *task) {
    bzero(m->raw, TRANSFER_REPORT_BYTES);
    m->src = task->tid;
    if (task_is_faulted(task)) {
        m->type = PAGE_FAULT_MSG;
        m->page_fault.task = task->tid;
        m->page_fault.vaddr = task->fault.vaddr;
        m->page_fault.ip = arch_task_ip(task);
        m->page_fault.fault = task->fault.flags;
    } else {
        m->type = EXCEPTION_MSG;
        m->exception.task = task->tid;
        m->exception.exception = task->exception;
        m->exception.value = task->fault.value;
        m->exception.ip = arch_task_ip(task);
        m->exception.addr = task->fault.vaddr;
    }
    task->reported = true;
}

/// Leaves a task in the queue of whom it wants to send to.
static __noinline void queue_sender(struct task *dst, struct task *task, bool at_front) {
    dst->attention = true;
    if (at_front) {
        list_push_front(&dst->senders, &task->link);
    } else {
        list_push_back(&dst->senders, &task->link);
    }
}

void ipc_report(enum task_state state) {
    struct task *task = current_task();
    if (task->tid == INIT_TASK) {
        PANIC("vm has no pager: fault 0x%x, exception %d at %p, ip %p", task->fault.flags,
              task->exception, (void *) task->fault.vaddr, (void *) arch_task_ip(task));
    }
    task->reported = false;
    struct task *pager = task_acquire(task->pager);
    if (!pager) {
        // Nobody to tell: it stays as it is until somebody destroys it.
        cpu_acquire(this_cpu());
        task->reported = true;
        sched_block(state);
        cpu_release();
        return;
    }
    task->ipc_count++;
    if (accepts(pager, task->tid)) {
        task->state = state;
        compose_report(transfer_buffer(pager), task);
        trace_report(task, true);
        pager->waits_for = 0;
        arch_syscall_set_result(pager, OK);
        sched_handoff(state, pager);
    } else {
        sched_block(state);
        trace_report(task, false);
        queue_sender(pager, task, false);
    }
    cpu_release();
}

/// Wakes whom the current task has sent something. A server that goes on to receive will likely block.
static void wake_receiver(struct task *sender, struct task *receiver) {
    if (ipc_flags(sender) & IPC_RECV) {
        sched_wake_before_block(receiver);
    } else {
        sched_wake(receiver);
    }
}

/// The pager has answered a page fault: the task goes on, or is left as it is.
static error_t answer_fault(struct task *pager, struct task *task, int type) {
    trace_event(TRACE_RESUME, pager->tid, task->tid, type == PAGE_FAULT_REPLY_MSG);
    if (type != PAGE_FAULT_REPLY_MSG) {
        task->state = TASK_STOPPED;
        return OK;
    }
    task->reported = false;
    wake_receiver(pager, task);
    return OK;
}

void ipc_resume_faulted(struct task *task) {
    if (task->state == TASK_FAULTED && task->reported && task->pager == current_task()->tid) {
        task->reported = false;
        // The pager will likely wait for the next fault.
        sched_wake_before_block(task);
    }
}

// ---- Sending ------------------------------------------------------------------------------------

/// What a message may have besides itself, a bit for each kind.
#define OOL_KINDS (1u << MSG_OOL_NONE | 1u << MSG_OOL_BYTES | 1u << MSG_OOL_STR | LOAN_KINDS)

error_t transfer_check_type(int type) {
    if (type < 0) {
        return OK;
    }
    int ool = MSG_OOL_KIND(type);
    if ((type & MSG_RESERVED) || MSG_IS_KERNEL_ONLY(type) || MSG_LEN(type) > MESSAGE_PAYLOAD_SIZE
        || !((OOL_KINDS >> ool) & 1)) {
        return ERR_INVALID_ARG;
    }
    if (ool != MSG_OOL_NONE && MSG_LEN(type) < sizeof(void *) + sizeof(size_t)) {
        return ERR_INVALID_ARG;
    }
    return OK;
}

error_t transfer_check_ool(int type, size_t ool_len) {
    if (ool_len > CONFIG_OOL_MAX) {
        return ERR_TOO_LARGE;
    }
    return MSG_OOL_KIND(type) == MSG_OOL_STR && ool_len == 0 ? ERR_INVALID_ARG : OK;
}

/// The current task has sent `dst` what it waited for.
static void switch_to_receiver(struct task *task, struct task *dst) {
    loan_end_with(dst, task);
    dst->waits_for = 0;
    dst->ipc_count++;
    arch_syscall_set_result(dst, OK);
    bool calls = (ipc_flags(task) & (IPC_RECV | IPC_NOBLOCK)) == IPC_RECV;
    if (!calls || ipc_src(task) != dst->tid) {
        wake_receiver(task, dst);
        return;
    }
    // A call: the receiver serves it with the caller's urgency, at once.
    if (task->priority < dst->priority) {
        sched_set_priority(dst, task->priority);
    }
    task->waits_for = dst->tid;
    sched_handoff(TASK_RECEIVING, dst);
}

/// Leaves the current task in the queue of `dst`, with its message in `msg`.
static void wait_to_send(struct task *task, struct task *dst) {
    sched_block(TASK_SENDING);
    task->waits_for = dst->tid;
    queue_sender(dst, task, false);
    if (task->priority < dst->priority) {
        sched_set_priority(dst, task->priority);
    }
}

/// An answer's receiver is about to be raised to its sender's priority, until it has fetched it.
static void note_pull(struct task *task __unused, struct task *dst __unused) {
#ifdef CONFIG_MMU
    if ((ipc_flags(task) & IPC_REPLY) && ipc_src(dst) == task->tid && !dst->pull_priority) {
        dst->pull_priority = dst->priority + 1;
    }
#endif
}

/// The current task has its answer, or will not get it.
static void end_pull(struct task *task __unused) {
#ifdef CONFIG_MMU
    if (UNLIKELY(task->pull_priority)) {
        cpu_acquire_this(this_cpu());
        sched_set_priority(task, MIN(task->pull_priority - 1u, task->base_priority));
        task->pull_priority = 0;
        cpu_release();
    }
#endif
}

/// The message has an out-of-line payload: the receiver comes to fetch it.
static void let_receiver_pull(struct task *task, struct task *dst) {
    dst->waits_for = 0;
    ipc_restart_receive(dst);
    task->waits_for = dst->tid;
    queue_sender(dst, task, true);
    if (task->priority < dst->priority) {
        note_pull(task, dst);
        sched_set_priority(dst, task->priority);
    }
    sched_handoff(TASK_SENDING, dst);
}

/// Sends to `dst`, both CPUs' locks being held.
static error_t send_locked(struct task *task, struct task *dst, int type) {
    bool ready = accepts(dst, task->tid);
    bool asked = ready && dst->waits_for == task->tid;
    bool replying = (ipc_flags(task) & IPC_REPLY) != 0;
    if (!asked && !rights_may_call(task, dst)) {
        return ERR_NOT_PERMITTED;
    }
    if (!ready && (replying || (ipc_flags(task) & IPC_NOBLOCK))) {
        return ERR_WOULD_BLOCK;
    }
    error_t err = transfer_send(task, dst, type, ready);
    if (err == OK) {
        trace_message(task, dst, true);
        switch_to_receiver(task, dst);
        return OK;
    }
    if (err == TRANSFER_HELD) {
        trace_message(task, dst, false);
        if (TRANSFER_PIECEWISE && ready) {
            let_receiver_pull(task, dst);
        } else {
            wait_to_send(task, dst);
        }
        return SYSCALL_PENDING;
    }
    if (err == ERR_TOO_LARGE && replying && asked) {
        loan_end_with(dst, task);
        complete(dst, ERR_TOO_LARGE);  // It would wait for ever.
    }
    return err;
}

static error_t send(struct task *task, task_t dst_tid) {
    int type = transfer_type(task);
    error_t err = transfer_check_type(type);
    if (IS_ERROR(err)) {
        return err;
    }
    struct task *dst = task_acquire(dst_tid);
    if (!dst) {
        return ERR_INVALID_TASK;
    }
    if (dst == task) {
        err = ERR_INVALID_ARG;
    } else if (task_is_faulted(dst) && dst->reported && dst->pager == task->tid) {
        err = answer_fault(task, dst, type);
    } else if (dst->state == TASK_STOPPED) {
        err = ERR_INVALID_TASK;
    } else {
        err = send_locked(task, dst, type);
    }
    if (err == OK) {
        task->ipc_count++;
    }
    cpu_release();
    return err;
}

void ipc_fail_send(struct task *sender, error_t err) {
    if ((ipc_flags(sender) & IPC_REPLY) && (ipc_flags(sender) & IPC_RECV)) {
        sender->waits_for = 0;
        ipc_restart_receive(sender);
        sched_wake(sender);
    } else {
        complete(sender, err);
    }
}

/// The current task has taken the message of a blocked sender, which goes on with its call.
static void finish_send(struct task *sender) {
    struct task *receiver = current_task();
    if (!(ipc_flags(sender) & IPC_RECV)) {
        sender->ipc_count++;
        complete(sender, OK);
    } else if (ipc_src(sender) == receiver->tid && !(ipc_flags(sender) & IPC_NOBLOCK)) {
        // A call. The receiver can't have a message for it yet.
        sender->ipc_count++;
        sender->state = TASK_RECEIVING;
        sender->waits_for = receiver->tid;
    } else {
        sender->waits_for = 0;
        ipc_restart_receive(sender);
        sched_wake(sender);
    }
}

// ---- Receiving ----------------------------------------------------------------------------------

/// Who is in the middle of sending the current task a long payload, or NULL.
static struct task *half_received(const struct task *task __unused) {
#ifdef CONFIG_MMU
    struct task *pulled = task->ool_from ? task_slot(TASK_SLOT(task->ool_from)) : NULL;
    if (pulled && pulled->tid == task->ool_from && pulled->state == TASK_SENDING
        && pulled->waits_for == task->tid) {
        return pulled;
    }
#endif
    return NULL;
}

/// Who has something for the current task: the sender that it is in the middle of, the one that it
/// asks for, or the first one.
static struct task *next_sender(struct task *task, task_t src) {
    if (src == IPC_ANY) {
        struct task *pulled = half_received(task);
        return pulled ? pulled : LIST_FRONT(&task->senders, struct task, link);
    }
    struct task *sender = task_slot(TASK_SLOT(src));
    if (!sender || sender->tid != src) {
        return NULL;
    }
    bool sending = sender->state == TASK_SENDING && sender->waits_for == task->tid;
    bool reporting = (task_is_faulted(sender) || sender->state == TASK_STOPPED)
                     && sender->pager == task->tid && !sender->reported;
    return (sending || reporting) ? sender : NULL;
}

/// Finds the next sender and takes the locks of both CPUs. NULL: nobody; this CPU's lock is held.
static struct task *acquire_sender(struct task *task, task_t src) {
    struct cpu *cpu = this_cpu();
    struct cpu *other = cpu;
    cpu_acquire_this(cpu);
    while (true) {
        struct task *sender = next_sender(task, src);
        if (!sender || is_on(sender, other) || is_on(sender, cpu)) {
            return sender;
        }
        other = cpu_of(sender);
        cpu_release();
        cpu_acquire(other);
    }
}

/// The payload of `sender` can't be had. Returns how the receive goes on.
static error_t drop_sender(struct task *task, struct task *sender, error_t err) {
    if (TRANSFER_PIECEWISE && err == ERR_NOT_FOUND) {
        // The sender's page is missing: it takes the fault itself and then sends again.
        sender->waits_for = 0;
        sender->work |= WORK_FAULT;
        arch_syscall_restart(sender);
        sched_wake(sender);
        return ERR_TRY_AGAIN;
    }
    // An answer that doesn't come: the client would wait for ever.
    bool tell =
        ipc_src(task) == sender->tid
        && (err == ERR_ABORTED || (err == ERR_TOO_LARGE && (ipc_flags(sender) & IPC_REPLY)));
    ipc_fail_send(sender, err);
    return tell ? err : ERR_TRY_AGAIN;
}

/// Takes the message of `sender`, both CPUs' locks being held.
static error_t receive_from(struct task *task, struct task *sender) {
    if (sender->state != TASK_SENDING) {
        list_remove(&sender->link);
        compose_report(transfer_buffer(task), sender);
        trace_receive(task);
        return OK;
    }
    error_t err = transfer_receive(sender);
    if (err == SYSCALL_PENDING || err == ERR_TRY_AGAIN) {
        return err;
    }
    list_remove(&sender->link);
    if (err != ERR_NOT_FOUND) {
        loan_end_with(task, sender);
    }
    if (IS_ERROR(err)) {
        return drop_sender(task, sender, err);
    }
    trace_receive(task);
    task->ipc_count++;
    bool asks = (ipc_flags(sender) & (IPC_RECV | IPC_REPLY)) == IPC_RECV;
    if (asks && sender->priority < task->priority) {
        sched_set_priority(task, sender->priority);
    }
    finish_send(sender);
    return OK;
}

/// One attempt to receive. ERR_TRY_AGAIN: look again.
static error_t receive_once(struct task *task, task_t src) {
    struct task *sender = acquire_sender(task, src);
    error_t err = OK;
    if (src == IPC_ANY && task->notifications) {
        compose_notifications(task);
    } else if (sender) {
        err = receive_from(task, sender);
    } else if (src != IPC_ANY && !task_is_alive(src)) {
        err = (ipc_flags(task) & (IPC_SEND | IPC_SENT)) ? ERR_ABORTED : ERR_INVALID_TASK;
    } else if (ipc_flags(task) & IPC_NOBLOCK) {
        err = ERR_WOULD_BLOCK;
    } else {
        task->waits_for = src;
        if (src == IPC_ANY) {
            // What there was has been taken, but for an interrupt that is about to be told.
            task->attention = task->irq_pending || loan_is_held(task);
        }
        sched_leave(TASK_RECEIVING);
        err = SYSCALL_PENDING;
    }
    cpu_release();
    return err;
}

/// How many messages to try, or pieces of a payload to pull, before interrupts get their turn.
#define TRIES_PER_ENTRY 4

static error_t receive(struct task *task, task_t src) {
    if (src == IPC_ANY) {
        irq_done(task);
        end_pull(task);
        // What it did for a more urgent client is over.
        if (task->priority != task->base_priority) {
            cpu_acquire(this_cpu());
            sched_set_priority(task, task->base_priority);
            cpu_release();
        }
    }
    for (int i = 0; i < TRIES_PER_ENTRY; i++) {
        error_t err = receive_once(task, src);
        if (err != ERR_TRY_AGAIN) {
            if (err != SYSCALL_PENDING) {
                end_pull(task);
            }
            return err;
        }
    }
    ipc_restart_receive(task);
    return SYSCALL_PENDING;
}

// ---- The system calls ---------------------------------------------------------------------------

error_t ipc_syscall(void) {
    struct task *task = current_task();
    unsigned flags = ipc_flags(task);
    if ((flags & ~(IPC_FLAGS | IPC_SENT)) || !(flags & IPC_CALL)) {
        return ERR_INVALID_ARG;
    }
    if ((flags & IPC_RECV) && ipc_src(task) == task->tid) {
        return ERR_INVALID_ARG;
    }
    error_t begun = transfer_begin(task, flags);
    if (begun != OK) {
        return begun;
    }
    if (flags & IPC_SEND) {
        error_t err = send(task, ipc_peer(task));
        bool tell = !((flags & IPC_REPLY) && (flags & IPC_RECV));
        if (err == SYSCALL_PENDING || (IS_ERROR(err) && tell) || !(flags & IPC_RECV)) {
            return err;
        }
        if (current_task() != task) {
            return SYSCALL_PENDING;
        }
    }
    error_t err = receive(task, ipc_src(task));
    if (err == OK && (flags & IPC_SEND)) {
        smp_offer();
    }
    return err;
}

void ipc_notify_locked(struct task *dst, notifications_t notifications) {
    dst->notifications |= notifications;
    if (dst->state == TASK_RECEIVING && dst->waits_for == IPC_ANY) {
        compose_notifications(dst);
        complete(dst, OK);
    } else {
        dst->attention = true;
    }
}

static __noinline intptr_t notify_any(task_t dst_tid, notifications_t notifications) {
    struct cpu *cpu = this_cpu();
    struct task *dst = CONFIG_NUM_CPUS > 1 ? task_acquire_here(cpu, dst_tid) : NULL;
    if (UNLIKELY(!dst)) {
        dst = task_acquire(dst_tid);
    }
    if (!dst) {
        return ERR_INVALID_TASK;
    }
    struct task *task = cpu->current;
    error_t err = ERR_NOT_PERMITTED;
    if (rights_may_notify(task, dst)) {
        trace_event(TRACE_NOTIFY, task->tid, dst_tid, notifications);
        ipc_notify_locked(dst, notifications);
        err = OK;
    }
    cpu_release();
    return err;
}

// What follows has the CPU's lock. It ends with calls, so that the common case has nothing to save for them.

__noinline intptr_t ipc_unlock_and_notify(task_t dst_tid, notifications_t notifications,
                                          struct cpu *cpu) {
    spin_unlock(&cpu->lock);
    return notify_any(dst_tid, notifications);
}

/// Leaves the bits with a task of this CPU, or gives it the CPU if it waits for them.
static ALWAYS_INLINE intptr_t notify_here(struct cpu *cpu, task_t dst_tid,
                                          notifications_t notifications) {
    unsigned index = TASK_SLOT((unsigned) dst_tid) - 1;
    if (UNLIKELY(index >= CONFIG_NUM_TASKS)) {
        return ipc_unlock_and_notify(dst_tid, notifications, cpu);
    }
    struct task *dst = &tasks[index];
    __asm__("" : "+r"(dst));  // Keeps the compiler from finding it again at each access.
    unsigned differs = dst->state_and_cpu ^ cpu->receiving;
    if (UNLIKELY(dst->tid != dst_tid) || UNLIKELY(differs > UINT8_MAX)
        || UNLIKELY(!(dst->state % TASK_DYING))  // or TASK_UNUSED
        || UNLIKELY(!rights_may_notify(cpu->current, dst))) {
        return ipc_unlock_and_notify(dst_tid, notifications, cpu);
    }
    if (!differs && dst->waits_for == IPC_ANY) {
        return fastpath_wake(dst, notifications, cpu);
    }
    dst->notifications |= notifications;
    dst->attention = true;
    spin_unlock(&cpu->lock);
    return OK;
}

STATIC_ASSERT(TASK_UNUSED == 0 && TASK_DYING == 8, "one test tells both");

intptr_t ipc_notify(task_t dst_tid, notifications_t notifications) {
    struct cpu *cpu = this_cpu();
    // With one CPU, finding and locking a task is as simple.
    if (CONFIG_NUM_CPUS > 1 && LIKELY(!trace_on()) && LIKELY(spin_try_lock(&cpu->lock))) {
        return notify_here(cpu, dst_tid, notifications);
    }
    return notify_any(dst_tid, notifications);
}

void ipc_notify_from_kernel(task_t dst_tid, notifications_t notifications) {
    struct task *dst = task_acquire(dst_tid);
    if (dst) {
        trace_event(TRACE_NOTIFY, KERNEL_TASK, dst_tid, notifications);
        ipc_notify_locked(dst, notifications);
        cpu_release();
    }
}
