#ifndef __KERNEL_IRQ_H__
#define __KERNEL_IRQ_H__

/// \file
/// Interrupt lines and the tasks that own them. A line that fires is masked and its owners are
/// notified; it is unmasked when all of them have come back to wait for the next message. So a level
/// that stays up can't keep the CPU, and a driver acknowledges by just going on.

#include <kernel/task.h>

error_t __mustuse irq_acquire(unsigned irq);
error_t __mustuse irq_release(unsigned irq);

/// Releases lines of a task that ends, some at a time. False: there are more.
bool __mustuse irq_release_some(struct task *task);

/// Unmasks what `task` has held masked.
void irq_unmask_done(struct task *task);

/// The current task waits for its next message.
static inline void irq_done(struct task *task) {
    if (task->irq_pending) {
        irq_unmask_done(task);
    }
}

/// How often a line has fired, for the debugger, and its first owner (0: none).
uint32_t irq_count(unsigned irq, task_t *owner);

#endif
