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
/// in a moment. Who doesn't block after all calls sched_offer().
void sched_wake_before_block(struct task *task);
void sched_offer(void);

/// Takes a task out of its run queue, if it is in one. The caller holds the CPU's lock.
void sched_remove(struct task *task);

/// The current task can't go on: leaves it in `state`. The caller holds the CPU's lock.
void sched_block(enum task_state state);

/// Like sched_block() and sched_wake(), but goes to `next` at once if nobody more urgent is ready:
/// the scheduler isn't asked. The caller holds both CPUs' locks; `next` moves to this CPU if it may.
void sched_handoff(enum task_state state, struct task *next);

/// Changes a task's effective priority. The caller holds the CPU's lock.
void sched_set_priority(struct task *task, unsigned priority);

/// Chooses what runs next on this CPU, if it has to be asked. Takes the locks itself.
void sched_pick(void);

/// Ends the slice of the current task if its time is over. The caller holds the CPU's lock.
void sched_check_slice(uint64_t now);

/// Lets a CPU look at its run queue soon. If it is another one, it is interrupted when the caller
/// drops its locks: an interrupt command takes long.
void sched_kick(struct cpu *cpu);
void sched_send_ipis(void);

/// Blocks the current task until `cpu` has passed through its interrupt handler, dropping stale
/// translations. It then returns from its system call with OK, or restarts it if told so.
/// The caller holds both CPUs' locks.
void sched_sync(struct cpu *cpu);

/// The CPUs that have nothing to do, a bit each.
extern uint32_t idle_cpus;

#endif
