#ifndef __ARCH_H__
#define __ARCH_H__

/// \file
/// The simulated machine's part of the kernel's structs.

#include <types.h>

#define ARCH_CACHE_LINE       8
#define ARCH_TASK_EXTRA_BYTES 0

struct arch_task {
    vaddr_t ip;
    vaddr_t sp;
    uintptr_t number;
    uintptr_t args[6];
    intptr_t result;
    bool in_call;    ///< It has made a system call that hasn't returned to it.
    bool restarted;  ///< It will make its system call again when it runs.
};

#endif
