#ifndef __FUZZ_MODEL_H__
#define __FUZZ_MODEL_H__

/// \file
/// What the book says of tasks and messages (docs/ipc.md, ool.md, faults.md, rights.md, tasks.md),
/// as a program: simple, not fast, and knowing nothing of registers, bits and locks. Who runs when
/// is not its business: it is told when a task makes a system call, goes on in user mode, or
/// faults.

#include <types.h>

#include "op.h"
#include "user.h"

#define NUM_SERVERS 4

/// Interrupt lines that take part.
#define FIRST_LINE 8
#define NUM_LINES  4

/// What a task is doing.
enum does {
    DOES_NOT_EXIST,
    DOES_NOT_RUN_YET,
    DOES_RUN,  ///< Or is ready to. `due` says what it has to do in the kernel before it goes on.
    DOES_SEND,
    DOES_RECEIVE,
    DOES_FAULT,
    DOES_NOTHING,  ///< It has stopped.
    DOES_DIE,
};

/// A message, and where it comes from.
struct mail {
    enum {
        MAIL_USER,
        MAIL_NOTIFICATIONS,
        MAIL_FAULT,
        MAIL_EXCEPTION,
    } kind;
    task_t src;
    // MAIL_USER.
    int type;  ///< enum op_type
    unsigned len;
    unsigned seed;
    vaddr_t out;  ///< Where the out-of-line payload is: the sender's, later the receiver's address.
    size_t size;
    // The kernel's.
    notifications_t notifications;
    vaddr_t addr;
    unsigned fault;
    int exception, value;
};

/// The arguments of a message system call.
struct call {
    task_t peer;     ///< Whom to send to, and to receive from but with OP_OPEN.
    unsigned flags;  ///< OP_*
    bool sent;       ///< The send phase is over.
    struct mail mail;
    vaddr_t buf;
    vaddr_t ool;  ///< Where the next two are told; 0: nowhere, then they are 0.
    vaddr_t in;
    size_t cap;
};

struct model_task {
    task_t tid;
    int last_generation;
    enum does does;
    task_t pager;
    unsigned rights;
    unsigned server;
    unsigned may_call;
    int base_priority, priority;
    int own_priority;  ///< Plus 1: before it was raised to fetch an answer. 0: it wasn't.
    uint8_t pages[NUM_PAGES];
    notifications_t notifications;

    // The system call that it is in, or was in last.
    struct call call;
    bool destroys;  ///< It is about the end of another task, and may have to wait for a CPU.
    bool has_result;
    intptr_t result;
    task_t waits_for;

    // What it has to do before it goes on in user mode, in this order.
    bool fault_due;
    bool mail_due;
    bool again;  ///< Makes its system call again.

    struct mail inbox;
    vaddr_t fault_addr;
    unsigned fault_flags;
    int exception, value;
    bool reported;  ///< The pager has been told of the fault or the end.

    int queue[NUM_SLOTS];  ///< Slots that have something for it, first come first.
    unsigned queued;

    // A payload that is being fetched.
    task_t pulls_from;
    vaddr_t pulls_to;
    size_t pulled;

    unsigned granted_lines;  ///< Interrupt lines, a bit each.
    unsigned owned_lines;
    unsigned held_lines;  ///< Those of them that are masked until it comes back.

    bool timer_set;
    unsigned timer_cpu;
    uint64_t deadline;
};

/// By slots, from 1 on.
extern struct model_task model[NUM_SLOTS + 1];

// ---- Looking ------------------------------------------------------------------------------------

struct model_task *model_find(task_t tid);
bool model_is_alive(task_t tid);
bool model_may_call(const struct model_task *task, const struct model_task *dst);
/// The ID that a REF_* stands for now.
task_t model_resolve(int ref);
int model_next_generation(const struct model_task *task);

// ---- System calls of a task. They leave the result in it, or what else becomes of it. -----------

void model_ipc(struct model_task *task);
void model_notify(struct model_task *task, task_t dst, notifications_t bits);
void model_exit(struct model_task *task, int exception, int value);
void model_return(struct model_task *task, intptr_t result);
void model_create(struct model_task *task, task_t tid, task_t pager, unsigned rights);
void model_schedule(struct model_task *task, task_t tid, int priority);
void model_grant(struct model_task *task, task_t tid, int kind, unsigned server);
void model_acquire(struct model_task *task, unsigned line);
void model_release(struct model_task *task, unsigned line);
/// OK if the task may be destroyed, which then has begun.
error_t model_destroy(const struct model_task *task, task_t tid);
/// The slot is free.
void model_free(struct model_task *task);

// ---- What happens to tasks ----------------------------------------------------------------------

/// It is in user mode or will be: a task that is destroyed goes on until its CPU hears of it.
bool model_is_in_user_mode(const struct model_task *task);
/// It goes on in user mode. False: it can't.
bool model_resume(struct model_task *task);
/// It faults at `addr` in user mode.
void model_fault(struct model_task *task, vaddr_t addr, unsigned flags);
/// The fault that is due takes place. False: none is.
bool model_take_fault(struct model_task *task);
/// A CPU's timer fires.
void model_timer(unsigned cpu, uint64_t now);
/// An interrupt line fires.
void model_irq(unsigned line);
bool model_is_unmasked(unsigned line);
void model_start(struct model_task *task, int priority);
void model_init_task(struct model_task *task, task_t tid, task_t pager, unsigned rights);

// ---- What the model asks and tells those that know encodings and memory -------------------------

/// Bytes of a message's payload, and those of them that come and go without memory.
size_t mail_bytes(const struct mail *mail);
#define MAIL_IN_REGISTERS 16
/// Where the others begin in a buffer.
#define MAIL_IN_MEMORY (8 + MAIL_IN_REGISTERS)

/// Whether the task was one of the CPU's whose system call this is, when that began.
bool is_on_this_cpu(const struct model_task *task);
/// A message has come.
void on_delivery(struct model_task *task);
/// Only a part of a payload has come into the task's buffer.
void on_broken_payload(struct model_task *task);

// ---- Between the files of the model -------------------------------------------------------------

void model_complete(struct model_task *task, intptr_t result);
void model_enqueue(struct model_task *receiver, const struct model_task *task, bool at_front);
void model_dequeue(struct model_task *receiver, const struct model_task *task);
void model_lend(struct model_task *to, const struct model_task *from);
/// Whether the task can read or write (`needs`: PAGE_*) there; if not, notes where it faults.
bool model_access(struct model_task *task, vaddr_t addr, size_t len, unsigned needs);
/// The same for those bytes of a message that are in the buffer of the task's call.
bool model_access_buffer(struct model_task *task, const struct mail *mail, unsigned needs);
void model_notify_locked(struct model_task *dst, notifications_t bits);
void model_report(struct model_task *task);
void model_fail_send(struct model_task *sender, error_t err);
void model_restart_receive(struct model_task *task);
/// The task comes back to wait for any message: its interrupt lines may fire again.
void model_irq_done(struct model_task *task);
bool model_accepts(const struct model_task *receiver, task_t from);

#endif
