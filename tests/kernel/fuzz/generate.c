#include "generate.h"

#include <kernel_abi.h>

#include "../host.h"
#include "model.h"

// ---- Choices ------------------------------------------------------------------------------------

struct source source_from_seed(uint64_t seed) {
    return (struct source){.state = seed * 0x9e3779b97f4a7c15ull | 1};
}

static uint64_t next_bits(struct source *source, unsigned n) {
    if (!source->data) {
        source->state ^= source->state >> 12;
        source->state ^= source->state << 25;
        source->state ^= source->state >> 27;
        return (source->state * 0x2545f4914f6cdd1dull) >> 33;
    }
    uint64_t bits = 0;
    for (unsigned most = n - 1; most && source->len; most >>= 8, source->len--) {
        bits = bits << 8 | *source->data++;
    }
    return bits;
}

/// 0 … n-1.
static int below(struct source *source, unsigned n) {
    return (int) (next_bits(source, n) % n);
}

static bool one_in(struct source *source, unsigned n) {
    return below(source, n) == 0;
}

// ---- Tasks --------------------------------------------------------------------------------------

static bool is_free_to_act(int slot) {
    const struct model_task *task = &model[slot];
    bool runs = task->does == DOES_RUN && !task->again && !task->mail_due && !task->fault_due;
    bool ends = task->does == DOES_DIE && host_in_user_mode(task->tid);
    return slot != TASK_SLOT(SUPERVISOR) && (runs || ends);
}

/// Who is to act: most often one that a CPU is with. 0: nobody can.
static int some_actor(struct source *source) {
    int first = below(source, NUM_SLOTS), ready = 0;
    bool anybody = one_in(source, 8);
    for (int i = 0; i < NUM_SLOTS; i++) {
        int slot = 1 + (first + i) % NUM_SLOTS;
        if (is_free_to_act(slot)) {
            ready = slot;
            if (anybody || host_in_user_mode(model[slot].tid)) {
                return slot;
            }
        }
    }
    return ready;
}

static int some_slot(struct source *source) {
    return FIRST_SLOT + below(source, NUM_SLOTS - FIRST_SLOT + 1);
}

static int some_ref(struct source *source) {
    int dice = below(source, 64);
    int slot = some_slot(source);
    switch (dice) {
    case 0:
        return REF_OLD + slot;
    case 1:
        return REF_NEXT + slot;
    case 2:
        return one_in(source, 2) ? REF_NEGATIVE : REF_NO_SLOT;
    case 3:
        return REF_NOBODY;
    default:
        return dice < 8 ? INIT_TASK : slot;
    }
}

// ---- Messages -----------------------------------------------------------------------------------

static int some_size(struct source *source) {
    int dice = below(source, 32);
    if (dice == 0) {
        return below(source, 2) ? 0x10000 + below(source, 2) : below(source, 0x10000);
    }
    return dice < 20 ? below(source, 200) : below(source, NUM_OUT_PAGES * PAGE_SIZE);
}

static void choose_message(struct source *source, struct op *op) {
    int dice = below(source, 64);
    bool is_short = one_in(source, 2);
    op->type = is_short || dice < 46 ? TYPE_PLAIN
               : dice < 56           ? TYPE_BYTES
               : dice < 60           ? TYPE_STR
               : dice < 62           ? TYPE_ERROR
                                     : below(source, NUM_OP_TYPES);
    op->len = !is_short && one_in(source, 2) ? below(source, 32) * 8 : below(source, 3) * 8;
    op->seed = below(source, 1000);
    if (op->type == TYPE_BYTES || op->type == TYPE_STR) {
        op->size = some_size(source);
        op->out = below(source, 4) ? below(source, 64) : below(source, 2 * PAGE_SIZE);
    }
}

static void choose_buffers(struct source *source, struct op *op) {
    op->at = one_in(source, 8) ? below(source, NUM_BUFFERS) : 0;
    op->value = one_in(source, 4);
    op->ool = one_in(source, 8) ? below(source, NUM_OOL_BUFFERS) : 0;
    if (one_in(source, 2)) {
        op->cap = one_in(source, 4) ? below(source, 512) : NUM_IN_PAGES * PAGE_SIZE;
        op->in = one_in(source, 4) ? below(source, 2 * PAGE_SIZE) : 0;
    }
}

/// A task that waits for any message; 0 if none does.
static int some_server(struct source *source, const struct model_task *task) {
    int first = below(source, NUM_SLOTS);
    for (int i = 0; i < NUM_SLOTS; i++) {
        int slot = 1 + (first + i) % NUM_SLOTS;
        bool waits = model[slot].does == DOES_RECEIVE && model[slot].waits_for == IPC_ANY;
        if (waits && model_may_call(task, &model[slot])) {
            return slot;
        }
    }
    return 0;
}

static int some_flags(struct source *source, const struct model_task *task) {
    static const int usual[] = {
        OP_SEND | OP_RECV,
        OP_SEND | OP_RECV,
        OP_SEND | OP_RECV,
        OP_SEND | OP_RECV,
        OP_SEND | OP_RECV,
        OP_RECV | OP_OPEN,
        OP_SEND,
        OP_SEND,
        OP_SEND | OP_NOBLOCK,
        OP_RECV | OP_OPEN | OP_NOBLOCK,
        OP_SEND | OP_REPLY,
        OP_SEND | OP_RECV | OP_REPLY | OP_OPEN,
    };
    bool comes = task->queued && one_in(source, 2);
    int flags = comes ? OP_RECV | OP_OPEN : usual[below(source, 12)];
    return one_in(source, 40)   ? below(source, OP_FLAGS + 1)
           : one_in(source, 16) ? flags ^ OP_OPEN
                                : flags;
}

/// Whether the task that `task` called last has ended, and its slot has the next one.
static bool knows_old_id(const struct model_task *task) {
    const struct model_task *now = &model[TASK_SLOT(task->call.peer) % (NUM_SLOTS + 1)];
    return now->tid && task->call.peer != now->tid
           && task->call.peer == model_resolve(REF_OLD + TASK_SLOT(now->tid));
}

static void choose_call(struct source *source, struct op *op) {
    const struct model_task *task = &model[op->who];
    op->kind = OP_IPC;
    op->flags = some_flags(source, task);
    op->to = one_in(source, 8) ? some_ref(source) : some_server(source, task);
    if (!op->to && one_in(source, 2)) {
        op->flags = OP_RECV | OP_OPEN;  // Somebody has to serve.
    } else if (!op->to) {
        op->to = some_ref(source);
    }
    if (knows_old_id(task) && one_in(source, 2)) {
        op->to = REF_OLD + TASK_SLOT(task->call.peer);
    } else if (model_find(task->call.peer) && one_in(source, task->does == DOES_DIE ? 2 : 8)) {
        op->to = TASK_SLOT(task->call.peer);
    }
    choose_message(source, op);
    choose_buffers(source, op);
}

static bool has_faulted(const struct model_task *client, const struct model_task *task) {
    return client->does == DOES_FAULT && client->reported && client->pager == task->tid;
}

/// Somebody who waits for the task's answer, the one whose message came last if it does. Or NULL.
static const struct model_task *some_client(struct source *source, const struct model_task *task) {
    int last = TASK_SLOT(task->inbox.src);
    int first = last && last <= NUM_SLOTS ? last - 1 : below(source, NUM_SLOTS);
    for (int i = 0; i < NUM_SLOTS; i++) {
        const struct model_task *client = &model[1 + (first + i) % NUM_SLOTS];
        bool waits = client->does == DOES_RECEIVE && client->waits_for == task->tid;
        if (waits || has_faulted(client, task)) {
            return client;
        }
    }
    return NULL;
}

/// What the task's client waits for; false if none does.
static bool choose_answer(struct source *source, struct op *op, const struct model_task *task) {
    const struct model_task *client = some_client(source, task);
    if (!client) {
        return false;
    }
    bool faulted = has_faulted(client, task);
    int page = user_page_of(client->fault_addr);
    op->kind = OP_IPC;
    op->to = TASK_SLOT(client->tid);
    op->flags =
        OP_SEND | OP_REPLY | (one_in(source, 3) ? 0 : OP_RECV) | (one_in(source, 10) ? 0 : OP_OPEN);
    choose_message(source, op);
    choose_buffers(source, op);
    if (faulted && page >= 0 && !client->pages[page] && !one_in(source, 4)) {
        *op = (struct op){.kind = OP_MAP, .to = op->to, .at = page, .flags = MAP_W};
    } else if (faulted) {
        op->type = one_in(source, 8) ? TYPE_ERROR : TYPE_FAULT_REPLY;
    }
    return true;
}

// ---- The rest -----------------------------------------------------------------------------------

/// A task that `task` may destroy and schedule, if there is one.
static int some_child(struct source *source, const struct model_task *task) {
    int first = some_slot(source);
    for (int i = 0; i < NUM_SLOTS; i++) {
        int slot = 1 + (first + i) % NUM_SLOTS;
        bool managed = model[slot].pager == task->tid || (task->rights & TASK_RIGHT_PHYS);
        if (slot >= FIRST_SLOT && model[slot].tid && managed && slot != TASK_SLOT(task->tid)) {
            return slot;
        }
    }
    return some_ref(source);
}

/// A line that the task may acquire, or has acquired, most often.
static int some_line(struct source *source, unsigned lines) {
    int first = below(source, NUM_LINES + 1);
    for (int i = 0; i < NUM_LINES; i++) {
        int line = (first + i) % NUM_LINES;
        if ((lines >> line) & 1) {
            return FIRST_LINE + line;
        }
    }
    return first == NUM_LINES ? CONFIG_NUM_IRQS : FIRST_LINE + first;
}

static void choose_rare_call(struct source *source, struct op *op) {
    static const int kinds[] = {
        OP_EXIT,    OP_FAULT,   OP_FAULT,    OP_FAULT,    OP_FAULT, OP_EXCEPTION,
        OP_CREATE,  OP_DESTROY, OP_SCHEDULE, OP_SCHEDULE, OP_GRANT, OP_DESTROY,
        OP_ACQUIRE, OP_ACQUIRE, OP_RELEASE,  OP_ACQUIRE,
    };
    const struct model_task *task = &model[op->who];
    bool grants = (task->rights & TASK_RIGHT_PHYS) && one_in(source, 3);
    op->kind = grants ? OP_GRANT : kinds[below(source, 16)];
    bool manages = (op->kind == OP_DESTROY || op->kind == OP_SCHEDULE) && !one_in(source, 4);
    bool creates = op->kind == OP_CREATE && !one_in(source, 4);
    op->to = manages ? some_child(source, task) : creates ? some_slot(source) : some_ref(source);
    op->from = one_in(source, 4) ? some_ref(source) : op->who;
    op->flags = below(source, 8);
    op->at = below(source, NUM_PAGES);
    op->value = below(source, 9);
    if (op->kind == OP_ACQUIRE) {
        op->value = some_line(source, task->granted_lines & ~task->owned_lines);
    } else if (op->kind == OP_RELEASE) {
        op->value = some_line(source, task->owned_lines);
    }
}

static void choose_task_step(struct source *source, struct op *op) {
    const struct model_task *task = &model[op->who];
    int dice = below(source, 100);
    if (dice < 60 && choose_answer(source, op, task)) {
        return;
    }
    if (dice < 84) {
        choose_call(source, op);
    } else if (dice < 93) {
        op->kind = OP_NOTIFY;
        op->to = some_ref(source);
        op->value = 1 << below(source, 20);
    } else if (dice < 96) {
        op->kind = OP_TIMER;
        op->value = one_in(source, 20) ? -1 : below(source, 30);
    } else {
        choose_rare_call(source, op);
    }
}

static void choose_spawn(struct source *source, struct op *op) {
    *op = (struct op){
        .kind = OP_SPAWN,
        .to = some_slot(source),
        .from = one_in(source, 2) ? INIT_TASK : some_slot(source),
        .flags = (below(source, 8) | (one_in(source, 2) ? TASK_RIGHT_TASK : 0))
                 & ~(one_in(source, 4) ? 0 : (int) TASK_RIGHT_PHYS),
        .len = below(source, NUM_SERVERS),
        .size = one_in(source, 4) ? below(source, 16) : 15,
        .at = one_in(source, 2) ? 0 : below(source, 1 << NUM_PAGES),
        .in = one_in(source, 2) ? 0 : below(source, 1 << NUM_LINES),
        .value = one_in(source, 2) ? below(source, 8) : 3,
    };
}

/// Who waits for any message, or 0.
static int some_idle_task(struct source *source) {
    int first = below(source, NUM_SLOTS);
    for (int i = 0; i < NUM_SLOTS; i++) {
        int slot = 1 + (first + i) % NUM_SLOTS;
        if (model[slot].does == DOES_RECEIVE && model[slot].waits_for == IPC_ANY) {
            return slot;
        }
    }
    return 0;
}

/// An interrupt, or a notification for one who waits for any message. False: there is no such
/// thing.
static bool choose_event(struct source *source, struct op *op) {
    for (int i = 0; i < NUM_LINES && !one_in(source, 3); i++) {
        if (model_is_unmasked(FIRST_LINE + (unsigned) i)) {
            *op = (struct op){.kind = OP_IRQ, .value = i, .at = below(source, 4)};
            return true;
        }
    }
    *op =
        (struct op){.kind = OP_WAKE, .to = some_idle_task(source), .value = 1 << below(source, 20)};
    return op->to != 0;
}

static void choose_supervisor_step(struct source *source, struct op *op, bool must_help) {
    int slot = some_slot(source), dice = below(source, 16);
    *op = (struct op){.to = slot, .at = below(source, NUM_PAGES)};
    if (!model[slot].tid) {
        choose_spawn(source, op);
        op->to = slot;
    } else if (dice < (must_help ? 12 : 5) && choose_event(source, op)) {
        return;
    } else if (dice < 7) {
        *op = (struct op){.kind = OP_KILL, .to = slot};
    } else if (dice < 11) {
        op->kind = model[slot].pages[op->at] ? OP_UNMAP : OP_MAP;
        op->flags = one_in(source, 4) ? 0 : MAP_W;
    } else {
        *op = (struct op){.kind = OP_WAIT,
                          .flags = one_in(source, 2),
                          .value = one_in(source, 3) ? below(source, 40) : below(source, 3)};
    }
}

struct op generate_op(struct source *source) {
    struct op op = {.who = some_actor(source)};
    bool must_help = op.who == 0;
    if (must_help || one_in(source, 20)) {
        choose_supervisor_step(source, &op, must_help);
    } else {
        choose_task_step(source, &op);
    }
    return op;
}

struct setup generate_setup(struct source *source) {
    static const unsigned cpus[] = {1, 1, 2, 4};
    struct setup setup = {
        .cpus = cpus[below(source, 4)], .fast = !one_in(source, 3), .late = one_in(source, 3)};
    setup.still = setup.cpus == 1 && setup.fast && one_in(source, 2);
    return setup;
}
