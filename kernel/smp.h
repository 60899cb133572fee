#ifndef __KERNEL_SMP_H__
#define __KERNEL_SMP_H__

/// \file
/// What takes more than one CPU: idle CPUs that take work from busy ones, CPUs that must forget what
/// another one has changed. A kernel for one CPU has none of it.

#include <kernel/sched.h>
#include <kernel/task.h>

#if CONFIG_NUM_CPUS > 1

void smp_init_cpu(struct cpu *cpu);

/// The CPUs that have nothing to do, a bit each.
extern uint32_t idle_cpus;

/// Notes that `cpu` is to be interrupted when this CPU drops its locks.
static inline void smp_interrupt(const struct cpu *cpu) {
    if (cpu != this_cpu()) {
        this_cpu()->to_interrupt |= 1u << cpu->id;
    }
}

/// `cpu` has more to do than it can: lets an idle CPU come and take some.
static inline void smp_call_idle_cpu(const struct cpu *cpu) {
    uint32_t idle = __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) & ~(1u << cpu->id);
    if (idle) {
        sched_kick(&cpus[__builtin_ctz(idle)]);
    }
}

/// The same for what this CPU has woken without calling anybody.
static inline void smp_offer(void) {
    const struct cpu *cpu = this_cpu();
    if (cpu->ready_mask) {
        smp_call_idle_cpu(cpu);
    }
}

/// This CPU has nothing to do: takes work from another one, or waits for an interrupt.
void smp_idle(struct cpu *cpu);

/// Brings a task that doesn't run over to this CPU, so that the two talk without crossing again.
static inline void smp_pull(const struct cpu *cpu, struct task *task) {
    if (task->cpu != cpu->id && arch_task_movable(task)) {
        __atomic_store_n(&task->cpu, cpu->id, __ATOMIC_RELEASE);
    }
}

/// Blocks the current task until `cpu` has passed through its interrupt handler, dropping stale
/// translations. It then returns from its system call with OK, or restarts it if told so.
/// The caller holds both CPUs' locks.
void smp_sync(struct cpu *cpu);

/// The same for any task that is blocked, whose result is set.
void smp_wait_for(struct task *task, struct cpu *cpu);

/// Takes a task that is being destroyed out of the CPU's list that it waits in.
void smp_leave(struct task *task);

/// Finds a CPU that still runs a dying task or has its address space loaded. This one can't: it runs
/// the caller.
struct cpu *smp_find_holder(const struct task *task);

/// A page is no longer mapped: sees to it that no other CPU goes on using it. A CPU that doesn't run
/// the task now, but has its address space loaded yet, forgets it before it runs a task again.
/// Returns the CPU that runs it now, which has to be told, or NULL.
struct cpu *smp_forget_aspace(const struct aspace *as);

/// Drops translations of this CPU that another one has called stale.
static inline void smp_forget_stale(struct cpu *cpu) {
    if (__atomic_load_n(&cpu->stale, __ATOMIC_ACQUIRE)) {
        cpu->stale = false;
        arch_flush_user_tlb();
    }
}

#else

static inline void smp_init_cpu(struct cpu *cpu __unused) {}
static inline void smp_call_idle_cpu(const struct cpu *cpu __unused) {}
static inline void smp_offer(void) {}
static inline void smp_interrupt(const struct cpu *cpu __unused) {}
static inline void smp_pull(const struct cpu *cpu __unused, struct task *task __unused) {}
static inline void smp_sync(struct cpu *cpu __unused) {}
static inline void smp_wait_for(struct task *task __unused, struct cpu *cpu __unused) {}
static inline void smp_leave(struct task *task __unused) {}
static inline void smp_forget_stale(struct cpu *cpu __unused) {}

static inline void smp_idle(struct cpu *cpu) {
    if (!cpu->ready_mask) {
        arch_idle();
    }
    cpu->resched = true;
}

static inline struct cpu *smp_find_holder(const struct task *task __unused) {
    return NULL;
}

static inline struct cpu *smp_forget_aspace(const struct aspace *as __unused) {
    return NULL;
}

#endif

#endif
