#ifndef __DRIVER_IRQ_H__
#define __DRIVER_IRQ_H__

#include <types.h>

/// From now on this task is notified (NOTIFY_IRQ) when the line fires. The line is masked then, until
/// the task waits for its next message: quiet the device before that. ERR_NOT_PERMITTED: the line was
/// not granted. ERR_ALREADY_EXISTS: the task has it already. ERR_IN_USE: it is the console's, or shared
/// by as many tasks as can be. ERR_INVALID_ARG: the machine has no such line.
error_t irq_acquire(unsigned irq);
/// ERR_NOT_FOUND: the line isn't ours. ERR_INVALID_ARG: the machine has no such line.
error_t irq_release(unsigned irq);

#endif
