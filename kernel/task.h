#ifndef __KERNEL_TASK_H__
#define __KERNEL_TASK_H__

/// \file
/// Tasks, CPUs, and who may touch what.
///
/// Every task belongs to one CPU (`cpu`), whose lock guards it: the fields marked (C) below. Who
/// works on a task of another CPU takes both locks, in the order of the CPUs' numbers: see
/// task_acquire(). Two tasks of one CPU thus talk without touching anything that another CPU writes.
/// Fields marked (O) are the running task's own: only the CPU that runs it touches them.

#include <config.h>
#include <kernel_abi.h>
#include <list.h>
#include <message.h>
#include <types.h>

#include <kernel/hal.h>
#include <kernel/spinlock.h>

#define NUM_PRIORITIES (TASK_PRIORITY_MAX + 1)

/// What a task must do in the kernel, in its own address space, before it goes on in user mode.
#define WORK_DELIVER (1u << 0)  ///< Copy `msg` to its message buffer.
#define WORK_FAULT   (1u << 1)  ///< Tell its pager about `fault`.

/// An address space. Its lock guards the page tables; it is taken after CPU locks.
struct aspace {
    struct spinlock lock;
    bool dying;
    struct arch_aspace arch;
};

/// A page fault or exception that the pager is to be told.
struct fault {
    vaddr_t vaddr;
    unsigned flags;  ///< FAULT_*
    int exception;   ///< enum exception_type; for a stopped task
    int value;
};

struct task {
    struct arch_task arch;  ///< First, so that trap code finds it. (O)

    // What every message touches.
    task_t tid;        ///< (C) 0: the slot is free.
    uint8_t state;     ///< (C) enum task_state
    uint8_t priority;  ///< (C) Now: raised while it serves a more urgent client.
    uint8_t cpu;       ///< (C) Changes only under both CPUs' locks.
    uint8_t work;      ///< (C) WORK_*
    task_t waits_for;  ///< (C) SENDING: the receiver; RECEIVING: the only sender it accepts.
    notifications_t notifications;  ///< (C) Pending.
    unsigned ipc_flags;             ///< (C) IPC_* of the call that it is in.
    task_t ipc_src;    ///< (C) Whom the call receives from, once its send phase is over.
    vaddr_t user_msg;  ///< (C) Its message buffer.
    vaddr_t ool_buf;   ///< (C) Its receive buffer for out-of-line payloads.
    size_t ool_cap;
    list_t senders;    ///< (C) Tasks that wait to send to it, or that it is to hear of.
    list_elem_t link;  ///< (C) In a run queue, or in the receiver's `senders`.
    struct aspace *aspace;
    struct message msg;  ///< (C) SENDING: the message; WORK_DELIVER: what came.

    // An out-of-line payload on its way in, kept over restarts of the receive.
    task_t ool_from;  ///< (C) 0: none.
    vaddr_t ool_from_buf;
    size_t ool_done;

    uint8_t base_priority;  ///< (C)
    bool reported;          ///< (C) FAULTED, STOPPED: the pager has the message.
    bool irq_pending;       ///< (C) A line of its has fired and is masked.
    uint8_t server;         ///< Its number for the rights of others.
    uint16_t flags;         ///< TASK_*
    task_t pager;
    struct fault fault;  ///< (C)
    uint32_t may_call[NUM_SERVERS_MAX / 32];

    struct task *timer_next;  ///< Under the lock of `timer_cpu`.
    uint64_t timer_deadline;  ///< In cycles; 0: not set.
    uint8_t timer_cpu;
    list_elem_t sync_link;  ///< In a CPU's sync_waiters.
    uint64_t cycles;        ///< (C) CPU time.
    uint64_t ipc_count;     ///< (C)
    int last_generation;    ///< Of this slot; -1: never used.
    char name[TASK_NAME_LEN];
} __aligned(64);

struct cpu {
    struct spinlock lock;
    struct task *current;   ///< NULL: idle. Written by this CPU only, under its lock.
    struct aspace *aspace;  ///< The address space that was current last; NULL: the kernel's own.
    bool stale;             ///< Forget user translations before running a task. Any CPU sets it.
    struct cpu *held;       ///< The other CPU whose lock this one holds, or itself.
    bool resched;           ///< Look at the run queue before going on. Any CPU sets it.
    bool online;
    uint8_t id;
    uint32_t
        to_interrupt;     ///< CPUs to send an IPI to when the locks are dropped. (This CPU's own.)
    unsigned ready_mask;  ///< Bit p: queues[p] isn't empty.
    unsigned num_ready;
    list_t queues[NUM_PRIORITIES];
    struct task *timers;  ///< Sorted by deadline.
    bool must_sync;       ///< Another CPU has changed what this one may have in use.
    list_t sync_waiters;  ///< Tasks that wait until this CPU has taken note of something.
    uint64_t slice_end;
    uint64_t timer_armed;  ///< What the hardware timer is set to; 0: nothing.
    uint64_t started;      ///< When the CPU came up, in cycles.
    uint64_t accounted;    ///< Cycles up to here have been charged to somebody.
    uint64_t idle_cycles;
    uint64_t switches;
} __aligned(ARCH_CACHE_LINE);

extern struct task tasks[CONFIG_NUM_TASKS];
extern struct cpu cpus[CONFIG_NUM_CPUS];
extern unsigned num_cpus;

static inline struct cpu *this_cpu(void) {
    return &cpus[arch_cpu_id()];
}

static inline struct task *current_task(void) {
    return this_cpu()->current;
}

void task_init(void);

/// Whether the ID names a task that isn't being torn down. Right only for who holds a lock that keeps it so.
bool task_is_alive(task_t tid);

/// The struct of a slot, used or not; NULL if there is no such slot.
struct task *task_slot(int slot);

/// Finds a task and takes the locks of this CPU and of the task's. NULL, and no lock, if there is no
/// such task or it is being torn down.
struct task *task_acquire(task_t tid);

/// Takes this CPU's lock and `other`'s, in order.
void cpu_acquire(struct cpu *other);

/// Drops what task_acquire() or cpu_acquire() took.
void cpu_release(void);

/// All CPUs' locks: for what is rare and touches everything.
void cpu_acquire_all(void);
void cpu_release_all(void);

/// The result of a system call that has none yet: the task is blocked, or will make the call again.
#define SYSCALL_PENDING (-1000)

/// A system call's user memory has faulted, as arch_copy_fault() tells: the task's pager hears of it,
/// then the task makes the call again. Returns SYSCALL_PENDING.
error_t __mustuse syscall_fault(void);

/// Stops the current task for good and tells its pager why.
void task_stop(int exception, int value, vaddr_t addr);

/// Readies the first task: no creator, all rights.
struct task *task_create_init(vaddr_t ip);

error_t __mustuse task_create(task_t tid, vaddr_t name, vaddr_t ip, task_t pager, unsigned flags);
error_t __mustuse task_destroy(task_t tid);
error_t __mustuse task_schedule(task_t tid, int priority);

/// Lets a task fail in its IPC system call. The caller holds its lock.
void task_abort(struct task *task, error_t err);

#endif
