// The model but for the exchange of messages, which is in model_ipc.c.

#include "model.h"

#include <config.h>
#include <kernel_abi.h>
#include <string.h>

struct model_task model[NUM_SLOTS + 1];

// ---- Looking ------------------------------------------------------------------------------------

struct model_task *model_find(task_t tid) {
    int slot = TASK_SLOT(tid);
    bool exists = tid > 0 && slot >= 1 && slot <= NUM_SLOTS && model[slot].tid == tid;
    return exists ? &model[slot] : NULL;
}

bool model_is_alive(task_t tid) {
    const struct model_task *task = model_find(tid);
    return task && task->does != DOES_DIE;
}

bool model_may_call(const struct model_task *task, const struct model_task *dst) {
    return ((task->may_call >> dst->server) & 1) || dst->tid == task->pager
           || dst->tid == INIT_TASK;
}

int model_next_generation(const struct model_task *task) {
    int last = task->tid ? TASK_GEN(task->tid) : task->last_generation;
    return last == TASK_GEN_MAX ? 0 : last + 1;
}

task_t model_resolve(int ref) {
    int slot = ref % 100;
    if (ref <= 0 || ref >= REF_NEGATIVE || slot < 1 || slot > NUM_SLOTS
        || slot == TASK_SLOT(SUPERVISOR)) {
        return ref == REF_NEGATIVE ? -5 : ref == REF_NO_SLOT ? CONFIG_NUM_TASKS + 1 : 0;
    }
    const struct model_task *task = &model[slot];
    int next = model_next_generation(task);
    if (ref >= REF_NEXT) {
        return TASK_ID(slot, next);
    }
    if (ref >= REF_OLD) {
        return TASK_ID(slot, next >= 2 ? next - 2 : TASK_GEN_MAX);
    }
    return task->tid ? task->tid : TASK_ID(slot, next);
}

bool model_access(struct model_task *task, vaddr_t addr, size_t len, unsigned needs) {
    for (vaddr_t end = addr + len; addr < end; addr = ALIGN_DOWN(addr, PAGE_SIZE) + PAGE_SIZE) {
        int page = user_page_of(addr);
        unsigned has = page < 0 ? 0 : task->pages[page];
        if ((has & needs) != needs) {
            task->fault_addr = addr;
            task->fault_flags = (has ? FAULT_PRESENT : 0) | ((needs & PAGE_W) ? FAULT_WRITE : 0);
            return false;
        }
    }
    return true;
}

bool model_access_buffer(struct model_task *task, const struct mail *mail, unsigned needs) {
    size_t len = mail_bytes(mail);
    return len <= MAIL_IN_REGISTERS
           || model_access(task, task->call.buf + MAIL_IN_MEMORY, len - MAIL_IN_REGISTERS, needs);
}

// ---- Results ------------------------------------------------------------------------------------

void model_return(struct model_task *task, intptr_t result) {
    task->has_result = true;
    task->result = result;
    if (task->pulls_from) {
        on_broken_payload(task);
    }
    task->again = false;
    task->destroys = false;
}

void model_complete(struct model_task *task, intptr_t result) {
    task->waits_for = 0;
    task->does = DOES_RUN;
    model_return(task, result);
}

void model_enqueue(struct model_task *receiver, const struct model_task *task, bool at_front) {
    unsigned at = at_front ? 0 : receiver->queued;
    memmove(&receiver->queue[at + 1], &receiver->queue[at],
            (receiver->queued - at) * sizeof(receiver->queue[0]));
    receiver->queue[at] = (int) (task - model);
    receiver->queued++;
}

void model_dequeue(struct model_task *receiver, const struct model_task *task) {
    unsigned kept = 0;
    for (unsigned i = 0; i < receiver->queued; i++) {
        if (receiver->queue[i] != task - model) {
            receiver->queue[kept++] = receiver->queue[i];
        }
    }
    receiver->queued = kept;
}

void model_lend(struct model_task *to, const struct model_task *from) {
    if (from->priority < to->priority) {
        to->priority = from->priority;
    }
}

// ---- Faults and ends ----------------------------------------------------------------------------

/// The pager is told why its task is blocked, now or when it comes to receive.
void model_report(struct model_task *task) {
    struct model_task *pager = model_is_alive(task->pager) ? model_find(task->pager) : NULL;
    task->reported = pager == NULL;
    if (pager && model_accepts(pager, task->tid)) {
        model_complete(pager, OK);
        pager->mail_due = true;
        pager->inbox = (struct mail){
            .kind = task->does == DOES_FAULT ? MAIL_FAULT : MAIL_EXCEPTION,
            .src = task->tid,
            .addr = task->fault_addr,
            .fault = task->fault_flags,
            .exception = task->exception,
            .value = task->value,
        };
        task->reported = true;
    } else if (pager) {
        model_enqueue(pager, task, false);
    }
}

void model_fault(struct model_task *task, vaddr_t addr, unsigned flags) {
    task->fault_addr = addr;
    task->fault_flags = flags;
    task->does = DOES_FAULT;
    model_report(task);
}

bool model_take_fault(struct model_task *task) {
    if (!task->fault_due) {
        bool blocked = task->mail_due && !model_access_buffer(task, &task->inbox, PAGE_R | PAGE_W);
        if (!blocked) {
            return false;
        }
    }
    task->fault_due = false;
    task->does = DOES_FAULT;
    model_report(task);
    return true;
}

bool model_is_in_user_mode(const struct model_task *task) {
    return task->does == DOES_RUN || task->does == DOES_DIE;
}

bool model_resume(struct model_task *task) {
    if (!model_is_in_user_mode(task) || task->fault_due) {
        return false;
    }
    if (task->mail_due) {
        if (!model_access_buffer(task, &task->inbox, PAGE_R | PAGE_W)) {
            return false;
        }
        task->mail_due = false;
        on_delivery(task);
    }
    return true;
}

void model_exit(struct model_task *task, int exception, int value) {
    task->timer_set = false;
    task->exception = exception;
    task->value = value;
    task->fault_addr = 0;
    task->does = DOES_NOTHING;
    model_report(task);
}

// ---- Timers and notifications -------------------------------------------------------------------

void model_notify(struct model_task *task, task_t dst_tid, notifications_t bits) {
    struct model_task *dst = model_is_alive(dst_tid) ? model_find(dst_tid) : NULL;
    if (!dst) {
        model_return(task, ERR_INVALID_TASK);
    } else if (dst == task || model_may_call(task, dst) || model_may_call(dst, task)) {
        model_notify_locked(dst, bits);
        model_return(task, OK);
    } else {
        model_return(task, ERR_NOT_PERMITTED);
    }
}

void model_timer(unsigned cpu, uint64_t now) {
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        struct model_task *task = &model[slot];
        if (task->tid && task->timer_set && task->timer_cpu == cpu && task->deadline <= now) {
            task->timer_set = false;
            model_notify_locked(task, NOTIFY_TIMER);
        }
    }
}

// ---- Tasks --------------------------------------------------------------------------------------

void model_init_task(struct model_task *task, task_t tid, task_t pager, unsigned rights) {
    *task = (struct model_task){
        .tid = tid,
        .does = DOES_NOT_RUN_YET,
        .pager = pager,
        .rights = rights,
        .base_priority = TASK_PRIORITY_MAX,
        .priority = TASK_PRIORITY_MAX,
        .reported = true,
    };
}

static bool has(const struct model_task *task, unsigned right) {
    return (task->rights & right) != 0;
}

static error_t check_create(const struct model_task *task, task_t tid, task_t pager,
                            unsigned rights) {
    if (!has(task, TASK_RIGHT_TASK) || (rights & TASK_RIGHTS & ~task->rights)
        || (!has(task, TASK_RIGHT_PHYS) && pager != task->tid)) {
        return ERR_NOT_PERMITTED;
    }
    if (rights & TASK_ABI_HOOK) {
        return ERR_UNAVAILABLE;
    }
    int slot = TASK_SLOT(tid);
    if (tid <= 0 || slot < 1 || slot > CONFIG_NUM_TASKS || (rights & ~TASK_FLAGS)
        || !model_is_alive(pager)) {
        return ERR_INVALID_ARG;
    }
    // Of slots beyond those that take part, none has ever had a task.
    bool fresh = slot > NUM_SLOTS
                     ? TASK_GEN(tid) == 0
                     : !model[slot].tid && TASK_GEN(tid) == model_next_generation(&model[slot]);
    return fresh ? OK : ERR_ALREADY_EXISTS;
}

void model_create(struct model_task *task, task_t tid, task_t pager, unsigned rights) {
    error_t err = check_create(task, tid, pager, rights);
    if (err == OK) {
        struct model_task *slot = &model[TASK_SLOT(tid)];
        model_init_task(slot, tid, pager, rights);
        if (!has(task, TASK_RIGHT_PHYS)) {
            slot->server = task->server;
            slot->may_call = task->may_call;
        }
    }
    model_return(task, err);
}

void model_start(struct model_task *task, int priority) {
    task->base_priority = task->priority = priority;
    if (task->does == DOES_NOT_RUN_YET) {
        task->does = DOES_RUN;
    }
}

/// Whether the caller manages the task.
static bool manages(const struct model_task *caller, const struct model_task *task) {
    return has(caller, TASK_RIGHT_PHYS)
           || (has(caller, TASK_RIGHT_TASK) && task->pager == caller->tid);
}

void model_schedule(struct model_task *task, task_t tid, int priority) {
    struct model_task *other = model_is_alive(tid) ? model_find(tid) : NULL;
    error_t err = OK;
    if (priority < 0 || priority > TASK_PRIORITY_MAX) {
        err = ERR_INVALID_ARG;
    } else if (!other) {
        err = ERR_INVALID_TASK;
    } else if (!manages(task, other)
               || (!has(task, TASK_RIGHT_PHYS) && priority < task->base_priority)) {
        err = ERR_NOT_PERMITTED;
    } else {
        model_start(other, priority);
    }
    model_return(task, err);
}

void model_grant(struct model_task *task, task_t tid, int kind, unsigned server) {
    struct model_task *other = model_is_alive(tid) ? model_find(tid) : NULL;
    error_t err = OK;
    if (!other) {
        err = ERR_INVALID_TASK;
    } else if (!has(task, TASK_RIGHT_PHYS)) {
        err = ERR_NOT_PERMITTED;
    } else if (kind == GRANT_IRQ) {
        other->granted_lines |= 1u << (server - FIRST_LINE);
    } else if (server >= NUM_SERVERS_MAX) {
        err = ERR_INVALID_ARG;
    } else if (kind == GRANT_SERVER) {
        other->server = server;
    } else {
        other->may_call |= 1u << server;
    }
    model_return(task, err);
}

/// All who wait for a task that ends are told.
static void abort_peers(struct model_task *task) {
    for (unsigned i = 0; i < task->queued; i++) {
        struct model_task *sender = &model[task->queue[i]];
        if (sender->does == DOES_SEND) {
            model_fail_send(sender, ERR_ABORTED);
        } else {
            sender->reported = true;
        }
    }
    task->queued = 0;
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        struct model_task *other = &model[slot];
        if (other->tid && other->does == DOES_RECEIVE && other->waits_for == task->tid) {
            model_complete(other, ERR_ABORTED);
        }
    }
}

error_t model_destroy(const struct model_task *caller, task_t tid) {
    struct model_task *task = model_find(tid);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    if (caller && !manages(caller, task)) {
        return ERR_NOT_PERMITTED;
    }
    if (task == caller || tid == INIT_TASK) {
        return ERR_INVALID_ARG;
    }
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        model_dequeue(&model[slot], task);
    }
    abort_peers(task);
    task->does = DOES_DIE;
    task->timer_set = false;
    task->may_call = 0;
    task->granted_lines = task->owned_lines = task->held_lines = 0;
    return OK;
}

void model_free(struct model_task *task) {
    *task = (struct model_task){.last_generation = TASK_GEN(task->tid)};
}
