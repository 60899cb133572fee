#ifndef __KERNEL_SPINLOCK_H__
#define __KERNEL_SPINLOCK_H__

/// \file
/// Locks between CPUs. Interrupts are disabled in the kernel, so a holder is never preempted.
/// Lock order: CPU locks by number, then one address space, then one of the leaf locks (frames,
/// rights, IRQs, console).

#include <kernel/hal.h>
#include <types.h>

struct spinlock {
    uint8_t held;
};

static inline void spin_lock(struct spinlock *lock) {
    while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE)) {
        while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED)) {
            arch_relax();
        }
    }
}

static inline void spin_unlock(struct spinlock *lock) {
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#endif
