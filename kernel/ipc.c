#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/rights.h>
#include <kernel/sched.h>
#include <string.h>

// The life of a message. The sender copies it out of its own memory, straight into `msg` of a
// receiver that waits for it, or into its own `msg` to wait in the receiver's `senders`. The receiver
// copies it from its `msg` to its memory when it runs next (WORK_DELIVER). So each side touches only
// its own address space, with its own faults.
//
// A system call that can't finish leaves no stack behind: the task blocks with all it needs in its
// struct, or makes the call again, with the send phase struck out once that is done.

static bool accepts(const struct task *receiver, task_t from) {
    return receiver->state == TASK_RECEIVING
           && (receiver->waits_for == IPC_ANY || receiver->waits_for == from);
}

static bool waits_for_reply(const struct task *receiver, task_t from) {
    return receiver->state == TASK_RECEIVING && receiver->waits_for == from;
}

void ipc_restart_receive(struct task *task) {
    arch_syscall_set_arg(task, 3, (task->ipc_flags & ~IPC_SEND) | IPC_SENT);
    arch_syscall_restart(task);
}

/// Finishes the system call of a task that waited, and wakes it.
static void complete(struct task *task, error_t err) {
    task->waits_for = 0;
    arch_syscall_set_result(task, err);
    sched_wake(task);
}

void task_abort(struct task *task, error_t err) {
    complete(task, err);
}

// ---- What the kernel itself has to say ----------------------------------------------------------

static void compose_notifications(struct task *task) {
    memset(&task->msg.raw, 0, MSG_LEN(NOTIFICATIONS_MSG));
    task->msg.type = NOTIFICATIONS_MSG;
    task->msg.src = KERNEL_TASK;
    task->msg.notifications.data = task->notifications;
    task->notifications = 0;
    task->work |= WORK_DELIVER;
}

/// Writes into the pager's `msg` why `task` is blocked.
static void compose_report(struct message *m, struct task *task) {
    bzero(m->raw, MAX(MSG_LEN(PAGE_FAULT_MSG), MSG_LEN(EXCEPTION_MSG)));
    m->src = task->tid;
    if (task->state == TASK_FAULTED) {
        m->type = PAGE_FAULT_MSG;
        m->page_fault.task = task->tid;
        m->page_fault.vaddr = task->fault.vaddr;
        m->page_fault.ip = arch_task_ip(task);
        m->page_fault.fault = task->fault.flags;
    } else {
        m->type = EXCEPTION_MSG;
        m->exception.task = task->tid;
        m->exception.exception = task->fault.exception;
        m->exception.value = task->fault.value;
        m->exception.ip = arch_task_ip(task);
        m->exception.addr = task->fault.vaddr;
    }
    task->reported = true;
}

void ipc_report(enum task_state state) {
    struct task *task = current_task();
    if (task->tid == INIT_TASK) {
        PANIC("vm, the first task, has no pager: fault 0x%x, exception %d, address %p, ip %p",
              task->fault.flags, task->fault.exception, (void *) task->fault.vaddr,
              (void *) arch_task_ip(task));
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
        compose_report(&pager->msg, task);
        pager->work |= WORK_DELIVER;
        pager->waits_for = 0;
        arch_syscall_set_result(pager, OK);
        sched_handoff(state, pager);
    } else {
        sched_block(state);
        list_push_back(&pager->senders, &task->link);
    }
    cpu_release();
}

/// Wakes whom the current task has sent something. A server that goes on to receive will likely block.
static void wake_receiver(const struct task *sender, struct task *receiver) {
    if (sender->ipc_flags & IPC_RECV) {
        sched_wake_before_block(receiver);
    } else {
        sched_wake(receiver);
    }
}

/// The pager has answered a page fault: the task goes on, or is left as it is.
static error_t answer_fault(const struct task *pager, struct task *task, int type) {
    if (type != PAGE_FAULT_REPLY_MSG) {
        task->state = TASK_STOPPED;
        return OK;
    }
    task->reported = false;
    wake_receiver(pager, task);
    return OK;
}

// ---- Sending ------------------------------------------------------------------------------------

static error_t check_type(int type) {
    if (type < 0) {
        return OK;
    }
    int ool = MSG_OOL_KIND(type);
    if ((type & MSG_RESERVED) || MSG_IS_KERNEL_ONLY(type) || MSG_LEN(type) > MESSAGE_PAYLOAD_SIZE
        || ool > MSG_OOL_STR) {
        return ERR_INVALID_ARG;
    }
    if (ool != MSG_OOL_NONE && MSG_LEN(type) < sizeof(void *) + sizeof(size_t)) {
        return ERR_INVALID_ARG;
    }
    return OK;
}

static error_t check_ool(const struct message *m) {
    if (!(m->type & MSG_OOL)) {
        return OK;
    }
    if (MSG_OOL_KIND(m->type) == MSG_OOL_STR && m->ool_len == 0) {
        return ERR_INVALID_ARG;
    }
    return m->ool_len > CONFIG_OOL_MAX ? ERR_TOO_LARGE : OK;
}

/// Reads the current task's message into `m`. Its header has been read already.
static bool __mustuse read_message(struct task *task, struct message *m, int type) {
    m->type = type;
    m->src = task->tid;
    return arch_copy_from_user(m->raw, task->user_msg + MESSAGE_HEADER_SIZE, MSG_LEN(type));
}

/// The current task has sent `dst` what it waited for.
static void switch_to_receiver(struct task *task, struct task *dst) {
    dst->work |= WORK_DELIVER;
    dst->waits_for = 0;
    dst->ipc_count++;
    arch_syscall_set_result(dst, OK);
    bool calls = (task->ipc_flags & (IPC_RECV | IPC_NOBLOCK)) == IPC_RECV;
    if (!calls || task->ipc_src != dst->tid) {
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
    list_push_back(&dst->senders, &task->link);
    if (task->priority < dst->priority) {
        sched_set_priority(dst, task->priority);
    }
}

/// The message has an out-of-line payload: the receiver comes to fetch it.
static void let_receiver_pull(struct task *task, struct task *dst) {
    dst->waits_for = 0;
    ipc_restart_receive(dst);
    task->waits_for = dst->tid;
    list_push_front(&dst->senders, &task->link);
    if (task->priority < dst->priority) {
        sched_set_priority(dst, task->priority);
    }
    sched_handoff(TASK_SENDING, dst);
}

/// Sends to `dst`, both CPUs' locks being held.
static error_t send_locked(struct task *task, struct task *dst, int type) {
    bool ready = accepts(dst, task->tid);
    bool replying = (task->ipc_flags & IPC_REPLY) != 0;
    if (!waits_for_reply(dst, task->tid) && !rights_may_call(task, dst)) {
        return ERR_NOT_PERMITTED;
    }
    if (!ready && (replying || (task->ipc_flags & IPC_NOBLOCK))) {
        return ERR_WOULD_BLOCK;
    }
    bool direct = ready && !(type & MSG_OOL && type >= 0);
    struct message *m = direct ? &dst->msg : &task->msg;
    if (!read_message(task, m, type)) {
        return syscall_fault();
    }
    if (direct) {
        switch_to_receiver(task, dst);
        return OK;
    }
    error_t err = type >= 0 ? check_ool(m) : OK;
    if (IS_ERROR(err)) {
        return err;
    }
    if (!ready) {
        wait_to_send(task, dst);
    } else if (m->ool_len > dst->ool_cap) {
        if (replying && waits_for_reply(dst, task->tid)) {
            complete(dst, ERR_TOO_LARGE);  // It would wait for ever.
        }
        return ERR_TOO_LARGE;
    } else {
        let_receiver_pull(task, dst);
    }
    return SYSCALL_PENDING;
}

static error_t send(struct task *task, task_t dst_tid) {
    int type;
    if (!arch_copy_from_user(&type, task->user_msg, sizeof(type))) {
        return syscall_fault();
    }
    error_t err = check_type(type);
    if (IS_ERROR(err)) {
        return err;
    }
    struct task *dst = task_acquire(dst_tid);
    if (!dst) {
        return ERR_INVALID_TASK;
    }
    if (dst == task) {
        err = ERR_INVALID_ARG;
    } else if (dst->state == TASK_FAULTED && dst->reported && dst->pager == task->tid) {
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

/// The send phase of a blocked task has failed. A server's reply that nobody takes isn't its business:
/// it goes on to receive.
static void fail_send(struct task *sender, error_t err) {
    if ((sender->ipc_flags & IPC_REPLY) && (sender->ipc_flags & IPC_RECV)) {
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
    if (!(sender->ipc_flags & IPC_RECV)) {
        sender->ipc_count++;
        complete(sender, OK);
    } else if (sender->ipc_src == receiver->tid && !(sender->ipc_flags & IPC_NOBLOCK)) {
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

/// Who has something for the current task: the sender that it is in the middle of, the one that it
/// asks for, or the first one.
static struct task *next_sender(struct task *task, task_t src) {
    if (src == IPC_ANY) {
        struct task *pulled = task->ool_from ? task_slot(TASK_SLOT(task->ool_from)) : NULL;
        if (pulled && pulled->tid == task->ool_from && pulled->state == TASK_SENDING
            && pulled->waits_for == task->tid) {
            return pulled;
        }
        return LIST_FRONT(&task->senders, struct task, link);
    }
    struct task *sender = task_slot(TASK_SLOT(src));
    if (!sender || sender->tid != src) {
        return NULL;
    }
    bool sending = sender->state == TASK_SENDING && sender->waits_for == task->tid;
    bool reporting = (sender->state == TASK_FAULTED || sender->state == TASK_STOPPED)
                     && sender->pager == task->tid && !sender->reported;
    return (sending || reporting) ? sender : NULL;
}

/// Finds the next sender and takes the locks of both CPUs. NULL: nobody; this CPU's lock is held.
static struct task *acquire_sender(struct task *task, task_t src) {
    struct cpu *cpu = this_cpu();
    struct cpu *other = cpu;
    while (true) {
        cpu_acquire(other);
        struct task *sender = next_sender(task, src);
        if (!sender || sender->cpu == other->id || sender->cpu == cpu->id) {
            return sender;
        }
        other = &cpus[sender->cpu];
        cpu_release();
    }
}

/// The payload of `sender` can't be had. Returns how the receive goes on.
static error_t drop_sender(struct task *task, struct task *sender, error_t err) {
    if (err == ERR_NOT_FOUND) {
        // The sender's page is missing: it takes the fault itself and then sends again.
        sender->waits_for = 0;
        sender->work |= WORK_FAULT;
        arch_syscall_restart(sender);
        sched_wake(sender);
        return ERR_TRY_AGAIN;
    }
    fail_send(sender, err);
    return (err == ERR_ABORTED && task->ipc_src == sender->tid) ? ERR_ABORTED : ERR_TRY_AGAIN;
}

/// Takes the message of `sender`, both CPUs' locks being held.
static error_t receive_from(struct task *task, struct task *sender) {
    if (sender->state != TASK_SENDING) {
        list_remove(&sender->link);
        compose_report(&task->msg, sender);
        task->work |= WORK_DELIVER;
        return OK;
    }
    struct message *m = &sender->msg;
    bool has_ool = m->type >= 0 && (m->type & MSG_OOL);
    error_t err = OK;
    if (has_ool) {
        err = m->ool_len > task->ool_cap ? ERR_TOO_LARGE : ool_pull(sender);
        if (err == SYSCALL_PENDING || err == ERR_TRY_AGAIN) {
            return err;
        }
        task->ool_from = 0;
    }
    list_remove(&sender->link);
    if (IS_ERROR(err)) {
        return drop_sender(task, sender, err);
    }
    memcpy(&task->msg, m, MESSAGE_HEADER_SIZE + MSG_LEN(m->type));
    if (has_ool) {
        task->msg.ool_ptr = m->ool_len ? (void *) task->ool_buf : NULL;
    }
    task->work |= WORK_DELIVER;
    task->ipc_count++;
    if ((sender->ipc_flags & IPC_RECV) && sender->priority < task->priority) {
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
        err = (task->ipc_flags & (IPC_SEND | IPC_SENT)) ? ERR_ABORTED : ERR_INVALID_TASK;
    } else if (task->ipc_flags & IPC_NOBLOCK) {
        err = ERR_WOULD_BLOCK;
    } else {
        task->waits_for = src;
        sched_block(TASK_RECEIVING);
        err = SYSCALL_PENDING;
    }
    cpu_release();
    return err;
}

/// How many pieces of out-of-line payload to pull before interrupts get their turn.
#define PULLS_PER_ENTRY 4

static error_t receive(struct task *task, task_t src) {
    if (src == IPC_ANY) {
        irq_done(task);
        // What it did for a more urgent client is over.
        if (task->priority != task->base_priority) {
            cpu_acquire(this_cpu());
            sched_set_priority(task, task->base_priority);
            cpu_release();
        }
    }
    for (int i = 0; i < PULLS_PER_ENTRY; i++) {
        error_t err = receive_once(task, src);
        if (err != ERR_TRY_AGAIN) {
            return err;
        }
    }
    ipc_restart_receive(task);
    return SYSCALL_PENDING;
}

bool ipc_deliver(void) {
    struct task *task = current_task();
    struct message *m = &task->msg;
    return arch_copy_to_user(task->user_msg, m, MESSAGE_HEADER_SIZE + MSG_LEN(m->type));
}

// ---- The system calls ---------------------------------------------------------------------------

error_t ipc_syscall(void) {
    struct task *task = current_task();
    unsigned flags = arch_syscall_arg(task, 3);
    if ((flags & ~(IPC_FLAGS | IPC_SENT)) || !(flags & IPC_CALL)) {
        return ERR_INVALID_ARG;
    }
    task->ipc_flags = flags;
    task->ipc_src = (task_t) arch_syscall_arg(task, 1);
    if ((flags & IPC_RECV) && task->ipc_src == task->tid) {
        return ERR_INVALID_ARG;
    }
    task->user_msg = arch_syscall_arg(task, 2);
    task->ool_buf = arch_syscall_arg(task, 4);
    task->ool_cap = arch_syscall_arg(task, 5);
    if (flags & IPC_SEND) {
        error_t err = send(task, (task_t) arch_syscall_arg(task, 0));
        bool tell = !((flags & IPC_REPLY) && (flags & IPC_RECV));
        if (err == SYSCALL_PENDING || (IS_ERROR(err) && tell) || !(flags & IPC_RECV)) {
            return err;
        }
        if (current_task() != task) {
            return SYSCALL_PENDING;
        }
    }
    error_t err = receive(task, task->ipc_src);
    if (err == OK && (flags & IPC_SEND)) {
        sched_offer();
    }
    return err;
}

/// Adds to a task's notifications; wakes it if it waits for any message.
static void notify_locked(struct task *dst, notifications_t notifications) {
    dst->notifications |= notifications;
    if (dst->state == TASK_RECEIVING && dst->waits_for == IPC_ANY) {
        compose_notifications(dst);
        complete(dst, OK);
    }
}

error_t ipc_notify(task_t dst_tid, notifications_t notifications) {
    struct task *dst = task_acquire(dst_tid);
    if (!dst) {
        return ERR_INVALID_TASK;
    }
    struct task *task = current_task();
    error_t err = ERR_NOT_PERMITTED;
    if (dst == task || rights_may_call(task, dst) || rights_may_call(dst, task)) {
        notify_locked(dst, notifications);
        err = OK;
    }
    cpu_release();
    return err;
}

void ipc_notify_from_kernel(task_t dst_tid, notifications_t notifications) {
    struct task *dst = task_acquire(dst_tid);
    if (dst) {
        notify_locked(dst, notifications);
        cpu_release();
    }
}

// ---- The end of a task --------------------------------------------------------------------------

/// Takes a task out of whatever it waits in.
static void leave_queues(struct task *task) {
    sched_remove(task);
    bool queued =
        task->state == TASK_SENDING
        || ((task->state == TASK_FAULTED || task->state == TASK_STOPPED) && !task->reported);
    if (queued) {
        list_remove(&task->link);
    }
    if (task->state == TASK_SYNCING) {
        list_remove(&task->sync_link);
    }
}

void ipc_abort_all(struct task *task) {
    leave_queues(task);
    struct task *sender;
    while ((sender = LIST_POP_FRONT(&task->senders, struct task, link)) != NULL) {
        if (sender->state == TASK_SENDING) {
            fail_send(sender, ERR_ABORTED);
        } else {
            sender->reported = true;  // Its pager is gone: nobody else is to be told.
        }
    }
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        struct task *other = task_slot(slot);
        if (other->tid && other->state == TASK_RECEIVING && other->waits_for == task->tid) {
            task_abort(other, ERR_ABORTED);
        }
    }
}
