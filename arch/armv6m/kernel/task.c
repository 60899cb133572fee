#include "armv6m.h"
#include <kernel/memory.h>
#include <kernel/task.h>
#include <string.h>

STATIC_ASSERT(offsetof(struct task, arch.frame) == 0, "entry.S and arch.h read it");

/// No code is ever there: the region of the system's registers (ARM B3.1).
#define NOWHERE 0xe0000001u

void arch_task_init(struct task *task, vaddr_t ip) {
    struct arch_frame *frame = (struct arch_frame *) (memory_stack_top(task) - sizeof(*frame));
    bzero(frame, sizeof(*frame));
    frame->lr = NOWHERE;  // Returning from its first function faults.
    frame->pc = ip & ~1u;
    frame->xpsr = (ip & 1) ? XPSR_T : 0;
    task->arch.frame = frame;
}

void arch_task_exit(struct task *task __unused) {}

void arch_switch(struct task *next __unused) {}

bool arch_task_movable(struct task *task __unused) {
    return true;
}

void arch_ports_changed(struct task *task __unused) {}
