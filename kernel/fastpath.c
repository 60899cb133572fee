#include <kernel/fastpath.h>
#include <kernel/ipc.h>
#include <kernel/memory.h>
#include <kernel/rights.h>
#include <kernel/sched.h>
#include <kernel/smp.h>

// Nothing here calls anything: what the compiler would have to save around a call costs as much as the
// message. Each check is one that ipc.c makes, too; what it says of the same case holds here.

/// All bits of a type that tell its interface, its direction, and a method that is MSG_KERNEL_METHODS or
/// more: a message without any is the kernel's own.
#define NOT_KERNEL_ONLY ((1u << MSG_LEN_SHIFT) - MSG_KERNEL_METHODS)

/// Whether a message of that type is moved by its registers alone: it has no more words, nor a payload,
/// and is no error. Words that it hasn't got are cleared.
static ALWAYS_INLINE bool prepare(uint32_t type, uintptr_t *word0, uintptr_t *word1) {
    uint32_t words = type >> MSG_LEN_SHIFT;
    // Keeps the compiler from making branches out of what follows: most messages have one word or two.
    __asm__("" : "+r"(words));
    if (UNLIKELY(words > IPC_WORDS)) {
        return false;
    }
    *word1 = words == IPC_WORDS ? *word1 : 0;
    if (UNLIKELY(!words)) {
        *word0 = 0;
    }
    return LIKELY(type & NOT_KERNEL_ONLY);
}

/// The task in the slot that an ID names, or any other: its ID is still to be compared.
static ALWAYS_INLINE struct task *slot_of(task_t tid) {
    unsigned index = TASK_SLOT((unsigned) tid) - 1;
    return LIKELY(index < CONFIG_NUM_TASKS) ? &tasks[index] : &tasks[0];
}

/// What the head of a task says that waits for a message of `waits_for`.
static ALWAYS_INLINE uint64_t head(task_t tid, task_t waits_for) {
    return (uint32_t) tid | ((uint64_t) (uint32_t) waits_for << 32);
}

/// Whether nobody has to run before, or in turn with, a task of that priority.
static ALWAYS_INLINE bool is_next(struct cpu *cpu, unsigned priority) {
    uint32_t disturbed = cpu->disturbed;
    if (LIKELY(!disturbed)) {
        return true;
    }
    // What is ready, but less urgent, is shifted out; the other bits are not.
    unsigned shift = priority ^ TASK_PRIORITY_MAX;
    if (LIKELY(!(disturbed >> shift))) {
        return true;
    }
    if (cpu->lazy_on) {
        arch_lazy_off(cpu);
    }
    return !(cpu->disturbed >> shift);
}
STATIC_ASSERT((TASK_PRIORITY_MAX & (TASK_PRIORITY_MAX + 1)) == 0,
              "a subtraction does with exclusive or");

/// Leaves the CPU to `next`, whose receive is over.
static ALWAYS_INLINE void go_over(struct cpu *cpu, struct task *task, struct task *next,
                                  uint16_t receiving) {
    cpu_time_t now = arch_fast_cpu_time();
    cpu_time_t time = task->cpu_time;
    counter_t count = task->ipc_count;
    task->cpu_time = time + now;
    // A call with its answer, or a request with its: each task counts its own two.
    task->ipc_count = count + 2;
    next->cpu_time -= now;
    task->state_and_cpu = receiving;
    next->state = TASK_RUNNING;
    cpu->current = next;
    arch_fast_switch(cpu, next);
}

/// The task hasn't called `peer` before, or last time. Then begins again.
static __noinline void call_other(FASTPATH_PARAMS) {
    ARCH_FAST_BEGIN;
    struct task *dst = slot_of(peer);
    if (dst->tid != peer || !rights_may_call(task, dst)) {
        arch_fast_bail(type, word0, word1);
    }
    task->peer = dst;
    task->peer_tid = peer;
    fastpath_call(FASTPATH_ARGS);
}

void fastpath_call(FASTPATH_PARAMS) {
    ARCH_FAST_BEGIN;
    struct task *dst = task->peer;
    if (UNLIKELY(task->peer_tid != peer)) {
        call_other(FASTPATH_ARGS);
        return;
    }
    if (UNLIKELY(!prepare((uint32_t) type, &word0, &word1))
        || UNLIKELY(!spin_try_lock(&cpu->lock))) {
        arch_fast_bail(type, word0, word1);
    }
    unsigned priority = task->priority;
    uint16_t receiving = cpu->receiving;
    if (UNLIKELY(dst->tid_and_waits_for != head(peer, IPC_ANY))
        || UNLIKELY(dst->state_and_cpu != receiving) || !is_next(cpu, priority)) {
        spin_unlock(&cpu->lock);
        arch_fast_bail(type, word0, word1);
    }
    // The receiver serves a call with the caller's urgency.
    if (UNLIKELY(priority < dst->priority)) {
        dst->priority = priority;
    }
    task->waits_for = peer;
    dst->client = task;
    go_over(cpu, task, dst, receiving);
    spin_unlock(&cpu->lock);
    arch_fast_resume(dst, task->tid, type, word0, word1);
}

/// The task answers another one than it has a call of, last. Then begins again.
static __noinline void serve_other(FASTPATH_PARAMS) {
    ARCH_FAST_BEGIN;
    struct task *dst = slot_of(peer);
    if (dst == task->client) {
        arch_fast_bail(type, word0, word1);
    }
    task->client = dst;
    fastpath_serve(FASTPATH_ARGS);
}

void fastpath_serve(FASTPATH_PARAMS) {
    ARCH_FAST_BEGIN;
    if (UNLIKELY(!prepare((uint32_t) type, &word0, &word1))
        || UNLIKELY(!spin_try_lock(&cpu->lock))) {
        arch_fast_bail(type, word0, word1);
    }
    struct task *dst = task->client;
    if (UNLIKELY(dst->tid_and_waits_for != head(peer, task->tid))) {
        spin_unlock(&cpu->lock);
        serve_other(FASTPATH_ARGS);
        return;
    }
    uint16_t receiving = cpu->receiving;
    if (UNLIKELY(task->attention) || UNLIKELY(dst->state_and_cpu != receiving)
        || !is_next(cpu, dst->priority)) {
        spin_unlock(&cpu->lock);
        arch_fast_bail(type, word0, word1);
    }
    // What it did for a more urgent client is over.
    task->priority = task->base_priority;
    task->waits_for = IPC_ANY;
    go_over(cpu, task, dst, receiving);
    spin_unlock(&cpu->lock);
    arch_fast_resume(dst, task->tid, type, word0, word1);
}
