#include <kernel/fastpath.h>
#include <kernel/ipc.h>
#include <kernel/memory.h>
#include <kernel/rights.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/transfer.h>

// What moves short messages calls nothing: what the compiler would have to save around a call costs as
// much as the message. Each check is one that ipc.c makes, too; what it says of the same case holds
// here.

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

/// Whether all of a message is in registers but for its payload.
static ALWAYS_INLINE bool has_payload_only(uint32_t type, size_t len) {
    uint32_t words_and_kind = type >> MSG_LEN_SHIFT;
    bool is_plain = words_and_kind == (IPC_WORDS | (MSG_OOL_BYTES << MSG_LEN_BITS))
                    || words_and_kind == (IPC_WORDS | (MSG_OOL_STR << MSG_LEN_BITS));
    return is_plain && (type & NOT_KERNEL_ONLY) && len - 1 < CONFIG_OOL_MAX;
}
STATIC_ASSERT(MSG_LEN_SHIFT + MSG_LEN_BITS == MSG_OOL_SHIFT, "the two are next to each other");

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
    uint64_t disturbed = cpu->disturbed;
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

/// Whether `dst`, which is to get a call, waits for one on this CPU, and would run next.
static ALWAYS_INLINE bool can_call(struct cpu *cpu, const struct task *task, const struct task *dst,
                                   task_t peer) {
    return LIKELY(dst->tid_and_waits_for == head(peer, IPC_ANY))
           && LIKELY(dst->state_and_cpu == cpu->receiving) && is_next(cpu, task->priority);
}

/// Whether `dst`, which waits for the current task's answer, does so on this CPU and would run next, and
/// the task has nothing to do but wait for its next message.
static ALWAYS_INLINE bool can_serve(struct cpu *cpu, const struct task *task,
                                    const struct task *dst) {
    return LIKELY(!task->attention) && LIKELY(dst->state_and_cpu == cpu->receiving)
           && is_next(cpu, dst->priority);
}

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

/// The current task calls `dst`, which will serve it with its urgency.
static ALWAYS_INLINE void go_over_to_server(struct cpu *cpu, struct task *task, struct task *dst,
                                            task_t peer) {
    if (UNLIKELY(task->priority < dst->priority)) {
        dst->priority = task->priority;
    }
    task->waits_for = peer;
    dst->client = task;
    go_over(cpu, task, dst, cpu->receiving);
}

/// The current task has answered `dst`. What it did for a more urgent client is over.
static ALWAYS_INLINE void go_over_to_client(struct cpu *cpu, struct task *task, struct task *dst) {
    task->priority = task->base_priority;
    task->waits_for = IPC_ANY;
    go_over(cpu, task, dst, cpu->receiving);
}

/// The message is over, as far as others see it.
static ALWAYS_INLINE void unlock_and_leave(struct cpu *cpu) {
    spin_unlock(&cpu->lock);
    sharing_end(cpu);
}

/// Gives up what has been locked, and goes the long way.
static ALWAYS_INLINE void unlock_and_bail(struct cpu *cpu, uintptr_t type, uintptr_t word0,
                                          uintptr_t word1) {
    spin_unlock(&cpu->lock);
    arch_fast_bail(type, word0, word1);
}

// ---- Longer messages ----------------------------------------------------------------------------
//
// What is behind the registers goes through the receiver's `msg`, as in transfer.c: out of the sender's
// memory before the switch, into the receiver's after it. The two functions are weak so that the compiler
// doesn't find out that they never return: it would call them, with all that it saves around a call.

/// Whether a message that prepare() refuses is a longer one, or the kernel's own: it has no payload and is no
/// error.
static ALWAYS_INLINE bool may_be_long(uint32_t type) {
    return type < (1u << MSG_OOL_SHIFT);
}
STATIC_ASSERT((1u << MSG_LEN_BITS) * MSG_LEN_UNIT <= MESSAGE_SIZE, "no length is too long");

/// Reads what isn't in registers of the current task's message into the `msg` of `dst`. False: the long way
/// tells what is wrong.
static ALWAYS_INLINE bool read_tail(struct task *task, struct task *dst, uintptr_t type) {
    vaddr_t from = ipc_user_msg(task);
    if (UNLIKELY(!(type & NOT_KERNEL_ONLY))
        || UNLIKELY(!arch_fast_reachable(from, ipc_user_msg(dst)))) {
        return false;
    }
    arch_fast_open();
    if (arch_fast_read(dst, from, (uint32_t) type)) {
        return true;
    }
    arch_fast_close();
    return false;
}

/// Ends with `dst` in user mode. If its buffer isn't there, kernel_resume() delivers the message when it is.
static ALWAYS_INLINE void deliver_tail(struct task *dst, task_t src, uintptr_t type,
                                       uintptr_t word0, uintptr_t word1) {
    struct message *m = &dst->msg;
    if (arch_fast_write(dst, ipc_user_msg(dst), (uint32_t) type)) {
        arch_fast_resume(dst, src, type, word0, word1);
    }
    arch_fast_close();
    m->type = (int) type;
    m->src = src;
    m->words[0] = word0;
    m->words[1] = word1;
    dst->work |= WORK_DELIVER;
    arch_syscall_set_result(dst, OK);
    arch_fast_leave();
}

void call_long(FASTPATH_PARAMS);

__weak void call_long(FASTPATH_PARAMS) {
    ARCH_FAST_BEGIN;
    struct task *dst = task->peer;
    if (UNLIKELY(!spin_try_lock(&cpu->lock))) {
        arch_fast_bail(type, word0, word1);
    }
    if (!can_call(cpu, task, dst, peer) || !read_tail(task, dst, type)) {
        unlock_and_bail(cpu, type, word0, word1);
    }
    go_over_to_server(cpu, task, dst, peer);
    unlock_and_leave(cpu);
    deliver_tail(dst, task->tid, type, word0, word1);
}

void serve_long(FASTPATH_PARAMS);

__weak void serve_long(FASTPATH_PARAMS) {
    ARCH_FAST_BEGIN;
    if (UNLIKELY(!spin_try_lock(&cpu->lock))) {
        arch_fast_bail(type, word0, word1);
    }
    struct task *dst = task->client;
    if (dst->tid_and_waits_for != head(peer, task->tid) || !can_serve(cpu, task, dst)
        || !read_tail(task, dst, type)) {
        unlock_and_bail(cpu, type, word0, word1);
    }
    go_over_to_client(cpu, task, dst);
    unlock_and_leave(cpu);
    deliver_tail(dst, task->tid, type, word0, word1);
}

// ---- Payloads -----------------------------------------------------------------------------------
//
// A message that consists of a payload, whose words are in registers. The functions are weak as those
// above.

/// What is left of a payload has to wait until interrupts have had their turn: the system call is made again.
/// Or the payload can't be copied here.
static ALWAYS_INLINE void leave_payload(struct cpu *cpu, struct task *task, error_t err,
                                        uintptr_t type, uintptr_t word0, uintptr_t word1) {
    if (err != ERR_TRY_AGAIN) {
        unlock_and_bail(cpu, type, word0, word1);
    }
    unlock_and_leave(cpu);
    arch_syscall_set_arg(task, 1, type);
    arch_syscall_set_arg(task, 4, word0);
    arch_syscall_set_arg(task, 5, word1);
    arch_syscall_restart(task);
    arch_fast_leave();
}

void call_with_payload(FASTPATH_PARAMS);

__weak void call_with_payload(FASTPATH_PARAMS) {
    ARCH_FAST_BEGIN;
    struct task *dst = task->peer;
    if (!has_payload_only((uint32_t) type, word1) || !spin_try_lock(&cpu->lock)) {
        arch_fast_bail(type, word0, word1);
    }
    if (!can_call(cpu, task, dst, peer)) {
        unlock_and_bail(cpu, type, word0, word1);
    }
    vaddr_t to;
    error_t err = transfer_push(task, dst, word0, word1, &to);
    if (UNLIKELY(err != OK)) {
        leave_payload(cpu, task, err, type, word0, word1);
    }
    go_over_to_server(cpu, task, dst, peer);
    unlock_and_leave(cpu);
    arch_fast_resume(dst, task->tid, type, to, word1);
}

void serve_with_payload(FASTPATH_PARAMS);

__weak void serve_with_payload(FASTPATH_PARAMS) {
    ARCH_FAST_BEGIN;
    struct task *dst = slot_of(peer);
    if (!has_payload_only((uint32_t) type, word1) || !spin_try_lock(&cpu->lock)) {
        arch_fast_bail(type, word0, word1);
    }
    if (dst->tid_and_waits_for != head(peer, task->tid) || !can_serve(cpu, task, dst)) {
        unlock_and_bail(cpu, type, word0, word1);
    }
    vaddr_t to;
    error_t err = transfer_push(task, dst, word0, word1, &to);
    if (UNLIKELY(err != OK)) {
        leave_payload(cpu, task, err, type, word0, word1);
    }
    go_over_to_client(cpu, task, dst);
    unlock_and_leave(cpu);
    arch_fast_resume(dst, task->tid, type, to, word1);
}

// ---- Short messages -----------------------------------------------------------------------------

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
    sharing_begin(cpu);
    struct task *dst = task->peer;
    if (UNLIKELY(task->peer_tid != peer)) {
        call_other(FASTPATH_ARGS);
        return;
    }
    if (UNLIKELY(!prepare((uint32_t) type, &word0, &word1))) {
        if (may_be_long((uint32_t) type)) {
            arch_fast_goto(call_long, FASTPATH_ARGS);
        }
        arch_fast_goto(call_with_payload, FASTPATH_ARGS);
    }
    if (UNLIKELY(!spin_try_lock(&cpu->lock))) {
        arch_fast_bail(type, word0, word1);
    }
    if (!can_call(cpu, task, dst, peer)) {
        unlock_and_bail(cpu, type, word0, word1);
    }
    go_over_to_server(cpu, task, dst, peer);
    unlock_and_leave(cpu);
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
    sharing_begin(cpu);
    if (UNLIKELY(!prepare((uint32_t) type, &word0, &word1))) {
        if (may_be_long((uint32_t) type)) {
            arch_fast_goto(serve_long, FASTPATH_ARGS);
        }
        arch_fast_goto(serve_with_payload, FASTPATH_ARGS);
    }
    if (UNLIKELY(!spin_try_lock(&cpu->lock))) {
        arch_fast_bail(type, word0, word1);
    }
    struct task *dst = task->client;
    if (UNLIKELY(dst->tid_and_waits_for != head(peer, task->tid))) {
        spin_unlock(&cpu->lock);
        serve_other(FASTPATH_ARGS);
        return;
    }
    if (!can_serve(cpu, task, dst)) {
        unlock_and_bail(cpu, type, word0, word1);
    }
    go_over_to_client(cpu, task, dst);
    unlock_and_leave(cpu);
    arch_fast_resume(dst, task->tid, type, word0, word1);
}

// ---- Notifications ------------------------------------------------------------------------------

/// Whether a task waits for any message, and is to run before `task`, the current one.
static ALWAYS_INLINE bool is_to_preempt(struct cpu *cpu, const struct task *task,
                                        const struct task *dst) {
    return LIKELY(dst->waits_for == IPC_ANY) && LIKELY(dst->state_and_cpu == cpu->receiving)
           && LIKELY(task) && dst->priority < task->priority && is_next(cpu, dst->priority);
}

/// The current task gives way to `dst`, whose receive is over. Drops the lock of the CPU.
static ALWAYS_INLINE void preempt(struct cpu *cpu, struct task *dst,
                                  notifications_t notifications) {
    struct task *task = cpu->current;
    cpu_time_t now = arch_fast_cpu_time();
    task->cpu_time += now;
    dst->cpu_time -= now;
    sched_put_back(cpu, task);
    cpu->switches++;
    cpu->current = dst;
    dst->state = TASK_RUNNING;
    transfer_give(dst, KERNEL_TASK, NOTIFICATIONS_MSG, notifications, 0);
    arch_syscall_set_result(dst, OK);
    arch_fast_switch(cpu, dst);
    smp_call_idle_cpu(cpu);
    cpu_release_this(cpu);
}

intptr_t fastpath_wake(struct task *dst, notifications_t notifications, struct cpu *cpu) {
    if (!is_to_preempt(cpu, cpu->current, dst)) {
        return ipc_unlock_and_notify(dst->tid, notifications, cpu);
    }
    cpu->woken = dst;
    cpu->woken_by = notifications;
    cpu->resched = true;
    return OK;
}

void fastpath_go_to_woken(struct cpu *cpu) {
    struct task *dst = cpu->woken;
    cpu->woken = NULL;
    cpu->resched = false;
    preempt(cpu, dst, cpu->woken_by);
}

void fastpath_interrupt(struct cpu *cpu, struct task *driver) {
    if (LIKELY(is_to_preempt(cpu, cpu->current, driver))) {
        preempt(cpu, driver, NOTIFY_IRQ);
        return;
    }
    task_t tid = driver->tid;
    cpu_release_this(cpu);
    ipc_notify_from_kernel(tid, NOTIFY_IRQ);
}

// ---- Page faults --------------------------------------------------------------------------------

/// Writes into the pager's `msg` what has happened. All of what it is sent is written.
static ALWAYS_INLINE void compose_page_fault(struct message *m, struct task *task) {
    m->src = task->tid;
    m->type = PAGE_FAULT_MSG;
    m->words[0] = m->words[3] = 0;
    m->page_fault.task = task->tid;
    m->page_fault.vaddr = task->fault.vaddr;
    m->page_fault.ip = arch_task_ip(task);
    m->page_fault.fault = task->fault.flags;
}
STATIC_ASSERT(MSG_LEN(PAGE_FAULT_MSG) == (IPC_WORDS + 2) * sizeof(uintptr_t),
              "a page fault has four words");

/// Whether the pager of the current task waits for what the task has to say, and is to run next.
static ALWAYS_INLINE bool is_waiting_pager(struct cpu *cpu, const struct task *task,
                                           const struct task *pager) {
    return LIKELY(pager->tid == task->pager) && LIKELY(pager->state_and_cpu == cpu->receiving)
           && (pager->waits_for == IPC_ANY || pager->waits_for == task->tid)
           && is_next(cpu, pager->priority);
}

void fastpath_fault(struct cpu *cpu, struct task *task) {
    struct task *pager = slot_of(task->pager);
    cpu_acquire_this(cpu);
    if (UNLIKELY(!is_waiting_pager(cpu, task, pager))) {
        cpu_release_this(cpu);
        ipc_report(TASK_FAULTED);
        return;
    }
    cpu_time_t now = arch_fast_cpu_time();
    task->cpu_time += now;
    pager->cpu_time -= now;
    task->ipc_count++;
    cpu->switches++;
    task->state = TASK_FAULTED;
    task->reported = true;
    pager->state = TASK_RUNNING;
    pager->waits_for = 0;
    struct message *m = &pager->msg;
    compose_page_fault(m, task);
    cpu->current = pager;
    arch_fast_switch(cpu, pager);
    arch_syscall_set_result(pager, OK);
    vaddr_t to = ipc_user_msg(pager);
    arch_fast_open();
    if (LIKELY(arch_fast_reachable(to, to)) && arch_fast_write(pager, to, PAGE_FAULT_MSG)) {
        transfer_give(pager, m->src, m->type, m->words[0], m->words[1]);
    } else {
        pager->work |= WORK_DELIVER;  // Or the pager's own fault, if its buffer isn't there.
    }
    arch_fast_close();
    cpu_release_this(cpu);
}
