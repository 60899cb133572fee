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

struct task tasks[CONFIG_NUM_TASKS];
struct cpu cpus[CONFIG_NUM_CPUS];

STATIC_ASSERT(CONFIG_NUM_TASKS < (1 << TASK_SLOT_BITS), "task IDs can't name that many slots");

void task_init(void) {
    for (int i = 0; i < CONFIG_NUM_TASKS; i++) {
        list_init(&tasks[i].senders);
        memory_init_slot(&tasks[i], i);
        tasks[i].last_generation = -1;
    }
}

// ---- Finding and locking ------------------------------------------------------------------------

struct task *task_slot(int slot) {
    return (slot >= 1 && slot <= CONFIG_NUM_TASKS) ? &tasks[slot - 1] : NULL;
}

static struct task *find_alive(task_t tid) {
    // No task has an ID that isn't positive.
    struct task *task = task_slot(TASK_SLOT(tid));
    return task && task->tid == tid && task->state != TASK_DYING ? task : NULL;
}

bool task_is_alive(task_t tid) {
    return find_alive(tid) != NULL;
}

#if CONFIG_NUM_CPUS > 1

void cpu_acquire(struct cpu *other) {
    struct cpu *self = this_cpu();
    if (other == self) {
        spin_lock(&self->lock);
    } else if (other->id < self->id) {
        spin_lock(&other->lock);
        spin_lock(&self->lock);
    } else {
        spin_lock(&self->lock);
        spin_lock(&other->lock);
    }
    self->held = other;
}

void cpu_release(void) {
    struct cpu *self = this_cpu();
    if (self->held != self) {
        spin_unlock(&self->held->lock);
    }
    spin_unlock(&self->lock);
    if (self->to_interrupt) {
        smp_send_ipis();
    }
}

void cpu_acquire_all(void) {
    for (unsigned i = 0; i < num_cpus; i++) {
        spin_lock(&cpus[i].lock);
    }
}

void cpu_release_all(void) {
    for (unsigned i = num_cpus; i > 0; i--) {
        spin_unlock(&cpus[i - 1].lock);
    }
    smp_send_ipis();
}

/// It isn't the task that was looked for, or not on this CPU.
static __noinline struct task *acquire_anywhere(struct task *task, task_t tid, bool acquired) {
    if (acquired) {
        cpu_release();
    }
    while (__atomic_load_n(&task->tid, __ATOMIC_RELAXED) == tid) {
        unsigned cpu = __atomic_load_n(&task->cpu, __ATOMIC_RELAXED);
        cpu_acquire(&cpus[cpu]);
        if (task->tid == tid && task->cpu == cpu && task->state != TASK_DYING) {
            return task;
        }
        bool moved = task->tid == tid && task->cpu != cpu;
        cpu_release();
        if (!moved) {
            return NULL;
        }
    }
    return NULL;
}

struct task *task_acquire(task_t tid) {
    struct task *task = tid > 0 ? task_slot(TASK_SLOT(tid)) : NULL;
    if (UNLIKELY(!task)) {
        return NULL;
    }
    // Keeps the compiler from computing the address anew for each field.
    __asm__("" : "+r"(task));
    // Mostly it is one of this CPU.
    struct cpu *cpu = this_cpu();
    bool is_here = __atomic_load_n(&task->cpu, __ATOMIC_RELAXED) == cpu->id;
    if (LIKELY(is_here)) {
        cpu_acquire_this(cpu);
        if (LIKELY(task->tid == tid) && LIKELY(task->cpu == cpu->id)
            && LIKELY(task->state != TASK_DYING)) {
            return task;
        }
    }
    return acquire_anywhere(task, tid, is_here);
}

#else

struct task *task_acquire(task_t tid) {
    return find_alive(tid);
}

#endif

// ---- Creating -----------------------------------------------------------------------------------

static void init_task(struct task *task, task_t tid, task_t pager, unsigned flags) {
    task->flags = flags;
    task->pager = pager;
    task->server = 0;
    task->priority = task->base_priority = TASK_PRIORITY_MAX;
    task->cpu = this_cpu()->id;
    task->work = 0;
    task->attention = true;
    task->waits_for = 0;
    task->notifications = 0;
    task->reported = true;
    task->irq_pending = false;
    task->cpu_time = 0;
    task->ipc_count = 0;
    // Created tasks don't run until they are scheduled: their rights come first.
    task->state = TASK_CREATED;
    __atomic_store_n(&task->tid, tid, FOR_OTHER_CPUS(__ATOMIC_RELEASE));
}

struct task *task_create_init(void) {
    struct task *task = task_slot(TASK_SLOT(INIT_TASK));
    init_task(task, INIT_TASK, 0, TASK_RIGHTS);
    task->base_priority = task->priority = 0;
    return task;
}

static error_t check_create(struct task *creator, struct task *slot, task_t tid, task_t pager,
                            unsigned flags) {
    if (flags & TASK_RIGHTS & ~creator->flags) {
        return ERR_NOT_PERMITTED;
    }
    if (!(creator->flags & TASK_RIGHT_PHYS) && pager != creator->tid) {
        return ERR_NOT_PERMITTED;
    }
    if (flags & TASK_ABI_HOOK) {
        return ERR_UNAVAILABLE;
    }
    if (tid <= 0 || !slot || (flags & ~TASK_FLAGS) || !task_is_alive(pager)) {
        return ERR_INVALID_ARG;
    }
    if (slot->tid) {
        return ERR_ALREADY_EXISTS;
    }
    int next = slot->last_generation == TASK_GEN_MAX ? 0 : slot->last_generation + 1;
    return TASK_GEN(tid) == next ? OK : ERR_ALREADY_EXISTS;
}

error_t task_create(task_t tid, vaddr_t name, vaddr_t ip, task_t pager, unsigned flags,
                    vaddr_t memory) {
    struct task *creator = current_task();
    struct task_template template;
    if (!(creator->flags & TASK_RIGHT_TASK)) {
        return ERR_NOT_PERMITTED;
    }
    error_t err = memory_read_template(&template, name, memory);
    if (err != OK) {
        return err;
    }
    struct task *slot = task_slot(TASK_SLOT(tid));
    cpu_acquire_all();
    err = check_create(creator, slot, tid, pager, flags);
    if (err == OK) {
        memory_init_task(slot, &template);
        arch_task_init(slot, ip);
        init_task(slot, tid, pager, flags);
        trace_created(creator->tid, slot);
        if (!(creator->flags & TASK_RIGHT_PHYS)) {
            rights_inherit(slot, creator);
        }
    }
    cpu_release_all();
    return err;
}

error_t task_schedule(task_t tid, int priority) {
    struct task *caller = current_task();
    if (priority < 0 || priority > TASK_PRIORITY_MAX) {
        return ERR_INVALID_ARG;
    }
    struct task *task = task_acquire(tid);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    error_t err = OK;
    bool allowed = (caller->flags & TASK_RIGHT_PHYS)
                   || ((caller->flags & TASK_RIGHT_TASK) && task->pager == caller->tid);
    // Nobody makes a task more urgent than itself.
    if (!allowed || (!(caller->flags & TASK_RIGHT_PHYS) && priority < caller->base_priority)) {
        err = ERR_NOT_PERMITTED;
    } else {
        task->base_priority = priority;
        sched_set_priority(task, priority);
        if (task->state == TASK_CREATED) {
            sched_wake(task);
        }
    }
    cpu_release();
    return err;
}

// ---- Stopping and destroying --------------------------------------------------------------------

void task_note_end(int exception, int value, vaddr_t addr) {
    struct task *task = current_task();
    timer_stop();
    task->exception = (uint8_t) exception;
    task->fault = (struct fault){.vaddr = addr, .value = value};
}

void task_stop(int exception, int value, vaddr_t addr) {
    task_note_end(exception, value, addr);
    ipc_report(TASK_STOPPED);
}

/// Takes a task out of whatever it waits in.
static void leave_queues(struct task *task) {
    sched_remove(task);
    bool queued = task->state == TASK_SENDING
                  || ((task_is_faulted(task) || task->state == TASK_STOPPED) && !task->reported);
    if (queued) {
        list_remove(&task->link);
    }
    smp_leave(task);
}

/// Those that wait for a task, which are told of its end before interrupts get their turn.
#define ABORTS_AT_ONCE 12
/// Neither the task nor who destroys it waits for it.
#define ABORTS_ALL (CONFIG_NUM_TASKS <= ABORTS_AT_ONCE + 2)

/// Lets those that wait for a task that is being torn down fail, some at a time. False: there may be more.
static bool abort_some(struct task *task) {
    leave_queues(task);
    // Nobody begins to wait for it from now on.
    task->state = TASK_DYING;
    int left = ABORTS_AT_ONCE;
    struct task *sender;
    while ((ABORTS_ALL || left > 0)
           && (sender = LIST_POP_FRONT(&task->senders, struct task, link)) != NULL) {
        left--;
        if (sender->state == TASK_SENDING) {
            ipc_fail_send(sender, ERR_ABORTED);
        } else {
            sender->reported = true;  // Its pager is gone: nobody else is to be told.
        }
    }
    for (struct task *other = tasks; other < &tasks[CONFIG_NUM_TASKS]; other++) {
        if (other->state == TASK_RECEIVING && other->waits_for == task->tid) {
            if (!ABORTS_ALL && left-- == 0) {
                return false;
            }
            task_abort(other, ERR_ABORTED);
        }
    }
    return ABORTS_ALL || list_is_empty(&task->senders);
}

/// Ends what others see of a task, some of it at a time. False: there is more. *user is a CPU that has to be told, or
/// NULL. The caller holds all locks.
static bool __mustuse begin_destroy(struct task *task, struct cpu **user) {
    if (!abort_some(task) || !irq_release_some(task)) {
        return false;
    }
    *user = loan_end_all(task);
    timer_cancel(task);
    rights_revoke_all(task);
    memory_begin_destroy(task);
    return true;
}

static error_t destroy_locked(struct task *caller, struct task *task, task_t tid) {
    if (!task || task->tid != tid || tid <= 0) {
        return ERR_INVALID_TASK;
    }
    bool allowed = (caller->flags & TASK_RIGHT_PHYS)
                   || ((caller->flags & TASK_RIGHT_TASK) && task->pager == caller->tid);
    if (!allowed) {
        return ERR_NOT_PERMITTED;
    }
    if (task == caller || tid == INIT_TASK) {
        return ERR_INVALID_ARG;
    }
    if (task->work & WORK_ENDED) {
        return OK;
    }
    // Each time: until its CPU has heard of it, the task may have begun something new.
    struct cpu *holder;
    if (!begin_destroy(task, &holder)) {
        arch_syscall_restart(caller);
        return SYSCALL_PENDING;
    }
    if (!holder) {
        holder = smp_find_holder(task);
    }
    if (holder) {
        arch_syscall_restart(caller);
        smp_sync(holder);
        return SYSCALL_PENDING;
    }
    arch_task_exit(task);
    task->work |= WORK_ENDED;
    return OK;
}

/// Gives the slot free, unless somebody else who destroyed the task has done so.
static void free_slot(struct task *task, task_t tid) {
    cpu_acquire_all();
    if (CONFIG_NUM_CPUS == 1 || task->tid == tid) {
        trace_event(TRACE_DESTROY, current_task()->tid, tid, 0);
        task->state = TASK_UNUSED;
        task->last_generation = TASK_GEN(tid);
        __atomic_store_n(&task->tid, 0, FOR_OTHER_CPUS(__ATOMIC_RELEASE));
    }
    cpu_release_all();
}

error_t task_destroy(task_t tid) {
    struct task *caller = current_task();
    struct task *task = task_slot(TASK_SLOT(tid));
    cpu_acquire_all();
    bool had_ended = task && (task->work & WORK_ENDED);
    error_t err = destroy_locked(caller, task, tid);
    cpu_release_all();
    if (err != OK) {
        return err;
    }
    // No CPU uses the address space any more, nor can: it is taken apart in steps that let interrupts
    // in, of which ending the task was the first.
    if (!memory_teardown(task, had_ended)) {
        arch_syscall_restart(caller);
        return SYSCALL_PENDING;
    }
    free_slot(task, tid);
    return OK;
}
