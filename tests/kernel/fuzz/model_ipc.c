// The model of sending and receiving.

#include <config.h>
#include <kernel_abi.h>

#include "model.h"

/// Attempts to receive, or pieces of a payload, before a receive lets others in. Whoever looks
/// can't see it but by the order in which things happen: it is the kernel's number.
#define TRIES 4

/// What becomes of an attempt, besides errors.
#define PENDING    1  ///< Blocked, or the call is to be made again.
#define LOOK_AGAIN 2

bool model_accepts(const struct model_task *receiver, task_t from) {
    return receiver->does == DOES_RECEIVE
           && (receiver->waits_for == IPC_ANY || receiver->waits_for == from);
}

static bool has_payload(const struct mail *mail) {
    return mail->kind == MAIL_USER && (mail->type == TYPE_BYTES || mail->type == TYPE_STR);
}

static task_t source_of(const struct model_task *task) {
    return (task->call.flags & OP_OPEN) ? IPC_ANY : task->call.peer;
}

static bool is_call(const struct model_task *task, const struct model_task *dst) {
    const struct call *call = &task->call;
    return (call->flags & OP_RECV) && !(call->flags & OP_NOBLOCK) && source_of(task) == dst->tid;
}

void model_restart_receive(struct model_task *task) {
    task->call.sent = true;
    task->again = true;
}

static int fault_in_call(struct model_task *task) {
    task->fault_due = true;
    task->again = true;
    return PENDING;
}

static void deliver(struct model_task *task, const struct mail *mail) {
    task->inbox = *mail;
    task->mail_due = true;
}

void model_notify_locked(struct model_task *dst, notifications_t bits) {
    dst->notifications |= bits;
    if (dst->does == DOES_RECEIVE && dst->waits_for == IPC_ANY) {
        deliver(dst, &(struct mail){.kind = MAIL_NOTIFICATIONS,
                                    .src = KERNEL_TASK,
                                    .notifications = dst->notifications});
        dst->notifications = 0;
        model_complete(dst, OK);
    }
}

// ---- Sending ------------------------------------------------------------------------------------

static void let_receiver_pull(struct model_task *task, struct model_task *dst) {
    dst->waits_for = 0;
    dst->does = DOES_RUN;
    model_restart_receive(dst);
    task->does = DOES_SEND;
    task->waits_for = dst->tid;
    model_enqueue(dst, task, true);
    bool answers = (task->call.flags & OP_REPLY) && source_of(dst) == task->tid;
    if (answers && task->priority < dst->priority && !dst->own_priority) {
        dst->own_priority = dst->priority + 1;
    }
    model_lend(dst, task);
}

/// What was lent to fetch an answer is given back.
static void end_pull(struct model_task *task) {
    if (task->own_priority) {
        task->priority = MIN(task->own_priority - 1, task->base_priority);
        task->own_priority = 0;
    }
}

static void wait_to_send(struct model_task *task, struct model_task *dst) {
    task->does = DOES_SEND;
    task->waits_for = dst->tid;
    model_enqueue(dst, task, false);
    model_lend(dst, task);
}

/// A message goes straight to one who waits for it.
static int hand_over(struct model_task *task, struct model_task *dst) {
    deliver(dst, &task->call.mail);
    model_complete(dst, OK);
    if (is_call(task, dst)) {
        model_lend(dst, task);
        task->does = DOES_RECEIVE;
        task->waits_for = dst->tid;
        return PENDING;
    }
    return OK;
}

static int check_payload(const struct mail *mail) {
    if (mail->type == TYPE_STR && !mail->size) {
        return ERR_INVALID_ARG;
    }
    return mail->size <= CONFIG_OOL_MAX ? OK : ERR_TOO_LARGE;
}

/// What a system call copies of a payload at most: the kernel's number, too.
#define BUDGET ((size_t) 22 << 10)

/// Begins with a payload, or goes on with it.
static void begin_payload(struct model_task *task, const struct model_task *sender) {
    if (task->pulls_from != sender->tid || task->pulls_to != task->call.in
        || task->pulled > sender->call.mail.size) {
        on_broken_payload(task);
        task->pulls_from = sender->tid;
        task->pulls_to = task->call.in;
        task->pulled = 0;
    }
}

/// Copies some of a payload. OK: all of it has come. ERR_NOT_FOUND: the sender lacks a page.
/// ERR_NO_MEMORY: the receiver does.
static int copy(struct model_task *task, struct model_task *sender, size_t budget) {
    const struct mail *mail = &sender->call.mail;
    size_t end = MIN(mail->size, task->pulled + budget);
    while (task->pulled < end) {
        vaddr_t from = mail->out + task->pulled, to = task->call.in + task->pulled;
        size_t offset = MAX(from % PAGE_SIZE, to % PAGE_SIZE);
        if (!model_access(sender, from, 1, PAGE_R)) {
            return ERR_NOT_FOUND;
        }
        if (!model_access(task, to, 1, PAGE_R | PAGE_W)) {
            return ERR_NO_MEMORY;
        }
        task->pulled += MIN(end - task->pulled, PAGE_SIZE - offset);
    }
    return task->pulled == mail->size ? OK : LOOK_AGAIN;
}

/// The sender copies to who waits on its CPU.
static int push(struct model_task *task, struct model_task *dst) {
    vaddr_t ool = dst->call.ool;
    bool found = ool && IS_ALIGNED(ool, sizeof(struct ool_buffer))
                 && model_access(dst, ool, 1, PAGE_R) && task->call.mail.size <= dst->call.cap;
    if (!found) {
        return ERR_NO_MEMORY;
    }
    begin_payload(dst, task);
    int err = copy(dst, task, BUDGET);
    if (err == OK || err == ERR_NOT_FOUND) {
        dst->pulls_from = 0;
    }
    if (err == ERR_NOT_FOUND) {
        on_broken_payload(dst);
    }
    return err;
}

static int hand_over_payload(struct model_task *task, struct model_task *dst) {
    int err = is_on_this_cpu(dst) ? push(task, dst) : ERR_NO_MEMORY;
    if (err == OK) {
        return hand_over(task, dst);
    }
    if (err == ERR_NOT_FOUND) {
        return fault_in_call(task);
    }
    bool waits = !(task->call.flags & (OP_NOBLOCK | OP_REPLY)) || dst->waits_for == task->tid;
    if (err == LOOK_AGAIN && waits) {
        task->again = true;
    } else {
        let_receiver_pull(task, dst);
    }
    return PENDING;
}

/// The destination is another task, which hasn't stopped.
static int send_to(struct model_task *task, struct model_task *dst) {
    const struct call *call = &task->call;
    bool ready = model_accepts(dst, task->tid);
    bool expected = ready && dst->waits_for == task->tid;
    if (!expected && !model_may_call(task, dst)) {
        return ERR_NOT_PERMITTED;
    }
    if (!ready && (call->flags & (OP_REPLY | OP_NOBLOCK))) {
        return ERR_WOULD_BLOCK;
    }
    if (!model_access_buffer(task, &call->mail, PAGE_R)) {
        return fault_in_call(task);
    }
    if (has_payload(&call->mail)) {
        int err = check_payload(&call->mail);
        if (err == ERR_TOO_LARGE && (call->flags & OP_REPLY) && expected) {
            model_complete(dst, ERR_TOO_LARGE);
        }
        if (err != OK) {
            return err;
        }
        if (ready) {
            return hand_over_payload(task, dst);
        }
    }
    if (ready) {
        return hand_over(task, dst);
    }
    wait_to_send(task, dst);
    return PENDING;
}

static int answer_fault(const struct mail *mail, struct model_task *task) {
    if (mail->type == TYPE_FAULT_REPLY) {
        task->reported = false;
        task->does = DOES_RUN;
    } else {
        task->does = DOES_NOTHING;
    }
    return OK;
}

static int send(struct model_task *task) {
    const struct call *call = &task->call;
    if (call->mail.type >= TYPE_BAD_RESERVED) {
        return ERR_INVALID_ARG;
    }
    struct model_task *dst = model_is_alive(call->peer) ? model_find(call->peer) : NULL;
    if (!dst) {
        return ERR_INVALID_TASK;
    }
    if (dst == task) {
        return ERR_INVALID_ARG;
    }
    if (dst->does == DOES_FAULT && dst->reported && dst->pager == task->tid) {
        return answer_fault(&call->mail, dst);
    }
    return dst->does == DOES_NOTHING ? ERR_INVALID_TASK : send_to(task, dst);
}

/// The send phase of a blocked task has failed.
void model_fail_send(struct model_task *sender, error_t err) {
    const unsigned server = OP_REPLY | OP_RECV;
    if ((sender->call.flags & server) == server) {
        sender->waits_for = 0;
        sender->does = DOES_RUN;
        model_restart_receive(sender);
    } else {
        model_complete(sender, err);
    }
}

/// The message of a blocked sender has been taken.
static void finish_send(struct model_task *sender, const struct model_task *receiver) {
    if (!(sender->call.flags & OP_RECV)) {
        model_complete(sender, OK);
    } else if (is_call(sender, receiver)) {
        sender->does = DOES_RECEIVE;
        sender->waits_for = receiver->tid;
    } else {
        sender->waits_for = 0;
        sender->does = DOES_RUN;
        model_restart_receive(sender);
    }
}

// ---- Receiving ----------------------------------------------------------------------------------

static bool is_queued(const struct model_task *task, const struct model_task *sender) {
    for (unsigned i = 0; i < task->queued; i++) {
        if (&model[task->queue[i]] == sender) {
            return true;
        }
    }
    return false;
}

/// Who has something for the task: the one whose payload it is fetching, or the first, or `src`.
static struct model_task *next_sender(struct model_task *task, task_t src) {
    struct model_task *sender;
    if (src != IPC_ANY) {
        sender = model_find(src);
        return sender && is_queued(task, sender) ? sender : NULL;
    }
    sender = task->pulls_from ? model_find(task->pulls_from) : NULL;
    if (sender && sender->does == DOES_SEND && is_queued(task, sender)) {
        return sender;
    }
    return task->queued ? &model[task->queue[0]] : NULL;
}

/// The receiver's page is missing.
static int fault_on_payload(struct model_task *task, const struct model_task *sender) {
    bool is_reply = (sender->call.flags & OP_REPLY) != 0;
    if ((is_reply && task->pager != INIT_TASK) || task->pager == sender->tid) {
        return ERR_ABORTED;
    }
    model_restart_receive(task);
    task->fault_due = true;
    return PENDING;
}

/// Some of a payload. OK: it has all come.
static int pull(struct model_task *task, struct model_task *sender) {
    if (task->call.ool && !model_access(task, task->call.ool, sizeof(struct ool_buffer), PAGE_R)) {
        return fault_on_payload(task, sender);
    }
    if (sender->call.mail.size > task->call.cap) {
        return ERR_TOO_LARGE;
    }
    begin_payload(task, sender);
    bool here = is_on_this_cpu(sender);
    int err = copy(task, sender, here ? BUDGET : PAGE_SIZE);
    if (err == ERR_NO_MEMORY) {
        return fault_on_payload(task, sender);
    }
    if (err == LOOK_AGAIN && here) {
        model_restart_receive(task);
        return PENDING;
    }
    return err;
}

/// The payload of `sender` can't be had.
static int drop_sender(struct model_task *task, struct model_task *sender, int err) {
    on_broken_payload(task);
    if (err == ERR_NOT_FOUND) {
        sender->waits_for = 0;
        sender->does = DOES_RUN;
        sender->fault_due = true;
        sender->again = true;
        return LOOK_AGAIN;
    }
    // An answer that doesn't come must not be waited for.
    bool answers = (sender->call.flags & OP_REPLY) != 0;
    bool mine =
        source_of(task) == sender->tid && (err == ERR_ABORTED || (err == ERR_TOO_LARGE && answers));
    model_fail_send(sender, err);
    return mine ? err : LOOK_AGAIN;
}

static int receive_report(struct model_task *task, struct model_task *sender) {
    model_dequeue(task, sender);
    deliver(task, &(struct mail){
                      .kind = sender->does == DOES_FAULT ? MAIL_FAULT : MAIL_EXCEPTION,
                      .src = sender->tid,
                      .addr = sender->fault_addr,
                      .fault = sender->fault_flags,
                      .exception = sender->exception,
                      .value = sender->value,
                  });
    sender->reported = true;
    return OK;
}

static int receive_from(struct model_task *task, struct model_task *sender) {
    if (sender->does != DOES_SEND) {
        return receive_report(task, sender);
    }
    struct mail mail = sender->call.mail;
    if (has_payload(&mail)) {
        int err = pull(task, sender);
        if (err == PENDING || err == LOOK_AGAIN) {
            return err;
        }
        task->pulls_from = 0;
        if (err != OK) {
            model_dequeue(task, sender);
            return drop_sender(task, sender, err);
        }
    }
    model_dequeue(task, sender);
    deliver(task, &mail);
    if ((sender->call.flags & (OP_RECV | OP_REPLY)) == OP_RECV) {
        model_lend(task, sender);
    }
    finish_send(sender, task);
    return OK;
}

static int receive_once(struct model_task *task) {
    const struct call *call = &task->call;
    task_t src = source_of(task);
    struct model_task *sender = next_sender(task, src);
    if (src == IPC_ANY && task->notifications) {
        deliver(task, &(struct mail){.kind = MAIL_NOTIFICATIONS,
                                     .src = KERNEL_TASK,
                                     .notifications = task->notifications});
        task->notifications = 0;
        return OK;
    }
    if (sender) {
        return receive_from(task, sender);
    }
    if (src != IPC_ANY && !model_is_alive(src)) {
        return (call->sent || (call->flags & OP_SEND)) ? ERR_ABORTED : ERR_INVALID_TASK;
    }
    if (call->flags & OP_NOBLOCK) {
        return ERR_WOULD_BLOCK;
    }
    task->does = DOES_RECEIVE;
    task->waits_for = src;
    return PENDING;
}

static int receive(struct model_task *task) {
    if (source_of(task) == IPC_ANY) {
        model_irq_done(task);
        end_pull(task);
        task->priority = task->base_priority;
    }
    for (int i = 0; i < TRIES; i++) {
        int result = receive_once(task);
        if (result != LOOK_AGAIN) {
            if (result != PENDING) {
                end_pull(task);
            }
            return result;
        }
    }
    model_restart_receive(task);
    return PENDING;
}

// ---- The system call ----------------------------------------------------------------------------

static int ipc(struct model_task *task) {
    const struct call *call = &task->call;
    if ((call->flags & OP_UNKNOWN) || !(call->flags & (OP_SEND | OP_RECV))) {
        return ERR_INVALID_ARG;
    }
    if ((call->flags & OP_RECV) && source_of(task) == task->tid) {
        return ERR_INVALID_ARG;
    }
    if ((call->flags & OP_SEND) && !call->sent) {
        int result = send(task);
        bool tell = !(call->flags & OP_REPLY) || !(call->flags & OP_RECV);
        if (result == PENDING || (result < 0 && tell) || !(call->flags & OP_RECV)) {
            return result;
        }
    }
    return receive(task);
}

void model_ipc(struct model_task *task) {
    task->again = false;
    task->has_result = false;
    int result = ipc(task);
    if (result != PENDING) {
        model_return(task, result);
    }
}
