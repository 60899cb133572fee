#ifndef __KERNEL_SHARING_H__
#define __KERNEL_SHARING_H__

/// \file
/// Counts what messages share with other CPUs, so that a test can tell that between tasks of one CPU it
/// is nothing. In kernels with CONFIG_COUNT_SHARING; nothing of it is left in others.
///
/// Counted is from sharing_begin() to sharing_end(): SYS_IPC, by whichever way, and SYS_NOTIFY. What a CPU
/// without a task does to find one isn't a message's.

#include <config.h>
#include <kernel/hal.h>
#include <types.h>

struct cpu;
struct spinlock;

#ifdef CONFIG_COUNT_SHARING

/// A CPU's. Only that CPU writes it, but for `visited`.
struct sharing {
    bool in_message;
    /// Another CPU has held this one's lock since the last message. Under that lock.
    bool visited;
    uint64_t locks;  ///< Taken, but for the CPU's own.
    /// Messages that took the CPU's own lock after a visit; writes to what others write without a lock.
    uint64_t writes;
};

void sharing_begin(struct cpu *cpu);
void sharing_end(struct cpu *cpu);

/// The running CPU has just taken a lock.
void sharing_note_lock(const struct spinlock *lock);

/// The running CPU writes, without a lock, what others write.
void sharing_note_write(void);

#else

static inline void sharing_begin(struct cpu *cpu __unused) {}
static inline void sharing_end(struct cpu *cpu __unused) {}
static inline void sharing_note_lock(const struct spinlock *lock __unused) {}
static inline void sharing_note_write(void) {}

#endif

#endif
