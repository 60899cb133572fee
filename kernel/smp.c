#include <kernel/board.h>
#include <kernel/sched.h>
#include <kernel/smp.h>

#if CONFIG_NUM_CPUS > 1

unsigned num_cpus = 1;
uint32_t idle_cpus;

void smp_init_cpu(struct cpu *cpu) {
    cpu->held = cpu;
    list_init(&cpu->sync_waiters);
    cpu->started = cpu->id == 0 ? board_boot_cycles() : cpu->idle_since;
}

void smp_send_ipis(void) {
    struct cpu *self = this_cpu();
    while (self->to_interrupt) {
        unsigned id = (unsigned) __builtin_ctz(self->to_interrupt);
        self->to_interrupt &= self->to_interrupt - 1;
        sharing_note_write();
        board_send_ipi(id);
    }
}

// ---- Sharing work -------------------------------------------------------------------------------

/// The best task in the run queue of `victim` that can be moved, or NULL. The caller holds its lock.
static struct task *find_movable(struct cpu *victim) {
    for (list_t *queue = victim->queues; queue < &victim->queues[NUM_PRIORITIES]; queue++) {
        LIST_FOR_EACH (task, queue, struct task, link) {
            if (arch_task_movable(task)) {
                return task;
            }
        }
    }
    return NULL;
}

/// Looks for a task that waits for its turn on another CPU, and puts it into our run queue.
static void steal(struct cpu *cpu) {
    struct task *task = NULL;
    for (unsigned i = 1; i < num_cpus && !task; i++) {
        struct cpu *victim = &cpus[(cpu->id + i) % num_cpus];
        if (!__atomic_load_n(&victim->num_ready, __ATOMIC_RELAXED)) {
            continue;
        }
        cpu_acquire(victim);
        // A CPU that is about to run its only ready task keeps it.
        if (!cpu->ready_mask && victim->num_ready > (victim->current ? 0 : 1)) {
            task = find_movable(victim);
        }
        if (task) {
            sched_move(task, victim, cpu);
        }
        cpu_release();
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

void smp_idle(struct cpu *cpu) {
    // Say that we are idle before looking for work: whoever queues work after our look will see it.
    set_idle(cpu, true);
    steal(cpu);
    if (!cpu->ready_mask && !__atomic_load_n(&cpu->resched, __ATOMIC_ACQUIRE)) {
        arch_idle();
    }
    set_idle(cpu, false);
    cpu->resched = true;
}

// ---- Making other CPUs forget -------------------------------------------------------------------

struct cpu *smp_find_holder(const struct task *task) {
    for (unsigned i = 0; i < num_cpus; i++) {
        struct cpu *cpu = &cpus[i];
        if (cpu->current == task || cpu->aspace == task->aspace) {
            return cpu;
        }
    }
    return NULL;
}

struct cpu *smp_forget_aspace(const struct aspace *as) {
    struct cpu *user = NULL;
    for (unsigned i = 0; i < num_cpus; i++) {
        struct cpu *cpu = &cpus[i];
        if (cpu == this_cpu() || cpu->aspace != as) {
            continue;
        }
        if (cpu->current && cpu->current->aspace == as) {
            user = cpu;
        } else {
            __atomic_store_n(&cpu->stale, true, __ATOMIC_RELEASE);
        }
    }
    return user;
}

void smp_sync(struct cpu *cpu) {
    struct task *task = current_task();
    sched_block(TASK_SYNCING);
    smp_wait_for(task, cpu);
}

void smp_wait_for(struct task *task, struct cpu *cpu) {
    task->state = TASK_SYNCING;
    list_push_back(&cpu->sync_waiters, &task->sync_link);
    cpu->must_sync = true;
    smp_interrupt(cpu);
}

void smp_leave(struct task *task) {
    if (task->state == TASK_SYNCING) {
        list_remove(&task->sync_link);
    }
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

/// Tasks that one interrupt wakes, at most. If there are more, the CPU interrupts itself again.
#    define WAKES_AT_ONCE 8

void kernel_ipi(void) {
    struct cpu *cpu = this_cpu();
    // The list of waiters doesn't tell: who waited may have been destroyed.
    if (!__atomic_exchange_n(&cpu->must_sync, false, __ATOMIC_ACQ_REL)) {
        return;  // Only a kick: `resched` is set.
    }
    leave_dying(cpu);
    arch_flush_user_tlb();
    struct task *task;
    for (int i = 0; (task = acquire_sync_waiter(cpu)) != NULL; i++) {
        if (i == WAKES_AT_ONCE) {
            cpu->must_sync = true;
            cpu->to_interrupt |= 1u << cpu->id;
            break;
        }
        list_remove(&task->sync_link);
        sched_wake(task);
        cpu_release();
    }
    cpu_release();
}

#else

void kernel_ipi(void) {}

#endif
