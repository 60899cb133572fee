#include <kernel/board.h>
#include <kernel/memory.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/timer.h>

void sched_init(struct cpu *cpu, unsigned id) {
    cpu->id = id;
    struct task receiving = {.state = TASK_RECEIVING, .cpu = id};
    cpu->receiving = receiving.state_and_cpu;
    for (int i = 0; i < NUM_PRIORITIES; i++) {
        list_init(&cpu->queues[i]);
    }
    cpu->idle_since = arch_cycles();
    cpu->resched = true;
    smp_init_cpu(cpu);
    __atomic_store_n(&cpu->online, true, FOR_OTHER_CPUS(__ATOMIC_RELEASE));
}

void sched_kick(struct cpu *cpu) {
    // Who has been told already, or is looking at its queue anyway, needn't be interrupted.
    if (cpu != this_cpu()) {
        sharing_note_write();
    }
    if (!atomic_swap_bool(&cpu->resched, true)) {
        smp_interrupt(cpu);
    }
}

/// The best priority in a CPU's run queue, or NUM_PRIORITIES if nothing is ready.
static unsigned best_ready(const struct cpu *cpu) {
    if (!cpu->ready_mask) {
        return NUM_PRIORITIES;
    }
    return (unsigned) __builtin_clz((uint32_t) cpu->ready_mask << (31 - TASK_PRIORITY_MAX));
}

/// For CPUs that look for work.
static void count_ready(struct cpu *cpu __unused, int more __unused) {
#if CONFIG_NUM_CPUS > 1
    cpu->num_ready += more;
#endif
}

static void enqueue(struct cpu *cpu, struct task *task, bool at_front) {
    unsigned priority = task->priority;
    list_t *queue = &cpu->queues[priority];
    task->state = TASK_READY;
    if (at_front) {
        list_push_front(queue, &task->link);
    } else {
        list_push_back(queue, &task->link);
    }
    cpu->ready_mask |= READY_BIT(priority);
    count_ready(cpu, 1);
}

#ifndef CONFIG_MMU
void sched_put_back(struct cpu *cpu, struct task *task) {
    enqueue(cpu, task, true);
}
#endif

static void dequeue(struct cpu *cpu, struct task *task) {
    unsigned priority = task->priority;
    list_remove(&task->link);
    count_ready(cpu, -1);
    if (list_is_empty(&cpu->queues[priority])) {
        cpu->ready_mask &= ~READY_BIT(priority);
    }
}

void sched_move(struct task *task, struct cpu *from, struct cpu *to) {
    dequeue(from, task);
    __atomic_store_n(&task->cpu, to->id, __ATOMIC_RELEASE);
    enqueue(to, task, false);
}

void sched_wake(struct task *task) {
    sched_wake_before_block(task);
    struct cpu *cpu = cpu_of(task);
    if (cpu->current) {
        smp_call_idle_cpu(cpu);
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
    struct cpu *cpu = cpu_of(task);
    enqueue(cpu, task, false);
    announce(cpu, task);
}

void sched_remove(struct task *task) {
    if (task->state == TASK_READY) {
        dequeue(cpu_of(task), task);
    }
}

#ifdef CONFIG_MMU

cpu_time_t sched_cpu_time(const struct task *task) {
    bool runs = cpu_of(task)->current == task;
    return task->cpu_time + (runs ? (cpu_time_t) (arch_cycles() >> CPU_TIME_SHIFT) : 0);
}

/// The current task, or idleness, is over: its time ends.
static void stop_clock(struct cpu *cpu, uint64_t now) {
    if (cpu->current) {
        cpu->current->cpu_time += (cpu_time_t) (now >> CPU_TIME_SHIFT);
    } else {
        cpu->idle_cycles += now - cpu->idle_since;
    }
}

/// A task, or idleness, begins.
static void start_clock(struct cpu *cpu, uint64_t now) {
    if (cpu->current) {
        cpu->current->cpu_time -= (cpu_time_t) (now >> CPU_TIME_SHIFT);
    } else {
        cpu->idle_since = now;
    }
}

#else

// To look at the clock at each switch would cost as much as a message. It is looked at by the way: whoever
// runs then has run since the last time, though the CPU may have gone back and forth meanwhile.

cpu_time_t sched_cpu_time(const struct task *task) {
    return task->cpu_time;
}

static void stop_clock(struct cpu *cpu, uint64_t now) {
    uint64_t since = cpu->idle_since;
    if (cpu->current) {
        cpu->current->cpu_time +=
            (cpu_time_t) (now >> CPU_TIME_SHIFT) - (cpu_time_t) (since >> CPU_TIME_SHIFT);
    } else {
        cpu->idle_cycles += now - since;
    }
    cpu->idle_since = now;
}

static void start_clock(struct cpu *cpu __unused, uint64_t now __unused) {}

#endif

/// The CPU is left to `next`.
static void enter(struct cpu *cpu, struct task *next) {
    cpu->current = next;
    cpu->switches++;
    next->state = TASK_RUNNING;
    memory_enter(cpu, next);
    arch_switch(next);
    smp_forget_stale(cpu);
}

static void set_current(struct cpu *cpu, struct task *next) {
    uint64_t now = arch_cycles();
    stop_clock(cpu, now);
    cpu->current = next;
    start_clock(cpu, now);
    if (next) {
        enter(cpu, next);
    }
}

void sched_block(enum task_state state) {
    struct cpu *cpu = this_cpu();
    struct task *task = cpu->current;
    uint64_t now = arch_cycles();
    stop_clock(cpu, now);
    task->state = state;
    cpu->current = NULL;
    start_clock(cpu, now);
    cpu->resched = true;
}

#ifdef CONFIG_MMU

void sched_leave(enum task_state state) {
    struct cpu *cpu = this_cpu();
    struct task *task = cpu->current;
    unsigned best = best_ready(cpu);
    if (best == NUM_PRIORITIES) {
        sched_block(state);
        return;
    }
    struct task *next = LIST_FRONT(&cpu->queues[best], struct task, link);
    dequeue(cpu, next);
    uint64_t now = arch_cycles();
    task->state = state;
    task->cpu_time += (cpu_time_t) (now >> CPU_TIME_SHIFT);
    next->cpu_time -= (cpu_time_t) (now >> CPU_TIME_SHIFT);
    cpu->slice_end = now + timer_slice();
    enter(cpu, next);
    if (cpu->ready_mask) {
        if (best_ready(cpu) == best) {
            timer_arm_slice(cpu);
        }
        smp_call_idle_cpu(cpu);
    }
}

#endif

void sched_handoff(enum task_state state, struct task *next) {
#ifdef CONFIG_MMU
    struct cpu *cpu = this_cpu();
    smp_pull(cpu, next);
    if (!is_on(next, cpu) || best_ready(cpu) < next->priority) {
        sched_block(state);
        sched_wake(next);
        return;
    }
    cpu->current->state = state;
    set_current(cpu, next);
    if (best_ready(cpu) == next->priority) {
        timer_arm_slice(cpu);
    }
#else
    // What is to be quick goes another way: see kernel/hal.h.
    sched_block(state);
    sched_wake(next);
#endif
}

void sched_set_priority(struct task *task, unsigned priority) {
    if (task->priority == priority) {
        return;
    }
    if (task->state == TASK_READY) {
        struct cpu *cpu = cpu_of(task);
        dequeue(cpu, task);
        task->priority = priority;
        enqueue(cpu, task, false);
        announce(cpu, task);
        return;
    }
    if (task->state == TASK_RUNNING && priority > task->priority) {
        sched_kick(cpu_of(task));
    }
    task->priority = priority;
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
        // One that is being destroyed must not come to life again: perhaps nobody is left who
        // finishes it.
        if (current->state != TASK_DYING) {
            enqueue(cpu, current, !slice_over);
        }
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
        smp_call_idle_cpu(cpu);
    }
}

void sched_pick(void) {
    struct cpu *cpu = this_cpu();
    cpu_acquire(cpu);
    pick(cpu);
    cpu_release();
    if (!cpu->current) {
        smp_idle(cpu);
    }
}

void sched_check_slice(uint64_t now) {
    struct cpu *cpu = this_cpu();
    stop_clock(cpu, now);
    start_clock(cpu, now);
    if (cpu->current && now >= cpu->slice_end) {
        cpu->resched = true;
    }
}
