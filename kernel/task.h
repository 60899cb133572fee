#ifndef __KERNEL_TASK_H__
#define __KERNEL_TASK_H__

/// \file
/// Tasks, CPUs, and who may touch what.
///
/// Every task belongs to one CPU (`cpu`), whose lock guards it: the fields marked (C) below. Who
/// works on a task of another CPU takes both locks, in the order of the CPUs' numbers: see
/// task_acquire(). Two tasks of one CPU thus talk without touching anything that another CPU writes.
/// Fields marked (O) are the running task's own: only the CPU that runs it touches them.
///
/// What only a kernel for several CPUs has is in smp.c; what only one with, or without, an MMU has is in
/// the files that kernel/SConscript lists for it. A small part pays for no field that it doesn't need.

#include <config.h>
#include <kernel_abi.h>
#include <list.h>
#include <message.h>
#include <types.h>

#include <kernel/hal.h>
#include <kernel/spinlock.h>

#define NUM_PRIORITIES (TASK_PRIORITY_MAX + 1)

/// Counts events, for statistics: as many bits as the machine adds in one go.
typedef uintptr_t counter_t;

/// CPU time of a task, in units of 2^CPU_TIME_SHIFT cycles: where a machine adds 32 bits in one go, it
/// takes hours until they run over.
typedef uintptr_t cpu_time_t;
#ifdef ARCH_CPU_TIME_SHIFT
#    define CPU_TIME_SHIFT ARCH_CPU_TIME_SHIFT
#else
#    define CPU_TIME_SHIFT (sizeof(cpu_time_t) < sizeof(uint64_t) ? 8 : 0)
#endif

/// What a task must do in the kernel before it goes on in user mode; how far one that is DYING has come.
#define WORK_DELIVER (1u << 0)  ///< Copy `msg` to its message buffer. With an MMU only.
#define WORK_FAULT   (1u << 1)  ///< Tell its pager about `fault`. With an MMU only.
#define WORK_ENDED   (1u << 2)  ///< It holds nothing any more but its memory.

#ifdef CONFIG_MMU
/// An address space. Its lock guards the page tables; it is taken after CPU locks.
struct aspace {
    struct spinlock lock;
    bool dying;
    struct arch_aspace arch;
};
#endif

/// A page fault or exception that the pager is to be told.
struct fault {
    vaddr_t vaddr;
    union {
        unsigned flags;  ///< FAULTED: FAULT_*
        int value;       ///< STOPPED: see enum exception_type
    };
};

struct task {
    struct arch_task arch;  ///< First, so that trap code finds it. (O)

    // What every message touches. The arguments of its SYS_IPC are in its registers: see ipc.h.
#ifdef CONFIG_MMU
    union {
        struct {
            task_t tid;  ///< (C) 0: the slot is free.
            task_t
                waits_for;  ///< (C) SENDING: the receiver; RECEIVING: the only sender it accepts.
        };
        uint64_t tid_and_waits_for;
    };
#else
    task_t tid;
    task_t waits_for;
#endif
    union {
        struct {
            uint8_t state;  ///< (C) enum task_state
            uint8_t cpu;    ///< (C) Changes only under both CPUs' locks.
        };
        uint16_t state_and_cpu;
    };
    uint8_t work;  ///< (C) WORK_*
    /// (C) False: there is no message, notification or interrupt that an open receive would have to look at.
    bool attention;
    uint8_t priority;       ///< (C) Now: raised while it serves a more urgent client.
    uint8_t base_priority;  ///< (C)
    uint8_t server;         ///< Its number for the rights of others.
    uint8_t exception;      ///< (C) STOPPED: enum exception_type
    // Side by side: fastpath.c loads both at once.
    cpu_time_t cpu_time;  ///< (C) Until now, if it doesn't run; else see sched_cpu_time().
    counter_t ipc_count;  ///< (C)
    notifications_t notifications;  ///< (C) Pending.
    list_t senders;    ///< (C) Tasks that wait to send to it, or that it is to hear of.
    list_elem_t link;  ///< (C) In a run queue, or in the receiver's `senders`.
#ifdef CONFIG_MMU
    struct aspace *aspace;
    // What fastpath.c needn't look up anew.
    struct task *peer;    ///< (O) It was allowed to call that one,
    task_t peer_tid;      ///< whose ID was this. 0: none.
    struct task *client;  ///< (C) Whose call it has received last.
    struct message msg;   ///< (C) SENDING: the message; WORK_DELIVER: what came.

    // An out-of-line payload on its way in, kept over restarts of the receive.
    task_t ool_from;  ///< (C) 0: none.
    vaddr_t ool_from_buf;
    size_t ool_done;
    /// (C) Its priority, plus 1, before it was raised to fetch an answer. 0: it wasn't.
    uint8_t pull_priority;

    // Pages that are lent for the time of a call: see loan.c.
    uint16_t window_pages;  ///< (C) How many it accepts,
    uint16_t loan_pages;    ///< (C) how many it has,
    vaddr_t window;         ///< (C) and where. Never changes while it has some.
    vaddr_t loan_from;      ///< (C) Where their owner has them.
    struct task *lender;    ///< (C) Who that is. NULL: it has none.
    struct task *borrower;  ///< (C) Who has pages of its. NULL: nobody.
#else
    // Messages stay where their senders have them, until they are copied to where receivers want them.
    vaddr_t ram;    ///< The RAM that it may use: its own, or, in a thread, that of its creator.
    vaddr_t stack;  ///< The guard words; the stack is above them.
    uint16_t ram_units;  ///< The lengths of both, in units of 8 bytes.
    uint16_t stack_units;
#endif

    bool reported;     ///< (C) FAULTED, STOPPED: the pager has the message.
    bool irq_pending;  ///< (C) A line of its has fired and is masked.
    uint16_t flags;    ///< TASK_*
    union {
        task_t pager;
        int last_generation;  ///< Of a free slot; -1: never used.
    };
    uint32_t may_call[NUM_SERVERS_MAX / 32];

    struct task *timer_next;  ///< Under the lock of `timer_cpu`.
#ifdef CONFIG_MMU
    char name[TASK_NAME_LEN];
    uint64_t timer_deadline;  ///< In cycles; 0: not set.
    struct fault fault;       ///< (C)
#else
    const char *name;  ///< In flash.
    union {
        uint64_t timer_deadline;
        struct fault fault;  ///< Of one that never goes on: its timer has been stopped.
    };
#endif
#if CONFIG_NUM_CPUS > 1
    uint8_t timer_cpu;
    list_elem_t sync_link;  ///< In a CPU's sync_waiters.
#endif
} __aligned(ARCH_CACHE_LINE);

/// The most urgent priority has the highest bit.
#define READY_BIT(priority) ((1u << TASK_PRIORITY_MAX) >> (priority))

struct cpu {
    struct spinlock lock;
    uint8_t id;
    bool online;
    uint16_t receiving;    ///< The `state_and_cpu` of its tasks that receive.
    struct task *current;  ///< NULL: idle. Written by this CPU only, under its lock.
    union {
        struct {
            uint8_t ready_mask;  ///< Bit READY_BIT(p): queues[p] isn't empty.
            bool resched;        ///< Look at the run queue before going on. Any CPU sets it.
            bool stale;    ///< Forget user translations before running a task. Any CPU sets it.
            bool lazy_on;  ///< The architecture has something on that is the current task's only.
#ifdef CONFIG_MMU
            bool traced;  ///< Messages are to be recorded: see trace.h.
#endif
        };
        /// 0: whom the current task leaves the CPU to may go on at once.
#ifdef CONFIG_MMU
        uint64_t disturbed;
#else
        uint32_t disturbed;
#endif
    };
    list_t queues[NUM_PRIORITIES];
    struct task *timers;  ///< Sorted by deadline.
    uint64_t slice_end;
    uint64_t timer_armed;  ///< What the hardware timer is set to; 0: nothing.
    /// In cycles; of a CPU that has no current task. Without an MMU: when the time was last charged to who ran.
    uint64_t idle_since;
    uint64_t idle_cycles;  ///< Until the last time that it was over.
    counter_t switches;    ///< Without those from task to task in fastpath.c.
#ifdef CONFIG_MMU
    struct aspace *aspace;  ///< The address space that was current last; NULL: the kernel's own.
    struct task *woken;     ///< Has been notified and gets the CPU at once: see fastpath_wake().
    notifications_t woken_by;
#endif
#if CONFIG_NUM_CPUS > 1
    bool must_sync;    ///< Another CPU has changed what this one may have in use.
    struct cpu *held;  ///< The other CPU whose lock this one holds, or itself.
    uint32_t
        to_interrupt;  ///< CPUs to send an IPI to when the locks are dropped. (This CPU's own.)
    unsigned num_ready;
    list_t sync_waiters;  ///< Tasks that wait until this CPU has taken note of something.
    uint64_t started;     ///< When the CPU came up, in cycles.
#endif
#ifdef CONFIG_COUNT_SHARING
    struct sharing sharing;
#endif
} __aligned(ARCH_CACHE_LINE);

extern struct task tasks[CONFIG_NUM_TASKS];
extern struct cpu cpus[CONFIG_NUM_CPUS];

#if CONFIG_NUM_CPUS > 1
extern unsigned num_cpus;
#else
enum {
    num_cpus = 1
};
#endif

static inline struct cpu *this_cpu(void) {
#ifdef arch_this_cpu
    return arch_this_cpu();
#else
    return &cpus[CONFIG_NUM_CPUS > 1 ? arch_cpu_id() : 0];
#endif
}

static inline struct cpu *cpu_of(const struct task *task) {
    return &cpus[CONFIG_NUM_CPUS > 1 ? task->cpu : 0];
}

/// Whether a task is that CPU's.
static inline bool is_on(const struct task *task, const struct cpu *cpu) {
    return CONFIG_NUM_CPUS == 1 || task->cpu == cpu->id;
}

static inline struct task *current_task(void) {
    return this_cpu()->current;
}

/// Whether a task waits for its pager's answer to a page fault.
static inline bool task_is_faulted(const struct task *task __unused) {
#ifdef CONFIG_MMU
    return task->state == TASK_FAULTED;
#else
    return false;
#endif
}

void task_init(void);

/// Whether the ID names a task that isn't being torn down. Right only for who holds a lock that keeps it so.
bool task_is_alive(task_t tid);

/// The struct of a slot, used or not; NULL if there is no such slot.
struct task *task_slot(int slot);

/// The same as task_acquire(), for a task that is likely this CPU's own. NULL, and no lock: task_acquire()
/// knows more.
static inline struct task *task_acquire_here(struct cpu *cpu, task_t tid) {
    unsigned index = TASK_SLOT((unsigned) tid) - 1;
    struct task *task = &tasks[index < CONFIG_NUM_TASKS ? index : 0];
    spin_lock(&cpu->lock);
    if (LIKELY(task->tid == tid) && LIKELY(is_on(task, cpu)) && LIKELY(task->state != TASK_DYING)
        && LIKELY(tid > 0)) {
#if CONFIG_NUM_CPUS > 1
        cpu->held = cpu;
#endif
        return task;
    }
    spin_unlock(&cpu->lock);
    return NULL;
}

/// Finds a task and takes the locks of this CPU and of the task's. NULL, and no lock, if there is no
/// such task or it is being torn down.
struct task *task_acquire(task_t tid);

#if CONFIG_NUM_CPUS > 1
/// Sends the interrupts that smp_interrupt() has noted.
void smp_send_ipis(void);

/// Takes this CPU's lock and `other`'s, in order.
void cpu_acquire(struct cpu *other);

/// The same of this CPU's alone.
static inline void cpu_acquire_this(struct cpu *self) {
    spin_lock(&self->lock);
    self->held = self;
}

/// Drops what task_acquire() or cpu_acquire() took.
void cpu_release(void);

/// The same, when it is this CPU's lock alone.
static inline void cpu_release_this(struct cpu *self) {
    spin_unlock(&self->lock);
    if (UNLIKELY(self->to_interrupt)) {
        smp_send_ipis();
    }
}

/// All CPUs' locks: for what is rare and touches everything.
void cpu_acquire_all(void);
void cpu_release_all(void);
#else
static inline void cpu_acquire(struct cpu *other __unused) {}
static inline void cpu_acquire_this(struct cpu *self __unused) {}
static inline void cpu_release(void) {}
static inline void cpu_release_this(struct cpu *self __unused) {}
static inline void cpu_acquire_all(void) {}
static inline void cpu_release_all(void) {}
#endif

/// The result of a system call that has none yet: the task is blocked, or will make the call again.
#define SYSCALL_PENDING (-1000)

/// A system call's user memory has faulted, as arch_copy_fault() tells: the task's pager hears of it.
/// With an MMU the task then makes the call again; without one it is stopped. Returns SYSCALL_PENDING.
error_t __mustuse syscall_fault(void);

/// Notes why the current task stops for good: it must not have a timer any more.
void task_note_end(int exception, int value, vaddr_t addr);

/// Stops the current task for good and tells its pager why.
void task_stop(int exception, int value, vaddr_t addr);

/// Readies the first task: no creator, all rights. It has no memory yet, nor registers.
struct task *task_create_init(void);

/// `memory` is the address of a struct task_memory in the caller's memory, without an MMU.
error_t __mustuse task_create(task_t tid, vaddr_t name, vaddr_t ip, task_t pager, unsigned flags,
                              vaddr_t memory);
error_t __mustuse task_destroy(task_t tid);
error_t __mustuse task_schedule(task_t tid, int priority);

/// Lets a task fail in its IPC system call. The caller holds all locks.
void task_abort(struct task *task, error_t err);

#endif
