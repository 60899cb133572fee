#ifndef __KERNEL_SPINLOCK_H__
#define __KERNEL_SPINLOCK_H__

/// \file
/// Locks between CPUs. Interrupts are disabled in the kernel, so a holder is never preempted.
/// Lock order: CPU locks by number, then one address space, then one of the leaf locks (frames,
/// rights, IRQs, console).

#include <config.h>
#include <kernel/hal.h>
#include <kernel/sharing.h>
#include <types.h>

/// With one CPU there is nobody to keep out: locks take neither memory nor time.
#define SPINLOCK_WORDS (CONFIG_NUM_CPUS > 1 ? 1 : 0)

struct spinlock {
    uint16_t held[SPINLOCK_WORDS];
};

static inline bool spin_try_lock(struct spinlock *lock) {
    bool taken = !SPINLOCK_WORDS || arch_try_lock(&lock->held[0]);
    if (taken) {
        sharing_note_lock(lock);
    }
    return taken;
}

static inline void spin_lock(struct spinlock *lock) {
    if (SPINLOCK_WORDS) {
        while (UNLIKELY(!arch_try_lock(&lock->held[0]))) {
            while (__atomic_load_n(&lock->held[0], __ATOMIC_RELAXED)) {
                arch_relax();
            }
        }
        sharing_note_lock(lock);
    }
}

static inline void spin_unlock(struct spinlock *lock) {
    if (SPINLOCK_WORDS) {
        __atomic_store_n(&lock->held[0], 0, __ATOMIC_RELEASE);
    }
}

static inline bool spin_is_locked(const struct spinlock *lock) {
    return SPINLOCK_WORDS && __atomic_load_n(&lock->held[0], __ATOMIC_RELAXED);
}

/// With one CPU nobody sees in what order it writes.
#define FOR_OTHER_CPUS(order) (CONFIG_NUM_CPUS > 1 ? (order) : __ATOMIC_RELAXED)

// What other CPUs write without this CPU's lock, or this one may write meanwhile. With one CPU these are
// plain accesses: not every machine has instructions for more.

static inline bool atomic_swap_bool(bool *ptr, bool value) {
    if (CONFIG_NUM_CPUS > 1) {
        return __atomic_exchange_n(ptr, value, __ATOMIC_ACQ_REL);
    }
    bool old = *ptr;
    *ptr = value;
    return old;
}

#endif
