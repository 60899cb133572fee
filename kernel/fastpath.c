#include <arch_fastpath.h>
#include <kernel/fastpath.h>
#include <kernel/ipc.h>
#include <kernel/memory.h>
#include <kernel/rights.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <string.h>

// Nothing here calls anything: what the compiler would have to save around a call costs as much as the
// message. Each check is one that ipc.c makes, too; what it says of the same case holds here.

/// The first type that is too long, has a payload, or is no type at all.
#define TYPES_END ((IPC_WORDS + 1u) << MSG_LEN_SHIFT)

/// Whether a message of that type is moved by its registers alone. Interface 0, which has messages that
/// only the kernel may send, goes the long way.
static inline bool is_plain(uintptr_t type) {
    return (uint32_t) type < TYPES_END && MSG_INTERFACE((uint32_t) type) != 0;
}

/// Takes away what the message hasn't got.
static inline void clear_words(uintptr_t type, uintptr_t *word0, uintptr_t *word1) {
    uint32_t words = (uint32_t) type >> MSG_LEN_SHIFT;
    if (UNLIKELY(words < IPC_WORDS)) {
        *word1 = 0;
        *word0 = words ? *word0 : 0;
    }
}

/// The task in the slot that an ID names, or any other: its ID is still to be compared.
static inline struct task *slot_of(task_t tid) {
    unsigned index = TASK_SLOT((unsigned) tid) - 1;
    return LIKELY(index < CONFIG_NUM_TASKS) ? &tasks[index] : &tasks[0];
}

/// Whether `dst` is that task, of this CPU, and waits for a message of `waits_for`.
static inline bool waits_here(const struct cpu *cpu, const struct task *dst, task_t tid,
                              task_t waits_for) {
    return LIKELY(dst->tid == tid) && LIKELY(dst->state == TASK_RECEIVING)
           && LIKELY(is_on(dst, cpu)) && LIKELY(dst->waits_for == waits_for);
}

/// Whether another CPU wants something, or this one's run queue has to be looked at.
static inline bool is_disturbed(const struct cpu *cpu) {
    uint16_t any;
    STATIC_ASSERT(sizeof(cpu->disturbed) <= sizeof(any), "one load sees all of it");
    if (sizeof(cpu->disturbed) == 1) {
        return cpu->disturbed[0];
    }
    memcpy(&any, cpu->disturbed, sizeof(any));
    return any;
}

/// Whether nobody has to run before, or in turn with, a task that begins to run now.
static inline bool is_next(const struct cpu *cpu, const struct task *task) {
    return LIKELY(!is_disturbed(cpu))
           && LIKELY(!(cpu->ready_mask & ((2u << task->priority) - 1)));
}

/// Leaves the CPU to `next`, whose receive is over.
static inline void go_over(struct cpu *cpu, struct task *task, struct task *next) {
    uint64_t now = arch_cycles();
    task->cpu_time += now - cpu->accounted;
    cpu->accounted = now;
    task->state = TASK_RECEIVING;
    task->ipc_count++;
    next->state = TASK_RUNNING;
    next->waits_for = 0;
    next->ipc_count++;
    cpu->current = next;
    cpu->switches++;
    memory_enter(cpu, next);
    arch_fast_switch(next);
}

__noreturn void fastpath_call(task_t peer, uintptr_t type, struct cpu *cpu, struct task *task,
                              uintptr_t word0, uintptr_t word1) {
    struct task *dst = slot_of(peer);
    if (UNLIKELY(!is_plain(type))) {
        arch_fast_bail(type, word0, word1);
    }
    spin_lock(&cpu->lock);
    if (!waits_here(cpu, dst, peer, IPC_ANY) || !rights_may_call(task, dst)
        || !is_next(cpu, task)) {
        spin_unlock(&cpu->lock);
        arch_fast_bail(type, word0, word1);
    }
    // The receiver serves a call with the caller's urgency.
    if (UNLIKELY(task->priority < dst->priority)) {
        dst->priority = task->priority;
    }
    task->waits_for = peer;
    task_t src = task->tid;
    go_over(cpu, task, dst);
    spin_unlock(&cpu->lock);
    clear_words(type, &word0, &word1);
    arch_fast_resume(dst, src, type, word0, word1);
}

__noreturn void fastpath_serve(task_t peer, uintptr_t type, struct cpu *cpu, struct task *task,
                               uintptr_t word0, uintptr_t word1) {
    struct task *dst = slot_of(peer);
    if (UNLIKELY(!is_plain(type))) {
        arch_fast_bail(type, word0, word1);
    }
    spin_lock(&cpu->lock);
    if (UNLIKELY(task->attention) || !waits_here(cpu, dst, peer, task->tid)
        || !is_next(cpu, dst)) {
        spin_unlock(&cpu->lock);
        arch_fast_bail(type, word0, word1);
    }
    // What it did for a more urgent client is over.
    task->priority = task->base_priority;
    task->waits_for = IPC_ANY;
    task_t src = task->tid;
    go_over(cpu, task, dst);
    spin_unlock(&cpu->lock);
    clear_words(type, &word0, &word1);
    arch_fast_resume(dst, src, type, word0, word1);
}
