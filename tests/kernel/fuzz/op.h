#ifndef __FUZZ_OP_H__
#define __FUZZ_OP_H__

/// \file
/// One step of a sequence, in a form that says the same whatever has happened before: tasks are
/// named by their slots. A step that makes no sense when its turn comes (its task is blocked, say)
/// is left out.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum op_kind {
    // What a task does: `who`.
    OP_IPC,
    OP_NOTIFY,
    OP_TIMER,
    OP_EXIT,
    OP_FAULT,
    OP_EXCEPTION,
    OP_CREATE,
    OP_DESTROY,
    OP_SCHEDULE,
    OP_GRANT,
    OP_ACQUIRE,
    OP_RELEASE,
    // What the one behind all of them does, whom nobody can refuse anything.
    OP_SPAWN,
    OP_KILL,
    OP_MAP,
    OP_UNMAP,
    OP_WAIT,
    OP_IRQ,
    OP_WAKE,
    NUM_OP_KINDS
};

/// `flags` of OP_IPC.
#define OP_SEND    1
#define OP_RECV    2
#define OP_NOBLOCK 4
#define OP_REPLY   8
#define OP_UNKNOWN 16  ///< A flag that doesn't exist.
#define OP_OPEN    32
#define OP_FLAGS   63

/// `type` of OP_IPC. What begins with BAD is refused.
enum op_type {
    TYPE_PLAIN,  ///< `len` bytes of payload.
    TYPE_BYTES,  ///< And `size` bytes beside it, at `out`.
    TYPE_STR,
    TYPE_ERROR,
    TYPE_FAULT_REPLY,
    TYPE_BAD_RESERVED,
    TYPE_BAD_KERNEL,   ///< Only the kernel may send it.
    TYPE_BAD_OOL_LEN,  ///< No room for pointer and length.
    TYPE_BAD_OOL_KIND,
    NUM_OP_TYPES
};

/// Names of tasks: a slot stands for its task, or, if it is free, for the next one that it will
/// have.
#define REF_NOBODY   0    ///< 0: anybody, or the kernel.
#define REF_OLD      100  ///< + slot: a generation ago.
#define REF_NEXT     200  ///< + slot: the next generation, whether the slot is free or not.
#define REF_NEGATIVE 300
#define REF_NO_SLOT  301

struct op {
    int kind;   ///< enum op_kind
    int who;    ///< Slot.
    int to;     ///< Whom it is about.
    int from;   ///< OP_CREATE, OP_SPAWN: the pager.
    int flags;  ///< OP_*; rights; FAULT_*, MAP_W; OP_GRANT: the kind; OP_WAIT: 1 if others get in
                ///< between when a task has made its call again and is to do that once more.
    int type;
    int len;   ///< OP_IPC: of the payload; OP_SPAWN: its server number.
    int seed;  ///< OP_IPC: of the payload's bytes.
    int at;    ///< Where: a buffer (user.h), a page; OP_SPAWN: the pages that it lacks, a bit each.
    int out;   ///< OP_IPC: the payload that goes out of line: its offset in what is there for that,
    int size;  ///< and its length. OP_SPAWN: the servers that it may call, a bit each.
    int in;    ///< OP_IPC: the same of the buffer for what comes. OP_SPAWN: its interrupt lines.
    int cap;
    int ool;    ///< OP_IPC: where these two are told (user.h).
    int value;  ///< Bits, milliseconds, a status, a priority, an interrupt line. OP_IPC: 1 if others
                ///< get in between when a task is to make its call again.
};

/// How a sequence is to be run.
struct setup {
    unsigned cpus;
    bool fast;   ///< SYS_IPC takes the kernel's fast path, where there is one.
    bool late;   ///< Interrupts between CPUs arrive only when somebody waits: OP_WAIT.
    bool still;  ///< Time stands still: one CPU does the same whether messages are fast or not.
};

/// A line of text, without its end: what isn't 0.
void op_print(FILE *file, const struct op *op);
/// False if the line makes no sense.
bool op_parse(const char *line, struct op *op);

/// A whole sequence.
void sequence_print(FILE *file, const struct setup *setup, const struct op *ops, size_t num);
/// Returns the number of steps, at most `max`; -1 if the file can't be read, which it has said
/// then.
long sequence_read(const char *path, struct setup *setup, struct op *ops, size_t max);

/// The fields of a step, for whoever wants to make them smaller. NULL: no more.
int *op_field(struct op *op, unsigned n);

#endif
