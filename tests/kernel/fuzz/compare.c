#include "compare.h"

#include "../host.h"
#include "encode.h"
#include "exec.h"

/// The slots whose buffers are to be looked at, a bit each.
static unsigned to_look_at;

void compare_buffers(struct model_task *task) {
    to_look_at |= 1u << TASK_SLOT(task->tid);
}

static const char *const names[] = {"does not exist", "has not run yet", "runs",      "sends",
                                    "receives",       "has faulted",     "has ended", "dies"};

static void same(const struct model_task *task, const char *what, long kernel, long ought) {
    if (kernel != ought) {
        fuzz_failed("#%d, which %s: %s is %ld, ought to be %ld", task->tid, names[task->does], what,
                    kernel, ought);
    }
}

static void compare_registers(const struct model_task *task, const struct registers *ought) {
    const struct task *k = task_slot(TASK_SLOT(task->tid));
    same(task, "the type that came", (int) k->arch.args[1], ought->type);
    same(task, "who sent it", (task_t) k->arch.args[3], ought->src);
    same(task, "the first word", (long) k->arch.args[4], (long) ought->words[0]);
    same(task, "the second word", (long) k->arch.args[5], (long) ought->words[1]);
}

// ---- What the model tells -----------------------------------------------------------------------

void on_delivery(struct model_task *task) {
    int slot = TASK_SLOT(task->tid);
    const struct mail *mail = &task->inbox;
    const struct call *call = &task->call;
    uint8_t image[MESSAGE_SIZE];
    struct registers registers = encode_mail(mail, mail->size ? call->in : 0, image);
    compare_registers(task, &registers);
    if (mail_bytes(mail) > MAIL_IN_REGISTERS) {
        user_expect(slot, call->buf + MAIL_IN_MEMORY, image + MAIL_IN_MEMORY,
                    mail_bytes(mail) - MAIL_IN_REGISTERS);
    }
    if (encode_ip_offset(mail)) {
        user_accept(slot, call->buf + encode_ip_offset(mail), sizeof(vaddr_t));
    }
    if (mail->size && (mail->type == TYPE_BYTES || mail->type == TYPE_STR)) {
        user_expect(slot, call->in, user_payload(mail->src, mail->out), mail->size);
    }
    compare_buffers(task);
}

void on_broken_payload(struct model_task *task) {
    user_accept(TASK_SLOT(task->tid), task->call.in, task->call.cap);
}

// ---- One task -----------------------------------------------------------------------------------

static bool same_state(const struct model_task *task, unsigned state) {
    switch (task->does) {
    case DOES_NOT_EXIST:
        return state == TASK_UNUSED;
    case DOES_NOT_RUN_YET:
        return state == TASK_CREATED;
    case DOES_RUN:
        return state == TASK_READY || state == TASK_RUNNING
               || (state == TASK_SYNCING && task->destroys);
    case DOES_SEND:
        return state == TASK_SENDING;
    case DOES_RECEIVE:
        return state == TASK_RECEIVING;
    case DOES_FAULT:
        return state == TASK_FAULTED;
    case DOES_NOTHING:
        return state == TASK_STOPPED;
    case DOES_DIE:
        return state == TASK_DYING;
    }
    return false;
}

static void compare_memory(const struct model_task *task, int slot) {
    const struct call *call = &task->call;
    vaddr_t where = 0;
    size_t more = call->cap ? MIN(call->cap, 64u) : 0;
    bool payload = task->inbox.kind == MAIL_USER && task->inbox.size <= call->cap;
    more = payload ? MAX(more, task->inbox.size + 16) : more;
    if (!user_compare(slot, call->buf, MESSAGE_SIZE, &where)
        || !user_compare(slot, call->in, more, &where)) {
        fuzz_failed("#%d: what is at %#lx is not what ought to have come", task->tid, where);
    }
}

static void compare_task(const struct model_task *task, int slot) {
    const struct task *k = task_slot(slot);
    if (k->tid != task->tid || !same_state(task, k->state)) {
        fuzz_failed("slot %d: #%d %s, but the kernel has #%d in state %d", slot, task->tid,
                    names[task->does], k->tid, k->state);
    }
    if (!task->tid || task->does == DOES_DIE) {
        return;
    }
    same(task, "notifications", k->notifications, task->notifications);
    same(task, "priority", k->priority, task->priority);
    same(task, "base priority", k->base_priority, task->base_priority);
    same(task, "timer set", k->timer_deadline != 0, task->timer_set);
    if (task->does == DOES_SEND || task->does == DOES_RECEIVE) {
        same(task, "who it waits for", k->waits_for, task->waits_for);
    }
    if (task->does == DOES_RUN) {
        same(task, "system call to be made again", k->arch.restarted, task->again);
        if (task->has_result && !task->again) {
            same(task, "result", k->arch.result, task->result);
        }
    }
}

void compare_all(void) {
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        if (slot != TASK_SLOT(SUPERVISOR)) {
            compare_task(&model[slot], slot);
        }
    }
    for (unsigned line = FIRST_LINE; line < FIRST_LINE + NUM_LINES; line++) {
        if (host.unmasked[line] != model_is_unmasked(line)) {
            fuzz_failed("line %u is%s masked", line, host.unmasked[line] ? " not" : "");
        }
    }
    for (; to_look_at; to_look_at &= to_look_at - 1) {
        int slot = __builtin_ctz(to_look_at);
        const struct model_task *task = &model[slot];
        if (task->does == DOES_RUN && !task->again && !task->mail_due) {
            compare_memory(task, slot);
        }
    }
}
