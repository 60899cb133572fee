// Steps on the kernel: the model is told what happens by the simulated machine.

#include "exec.h"

#include <string.h>

#include "../host_machine.h"
#include "compare.h"
#include "encode.h"

static bool late;
/// The number of steps.
static unsigned steps;
/// When the last system call entered the kernel.
static uint64_t entered;
/// A system call is being carried out.
static bool in_syscall;
/// Slots whose tasks have made a system call that hasn't returned to them, a bit each.
static unsigned in_call;
/// By slots: the CPUs of all tasks at that time.
static uint8_t cpu_at_entry[NUM_SLOTS + 1];
/// By slots: see exec_seen().
static uint32_t seen[NUM_SLOTS + 1];

static struct model_task *model_of(const struct task *task) {
    return task ? model_find(task->tid) : NULL;
}

// ---- What programs see ---------------------------------------------------------------------------

static void note(uint32_t *to, uintptr_t value) {
    // FNV-1a.
    for (unsigned i = 0; i < sizeof(value); i++, value >>= 8) {
        *to = (*to ^ (uint8_t) value) * 16777619;
    }
}

static void note_return(const struct task *k) {
    uint32_t *to = &seen[TASK_SLOT(k->tid)];
    note(to, (uintptr_t) k->tid);
    note(to, (uintptr_t) k->arch.result);
    if (has_received(k)) {
        note(to, (unsigned) k->arch.args[1]);
        note(to, (unsigned) k->arch.args[3]);
        note(to, k->arch.args[4]);
        note(to, k->arch.args[5]);
    }
}

uint32_t exec_seen(int slot) {
    const struct task *k = task_slot(slot);
    uint32_t all = seen[slot];
    note(&all, k->state);
    note(&all, k->priority);
    return all;
}

void exec_count(size_t *calls, size_t *fast) {
    *calls = host.fast_calls;
    *fast = host.fast_messages;
}

// ---- What the simulated machine tells -----------------------------------------------------------

static void timer_was_set(struct model_task *task, const struct task *k, msec_t ms) {
    if (ms < 0) {
        model_return(task, ERR_INVALID_ARG);
        return;
    }
    uint64_t cycles = (uint64_t) ms * 1000;
    bool in_time = k->timer_deadline >= entered + cycles && k->timer_deadline <= host.now + cycles;
    if (ms > 0 && !in_time) {
        fuzz_failed("the timer of #%d goes off at another time than it was set to", task->tid);
    }
    task->timer_set = ms > 0;
    task->timer_cpu = host.cpu;
    task->deadline = k->timer_deadline;
    model_return(task, OK);
}

static void destroy_was_asked(struct model_task *task, const struct task *k, task_t tid) {
    error_t err = model_destroy(task, tid);
    bool unfinished = k->state == TASK_SYNCING || k->arch.restarted;
    if (err == OK && unfinished) {
        // One that is being destroyed itself waits like any other until that goes on.
        task->does = k->state == TASK_SYNCING ? DOES_RUN : task->does;
        task->has_result = false;
        task->destroys = task->again = true;
        return;
    }
    if (err == OK) {
        model_free(model_find(tid));
    }
    model_return(task, err);
}

/// The kernel has done what it can for a system call: so does the model.
static void syscall_done(struct model_task *task, const struct task *k) {
    const uintptr_t *a = k->arch.args;
    if (is_ipc(k)) {
        model_ipc(task);
        return;
    }
    switch (k->arch.number) {
    case SYS_NOTIFY:
        model_notify(task, (task_t) a[0], (notifications_t) a[1]);
        break;
    case SYS_TIMER_SET:
        timer_was_set(task, k, (msec_t) a[0]);
        break;
    case SYS_TASK_EXIT:
        model_exit(task, EXP_EXIT, (int) a[0]);
        break;
    case SYS_TASK_CREATE:
        model_create(task, (task_t) a[0], (task_t) a[3], (unsigned) a[4]);
        break;
    case SYS_TASK_DESTROY:
        destroy_was_asked(task, k, (task_t) a[0]);
        break;
    case SYS_TASK_SCHEDULE:
        model_schedule(task, (task_t) a[0], (int) a[1]);
        break;
    case SYS_GRANT:
        model_grant(task, (task_t) a[0], (int) a[1], (unsigned) a[2]);
        break;
    case SYS_IRQ_ACQUIRE:
        model_acquire(task, (unsigned) a[0]);
        break;
    case SYS_IRQ_RELEASE:
        model_release(task, (unsigned) a[0]);
        break;
    }
}

/// The supervisor's, of whose own messages the model knows nothing.
static void supervisor_done(const struct task *k) {
    const uintptr_t *a = k->arch.args;
    if (k->arch.number == SYS_VM_MAP || k->arch.number == SYS_VM_UNMAP) {
        struct model_task *task = model_find((task_t) a[0]);
        int page = user_page_of(a[1]);
        bool missing = k->arch.number == SYS_VM_MAP && k->arch.result < 0;
        unsigned access = (a[4] & MAP_W) ? PAGE_R | PAGE_W : PAGE_R;
        if (task && page >= 0 && !missing) {
            task->pages[page] = k->arch.number == SYS_VM_MAP ? access : 0;
        }
    } else if (!is_ipc(k)) {
        syscall_done(&model[TASK_SLOT(SUPERVISOR)], k);
    }
}

/// A CPU has left the task: has it faulted in the kernel?
static void task_left(const struct task *k) {
    struct model_task *task = model_of(k);
    if (in_syscall || !task || !model_is_in_user_mode(task) || k->state != TASK_FAULTED) {
        return;
    }
    if (!model_take_fault(task)) {
        fuzz_failed("#%d faults, but can reach all memory that it names", task->tid);
    }
}

static void task_resumed(const struct task *k) {
    struct model_task *task = model_of(k);
    if (task && task->tid != SUPERVISOR && !model_resume(task)) {
        fuzz_failed("#%d goes on in user mode, but ought not to", task->tid);
    }
    unsigned bit = 1u << TASK_SLOT(k->tid);
    if (task && (in_call & bit) && !k->arch.restarted) {
        in_call &= ~bit;
        note_return(k);
    }
}

static void note_entry(const struct task *k) {
    in_syscall = true;
    in_call |= 1u << TASK_SLOT(k->tid);
    entered = host.now;
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        cpu_at_entry[slot] = task_slot(slot)->cpu;
    }
}

bool is_on_this_cpu(const struct model_task *task) {
    return cpu_at_entry[TASK_SLOT(task->tid)] == host.cpu;
}

static void listen(enum host_event event, struct task *k) {
    switch (event) {
    case HOST_SYSCALL:
        note_entry(k);
        break;
    case HOST_SYSCALL_DONE:
        in_syscall = false;
        if (k->tid == SUPERVISOR) {
            supervisor_done(k);
        } else if (model_of(k)) {
            syscall_done(model_of(k), k);
        }
        break;
    case HOST_SWITCH:
    case HOST_IDLE:
        task_left(k);
        break;
    case HOST_RESUME:
        task_resumed(k);
        break;
    case HOST_TIMER:
        model_timer(host.cpu, host.now);
        break;
    }
}

// ---- What a task does ---------------------------------------------------------------------------

static void end_slice(unsigned id) {
    struct cpu *cpu = &cpus[id];
    host_end_slice(id);
    if (host.still && cpu->slice_end == host.now) {
        // Nobody was there to take over. Both paths would use up what doesn't go by differently.
        cpu->slice_end += CONFIG_TIME_SLICE_MS * 1000;
    }
}

/// Lets a task that can go on come to user mode. False: it can't, now.
static bool can_act(int slot) {
    bool takes_part = slot == INIT_TASK || (slot >= FIRST_SLOT && slot <= NUM_SLOTS);
    if (!takes_part) {
        return false;
    }
    task_t tid = model[slot].tid;
    // A task that is destroyed goes on until its CPU has heard of it.
    if (model[slot].does != DOES_RUN) {
        return model[slot].does == DOES_DIE && host_in_user_mode(tid);
    }
    for (int i = 0; i < NUM_SLOTS && !host_in_user_mode(tid) && host_state(tid) == TASK_READY;
         i++) {
        end_slice(host_task(tid)->cpu);
    }
    return host_in_user_mode(tid);
}

/// Writes down what the kernel reads of a call: a long message's end, the buffer for a payload.
static void prepare_memory(int slot, const struct call *call) {
    uint8_t image[MESSAGE_SIZE];
    struct ool_buffer ool = {(void *) call->in, call->cap};
    if (call->flags & OP_SEND) {
        encode_mail(&call->mail, call->mail.out, image);
        user_write(slot, call->buf + MAIL_IN_MEMORY, image + MAIL_IN_MEMORY,
                   sizeof(image) - MAIL_IN_MEMORY);
    }
    if (call->ool) {
        user_write(slot, call->ool, &ool, sizeof(ool));
    }
}

static void do_ipc(const struct op *op, struct model_task *task) {
    bool is_vm = task->tid == INIT_TASK;
    struct call call = {
        .peer = model_resolve(op->to),
        .flags = (unsigned) op->flags & OP_FLAGS,
        .mail = {.src = task->tid,
                 .type = (int) ((unsigned) op->type % NUM_OP_TYPES),
                 .len = (unsigned) op->len % 249 & ~7u,
                 .seed = (unsigned) op->seed,
                 .out = OUT_VADDR + (unsigned) op->out % (2 * PAGE_SIZE),
                 .size = (unsigned) op->size},
        // vm has nobody to turn to when it faults.
        .buf = user_buffer(is_vm ? 0 : op->at),
        .ool = user_ool_buffer(is_vm ? op->ool & 1 : op->ool, op->at),
        .in = IN_VADDR + (unsigned) op->in % (2 * PAGE_SIZE),
        .cap = (unsigned) op->cap,
    };
    if (is_vm) {
        call.mail.size = MIN(call.mail.size, PAGE_SIZE);
        call.cap = MIN(call.cap, PAGE_SIZE);
    }
    if (!call.ool) {
        call.in = call.cap = 0;
    }
    prepare_memory(TASK_SLOT(task->tid), &call);
    task->call = call;
    compare_buffers(task);
    host.pause_restarts = op->value & 1;
    issue_ipc(task->tid, &call);
    host.pause_restarts = false;
}

static void do_call(task_t tid, enum syscall_number number, uintptr_t a0, uintptr_t a1,
                    uintptr_t a2, uintptr_t a3, uintptr_t a4) {
    uintptr_t args[6] = {a0, a1, a2, a3, a4, 0};
    host_start_call(tid, number, args);
}

/// Gives a task its pages, but for those that it is to lack (a bit each).
static void give_pages(task_t tid, unsigned lacks) {
    int slot = TASK_SLOT(tid);
    user_fill(slot, tid);
    for (int page = 0; page < NUM_PAGES; page++) {
        bool given = page == PAGE_MSG || !((lacks >> page) & 1);
        if (given && !model[slot].pages[page]) {
            host_map_page(tid, user_page_vaddr(page), user_paddr(slot, page), MAP_W);
        }
    }
}

static void do_create(const struct op *op, const struct model_task *task) {
    task_t tid = model_resolve(op->to);
    do_call(task->tid, SYS_TASK_CREATE, (uintptr_t) tid, MSG_VADDR, USER_IMAGE_BASE,
            (uintptr_t) model_resolve(op->from), (unsigned) op->flags);
    struct model_task *created = model_find(tid);
    if (created && created->does == DOES_NOT_RUN_YET && !created->pages[PAGE_MSG]) {
        give_pages(tid, 0);
    }
}

static void task_step(const struct op *op, struct model_task *task) {
    uintptr_t to = (uintptr_t) model_resolve(op->to);
    uintptr_t value = (uintptr_t) (intptr_t) op->value;
    switch (op->kind) {
    case OP_IPC:
        do_ipc(op, task);
        break;
    case OP_NOTIFY:
        do_call(task->tid, SYS_NOTIFY, to, value, 0, 0, 0);
        break;
    case OP_TIMER:
        do_call(task->tid, SYS_TIMER_SET, value, 0, 0, 0, 0);
        break;
    case OP_EXIT:
        do_call(task->tid, SYS_TASK_EXIT, value, 0, 0, 0, 0);
        break;
    case OP_CREATE:
        do_create(op, task);
        break;
    case OP_DESTROY:
        do_call(task->tid, SYS_TASK_DESTROY, to, 0, 0, 0, 0);
        break;
    case OP_SCHEDULE:
        do_call(task->tid, SYS_TASK_SCHEDULE, to, value, 0, 0, 0);
        break;
    case OP_GRANT:
        do_call(task->tid, SYS_GRANT, to, op->flags == GRANT_CALL ? GRANT_CALL : GRANT_SERVER,
                (unsigned) op->value % NUM_SERVERS, 0, 0);
        break;
    case OP_ACQUIRE:
    case OP_RELEASE:
        do_call(task->tid, op->kind == OP_ACQUIRE ? SYS_IRQ_ACQUIRE : SYS_IRQ_RELEASE, value, 0, 0,
                0, 0);
        break;
    case OP_FAULT: {
        vaddr_t addr = user_page_vaddr((int) ((unsigned) op->at % NUM_PAGES)) + 5;
        model_fault(task, addr, (unsigned) op->flags & 7);
        host_fault(task->tid, addr, (unsigned) op->flags & 7);
        break;
    }
    case OP_EXCEPTION:
        model_exit(task, op->value & 7, op->value);
        host_exception(task->tid, op->value & 7, op->value);
        break;
    }
}

// ---- What the supervisor does -------------------------------------------------------------------

static bool do_spawn(const struct op *op) {
    int slot = op->to;
    if (slot < FIRST_SLOT || slot > NUM_SLOTS || model[slot].tid) {
        return false;
    }
    task_t pager = model_resolve(op->from);
    task_t tid = model_resolve(slot);
    pager = model_is_alive(pager) ? pager : INIT_TASK;
    SYSCALL(SUPERVISOR, SYS_TASK_CREATE, tid, MSG_VADDR, USER_IMAGE_BASE, pager,
            (unsigned) op->flags & TASK_RIGHTS);
    if (!model[slot].tid) {
        fuzz_failed("the supervisor can't create a task");
    }
    give_pages(tid, (unsigned) op->at);
    if ((unsigned) op->len % NUM_SERVERS) {
        SYSCALL(SUPERVISOR, SYS_GRANT, tid, GRANT_SERVER, (unsigned) op->len % NUM_SERVERS);
    }
    for (unsigned i = 0; i < NUM_SERVERS; i++) {
        if (((unsigned) op->size >> i) & 1) {
            SYSCALL(SUPERVISOR, SYS_GRANT, tid, GRANT_CALL, i);
        }
    }
    for (unsigned i = 0; i < NUM_LINES; i++) {
        if (((unsigned) op->in >> i) & 1) {
            SYSCALL(SUPERVISOR, SYS_GRANT, tid, GRANT_IRQ, FIRST_LINE + i, 1);
        }
    }
    SYSCALL(SUPERVISOR, SYS_TASK_SCHEDULE, tid, op->value & TASK_PRIORITY_MAX);
    return true;
}

/// The page of an op, of a task other than vm, or -1.
static int page_of(const struct op *op) {
    int page = (int) ((unsigned) op->at % NUM_PAGES);
    bool exists = op->to >= FIRST_SLOT && op->to <= NUM_SLOTS && model_is_alive(model[op->to].tid);
    return exists && page != PAGE_MSG ? page : -1;
}

static bool do_map(const struct op *op) {
    int page = page_of(op);
    if (page < 0 || model[op->to].pages[page]) {
        return false;
    }
    host_map_page(model[op->to].tid, user_page_vaddr(page), user_paddr(op->to, page),
                  op->flags & MAP_W);
    return true;
}

static bool do_unmap(const struct op *op) {
    int page = page_of(op);
    if (page < 0 || !model[op->to].pages[page]) {
        return false;
    }
    host_unmap(model[op->to].tid, user_page_vaddr(page));
    return true;
}

static bool do_kill(const struct op *op) {
    if (op->to < FIRST_SLOT || op->to > NUM_SLOTS || !model[op->to].tid) {
        return false;
    }
    host_destroy(model[op->to].tid);
    return true;
}

static bool do_irq(const struct op *op) {
    unsigned line = FIRST_LINE + (unsigned) op->value % NUM_LINES;
    bool fires = host.unmasked[line];
    if (fires) {
        model_irq(line);
        host_irq((unsigned) op->at % host.num_cpus, line);
    }
    return fires;
}

/// Time goes by; calls whose restart has been put off are made again.
static void do_wait(const struct op *op) {
    for (unsigned id = 0; id < host.num_cpus; id++) {
        if (!cpus[id].current || !cpus[id].current->arch.restarted) {
            continue;
        }
        if (op->flags & 1) {
            host_enter(id, host_make_syscall);
        } else {
            end_slice(id);
        }
    }
    host_advance_ms(host.still ? 0 : (unsigned) op->value % 100);
}

static bool supervisor_step(const struct op *op) {
    switch (op->kind) {
    case OP_SPAWN:
        return do_spawn(op);
    case OP_KILL:
        return do_kill(op);
    case OP_IRQ:
        return do_irq(op);
    case OP_WAKE:
        SYSCALL(SUPERVISOR, SYS_NOTIFY, model_resolve(op->to), op->value);
        return true;
    case OP_MAP:
        return do_map(op);
    case OP_UNMAP:
        return do_unmap(op);
    default:
        do_wait(op);
        return true;
    }
}

// ---- A sequence ---------------------------------------------------------------------------------

static void begin_slot(int slot) {
    const struct task *k = task_slot(slot);
    in_call &= ~(1u << slot);
    model[slot] = (struct model_task){.last_generation = k->tid ? 0 : k->last_generation};
}

void exec_begin(const struct setup *setup) {
    host.num_cpus = MIN(MAX(setup->cpus, 1u), HOST_CPUS);
    host_reset();
    host.fast_path = setup->fast;
    host.still = setup->still;
    host.fast_calls = host.fast_messages = 0;
    late = setup->late;
    steps = 0;
    user_init();
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        begin_slot(slot);
    }
    struct model_task *vm = &model[INIT_TASK];
    model_init_task(vm, INIT_TASK, 0, TASK_RIGHTS);
    vm->does = DOES_RECEIVE;
    vm->base_priority = vm->priority = host_task(INIT_TASK)->base_priority;
    vm->pages[PAGE_MSG] = PAGE_R | PAGE_W;
    vm->call = (struct call){.flags = OP_RECV | OP_OPEN, .buf = MSG_VADDR};
    host_task(INIT_TASK)->arch.message = 0;
    model_init_task(&model[TASK_SLOT(SUPERVISOR)], SUPERVISOR, INIT_TASK, TASK_RIGHTS);
    host.listener = listen;
    give_pages(INIT_TASK, 0);
    for (unsigned i = 0; i < NUM_SERVERS; i++) {
        SYSCALL(SUPERVISOR, SYS_GRANT, INIT_TASK, GRANT_CALL, i);
        SYSCALL(SUPERVISOR, SYS_GRANT, SUPERVISOR, GRANT_CALL, i);
    }
    compare_all();
}

bool exec_step(const struct op *op) {
    bool done;
    if (op->kind >= OP_SPAWN) {
        done = supervisor_step(op);
    } else {
        // vm can't end.
        bool ends = op->kind == OP_EXIT || op->kind == OP_FAULT || op->kind == OP_EXCEPTION;
        done = !(ends && op->who == INIT_TASK) && can_act(op->who);
        if (done) {
            task_step(op, &model[op->who]);
        }
    }
    if (!late || op->kind == OP_WAIT) {
        host_deliver_ipis();
    }
    compare_all();
    if (done && steps++ % 16 == 0 && !(steps % 512 == 1 ? host_check() : host_check_tasks())) {
        fuzz_failed("an invariant of the kernel's is broken");
    }
    return done;
}

void exec_end(void) {
    if (!host_check()) {
        fuzz_failed("an invariant of the kernel's is broken");
    }
}
