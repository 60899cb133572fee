#ifndef __ARCH_H__
#define __ARCH_H__

/// \file
/// The simulated machine's part of the kernel's structs.

#include <types.h>

#define ARCH_CACHE_LINE       64
#define ARCH_TASK_EXTRA_BYTES 0

struct arch_task {
    vaddr_t ip;
    uintptr_t number;
    uintptr_t args[6];
    vaddr_t message;  ///< The message buffer of a SYS_IPC.
    intptr_t result;
    bool in_call;    ///< It has made a system call that hasn't returned to it.
    bool restarted;  ///< It will make its system call again when it runs.
    bool pinned;     ///< As if a CPU had its FPU state: it may not move.
};

/// Counts locks that other CPUs take, too: host.shared_locks.
void host_note_lock(const uint16_t *word);

static inline bool arch_try_lock(uint16_t *word) {
    host_note_lock(word);
    return !__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE);
}
#define arch_try_lock arch_try_lock

/// A page table of two levels, 512 entries each.
struct arch_aspace {
    paddr_t root;
};

#endif
