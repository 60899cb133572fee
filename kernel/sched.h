#ifndef __KERNEL_SCHED_H__
#define __KERNEL_SCHED_H__

/// \file
/// Which task runs. Each CPU has a run queue of its own: fixed priorities, round-robin within one.
/// An idle CPU takes work from the others; nobody pushes work to it.

#include <kernel/task.h>

void sched_init(struct cpu *cpu, unsigned id);

/// Makes a task runnable, on its own CPU. The caller holds that CPU's lock.
void sched_wake(struct task *task);

/// The same, when the current task is about to block: no idle CPU is called for what this one will do
/// in a moment. Who doesn't block after all calls smp_offer().
void sched_wake_before_block(struct task *task);

/// `task`, which runs, gives way to a more urgent one: it will be the next of its priority. The caller holds
/// the CPU's lock and puts another task on it.
#ifdef CONFIG_MMU
static inline void sched_put_back(struct cpu *cpu, struct task *task) {
    task->state = TASK_READY;
    list_push_front(&cpu->queues[task->priority], &task->link);
    cpu->ready_mask |= READY_BIT(task->priority);
#    if CONFIG_NUM_CPUS > 1
    cpu->num_ready++;
#    endif
}
#else
// Small parts have no room for another copy of it.
void sched_put_back(struct cpu *cpu, struct task *task);
#endif

/// Moves a ready task to another CPU's run queue. The caller holds both CPUs' locks.
void sched_move(struct task *task, struct cpu *from, struct cpu *to);

/// Takes a task out of its run queue, if it is in one. The caller holds the CPU's lock.
void sched_remove(struct task *task);

/// The current task can't go on: leaves it in `state`. The caller holds the CPU's lock.
void sched_block(enum task_state state);

/// The same, and goes to the task that is to run next, if there is one: the scheduler isn't asked again.
/// The caller has nothing more to do for the current task.
#ifdef CONFIG_MMU
void sched_leave(enum task_state state);
#else
static inline void sched_leave(enum task_state state) {
    sched_block(state);
}
#endif

/// Like sched_block() and sched_wake(), but goes to `next` at once if nobody more urgent is ready:
/// the scheduler isn't asked. The caller holds both CPUs' locks; `next` moves to this CPU if it may.
void sched_handoff(enum task_state state, struct task *next);

/// Changes a task's effective priority. The caller holds the CPU's lock.
void sched_set_priority(struct task *task, unsigned priority);

/// The CPU time of a task until now. The caller holds its CPU's lock.
cpu_time_t sched_cpu_time(const struct task *task);

/// Chooses what runs next on this CPU, if it has to be asked. Takes the locks itself.
void sched_pick(void);

/// Ends the slice of the current task if its time is over. The caller holds the CPU's lock.
void sched_check_slice(uint64_t now);

/// Lets a CPU look at its run queue soon. If it is another one, it is interrupted when the caller
/// drops its locks: an interrupt command takes long.
void sched_kick(struct cpu *cpu);

#endif
