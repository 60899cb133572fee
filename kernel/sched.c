#include <kernel/board.h>
#include <kernel/sched.h>
#include <kernel/timer.h>

uint32_t idle_cpus;

void sched_init(struct cpu *cpu, unsigned id) {
    cpu->id = id;
    cpu->held = cpu;
    list_init(&cpu->sync_waiters);
    for (int i = 0; i < NUM_PRIORITIES; i++) {
        list_init(&cpu->queues[i]);
    }
    cpu->accounted = arch_cycles();
    cpu->started = id == 0 ? board_boot_cycles() : cpu->accounted;
    cpu->resched = true;
    __atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
}

void sched_kick(struct cpu *cpu) {
    // Who has been told already, or is looking at its queue anyway, needn't be interrupted.
    bool told = __atomic_exchange_n(&cpu->resched, true, __ATOMIC_ACQ_REL);
    if (!told && cpu != this_cpu()) {
        this_cpu()->to_interrupt |= 1u << cpu->id;
    }
}

void sched_send_ipis(void) {
    struct cpu *self = this_cpu();
    while (self->to_interrupt) {
        unsigned id = (unsigned) __builtin_ctz(self->to_interrupt);
        self->to_interrupt &= self->to_interrupt - 1;
        board_send_ipi(id);
    }
}

/// The best priority in a CPU's run queue, or NUM_PRIORITIES if nothing is ready.
static unsigned best_ready(const struct cpu *cpu) {
    return cpu->ready_mask ? (unsigned) __builtin_ctz(cpu->ready_mask) : NUM_PRIORITIES;
}

static void enqueue(struct cpu *cpu, struct task *task, bool at_front) {
    list_t *queue = &cpu->queues[task->priority];
    task->state = TASK_READY;
    if (at_front) {
        list_push_front(queue, &task->link);
    } else {
        list_push_back(queue, &task->link);
    }
    cpu->ready_mask |= 1u << task->priority;
    cpu->num_ready++;
}

static void dequeue(struct cpu *cpu, struct task *task) {
    list_remove(&task->link);
    cpu->num_ready--;
    if (list_is_empty(&cpu->queues[task->priority])) {
        cpu->ready_mask &= ~(1u << task->priority);
    }
}

/// `cpu` has more to do than it can: lets an idle CPU come and take some.
static void call_idle_cpu(const struct cpu *cpu) {
    uint32_t idle = __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) & ~(1u << cpu->id);
    if (idle) {
        sched_kick(&cpus[__builtin_ctz(idle)]);
    }
}

void sched_offer(void) {
    const struct cpu *cpu = this_cpu();
    if (cpu->ready_mask) {
        call_idle_cpu(cpu);
    }
}

void sched_wake(struct task *task) {
    sched_wake_before_block(task);
    struct cpu *cpu = &cpus[task->cpu];
    if (cpu->current) {
        call_idle_cpu(cpu);
    }
}

/// A task has come into a run queue: lets it run before, or in turn with, the one that runs.
static void announce(struct cpu *cpu, const struct task *task) {
    struct task *running = cpu->current;
    if (!running || task->priority < running->priority) {
        sched_kick(cpu);
    } else if (task->priority == running->priority) {
        if (cpu == this_cpu()) {
            timer_arm_slice(cpu);
        } else {
            sched_kick(cpu);  // Only that CPU can set its timer.
        }
    }
}

void sched_wake_before_block(struct task *task) {
    struct cpu *cpu = &cpus[task->cpu];
    enqueue(cpu, task, false);
    announce(cpu, task);
}

void sched_remove(struct task *task) {
    if (task->state == TASK_READY) {
        dequeue(&cpus[task->cpu], task);
    }
}

/// Charges the time since the last change to the current task, or to idleness.
static void account(struct cpu *cpu) {
    uint64_t now = arch_cycles();
    if (cpu->current) {
        cpu->current->cycles += now - cpu->accounted;
    } else {
        cpu->idle_cycles += now - cpu->accounted;
    }
    cpu->accounted = now;
}

static void set_current(struct cpu *cpu, struct task *next) {
    account(cpu);
    cpu->current = next;
    cpu->switches++;
    if (next) {
        next->state = TASK_RUNNING;
        cpu->aspace = next->aspace;
        arch_switch(next);
        if (__atomic_load_n(&cpu->stale, __ATOMIC_ACQUIRE)) {
            cpu->stale = false;
            arch_flush_user_tlb();
        }
    }
}

void sched_block(enum task_state state) {
    struct cpu *cpu = this_cpu();
    struct task *task = cpu->current;
    account(cpu);
    task->state = state;
    cpu->current = NULL;
    cpu->resched = true;
}

/// Brings a task that doesn't run over to this CPU, so that the two talk without crossing again.
static void pull(struct cpu *cpu, struct task *task) {
    if (task->cpu != cpu->id && arch_task_movable(task)) {
        __atomic_store_n(&task->cpu, cpu->id, __ATOMIC_RELEASE);
    }
}

void sched_handoff(enum task_state state, struct task *next) {
    struct cpu *cpu = this_cpu();
    pull(cpu, next);
    if (next->cpu != cpu->id || best_ready(cpu) < next->priority) {
        sched_block(state);
        sched_wake(next);
        return;
    }
    cpu->current->state = state;
    set_current(cpu, next);
    if (best_ready(cpu) == next->priority) {
        timer_arm_slice(cpu);
    }
}

void sched_set_priority(struct task *task, unsigned priority) {
    if (task->priority == priority) {
        return;
    }
    if (task->state == TASK_READY) {
        struct cpu *cpu = &cpus[task->cpu];
        dequeue(cpu, task);
        task->priority = priority;
        enqueue(cpu, task, false);
        announce(cpu, task);
        return;
    }
    if (task->state == TASK_RUNNING && priority > task->priority) {
        sched_kick(&cpus[task->cpu]);
    }
    task->priority = priority;
}

/// Takes a ready task from the run queue of `victim`. The caller holds both locks.
static struct task *steal_from(struct cpu *cpu, struct cpu *victim) {
    for (unsigned mask = victim->ready_mask; mask; mask &= mask - 1) {
        list_t *queue = &victim->queues[__builtin_ctz(mask)];
        LIST_FOR_EACH (task, queue, struct task, link) {
            if (arch_task_movable(task)) {
                dequeue(victim, task);
                __atomic_store_n(&task->cpu, cpu->id, __ATOMIC_RELEASE);
                return task;
            }
        }
    }
    return NULL;
}

/// Looks for a task that waits for its turn on another CPU, and puts it into our run queue.
static void steal(struct cpu *cpu) {
    for (unsigned i = 1; i < num_cpus; i++) {
        struct cpu *victim = &cpus[(cpu->id + i) % num_cpus];
        if (!__atomic_load_n(&victim->num_ready, __ATOMIC_RELAXED)) {
            continue;
        }
        cpu_acquire(victim);
        struct task *task = NULL;
        // A CPU that is about to run its only ready task keeps it.
        if (!cpu->ready_mask && victim->num_ready > (victim->current ? 0 : 1)) {
            task = steal_from(cpu, victim);
        }
        if (task) {
            enqueue(cpu, task, false);
        }
        cpu_release();
        if (task) {
            return;
        }
    }
}

/// Puts the best ready task on the CPU. The caller holds the lock.
static void pick(struct cpu *cpu) {
    struct task *current = cpu->current;
    cpu->resched = false;
    unsigned best = best_ready(cpu);
    if (current) {
        bool slice_over = arch_cycles() >= cpu->slice_end && best == current->priority;
        if (best > current->priority) {
            return;
        }
        if (best == current->priority && !slice_over) {
            timer_arm_slice(cpu);
            return;
        }
        enqueue(cpu, current, !slice_over);
    }
    struct task *next = NULL;
    if (best < NUM_PRIORITIES) {
        next = LIST_FRONT(&cpu->queues[best], struct task, link);
        dequeue(cpu, next);
    }
    if (next || current) {
        set_current(cpu, next);
    }
    timer_start_slice(cpu);
    // Those that were woken without calling anybody, and didn't get this CPU.
    if (next && cpu->ready_mask) {
        call_idle_cpu(cpu);
    }
}

static void set_idle(struct cpu *cpu, bool idle) {
    uint32_t bit = 1u << cpu->id;
    if (idle) {
        __atomic_or_fetch(&idle_cpus, bit, __ATOMIC_SEQ_CST);
    } else {
        __atomic_and_fetch(&idle_cpus, ~bit, __ATOMIC_SEQ_CST);
    }
}

void sched_pick(void) {
    struct cpu *cpu = this_cpu();
    cpu_acquire(cpu);
    pick(cpu);
    cpu_release();
    if (cpu->current) {
        return;
    }
    // Say that we are idle before looking for work: whoever queues work after our look will see it.
    set_idle(cpu, true);
    steal(cpu);
    if (!cpu->ready_mask && !__atomic_load_n(&cpu->resched, __ATOMIC_ACQUIRE)) {
        arch_idle();
    }
    set_idle(cpu, false);
    cpu->resched = true;
}

void sched_check_slice(uint64_t now) {
    struct cpu *cpu = this_cpu();
    if (cpu->current && now >= cpu->slice_end) {
        cpu->resched = true;
    }
}

void sched_sync(struct cpu *cpu) {
    struct task *task = current_task();
    sched_block(TASK_SYNCING);
    list_push_back(&cpu->sync_waiters, &task->sync_link);
    cpu->must_sync = true;
    this_cpu()->to_interrupt |= 1u << cpu->id;
}

/// Takes the first waiter off the list, with the locks of this CPU and of the waiter's. NULL: none.
static struct task *acquire_sync_waiter(struct cpu *cpu) {
    struct cpu *other = cpu;
    while (true) {
        cpu_acquire(other);
        struct task *task = LIST_FRONT(&cpu->sync_waiters, struct task, sync_link);
        if (!task || task->cpu == other->id || task->cpu == cpu->id) {
            return task;
        }
        other = &cpus[task->cpu];
        cpu_release();
    }
}

/// Leaves what another CPU is destroying.
static void leave_dying(struct cpu *cpu) {
    cpu_acquire(cpu);
    if (cpu->current && cpu->current->state == TASK_DYING) {
        cpu->current = NULL;
        cpu->resched = true;
    }
    // A task that has entered the kernel meanwhile may not be DYING any more: it will be, again.
    if (!cpu->current && cpu->aspace && cpu->aspace->dying) {
        arch_leave_aspace();
        cpu->aspace = NULL;
    }
    cpu_release();
}

void kernel_ipi(void) {
    struct cpu *cpu = this_cpu();
    // The list of waiters doesn't tell: who waited may have been destroyed.
    if (!__atomic_exchange_n(&cpu->must_sync, false, __ATOMIC_ACQ_REL)) {
        return;  // Only a kick: `resched` is set.
    }
    leave_dying(cpu);
    arch_flush_user_tlb();
    struct task *task;
    while ((task = acquire_sync_waiter(cpu)) != NULL) {
        list_remove(&task->sync_link);
        sched_wake(task);
        cpu_release();
    }
    cpu_release();
}
