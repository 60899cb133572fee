#ifndef __VM_HOLD_H__
#define __VM_HOLD_H__

/// \file
/// Memory of drivers that have ended, kept aside until their devices have stopped: there is no IOMMU that would keep a
/// device from memory that is somebody else's by now. dm says who is a driver, and when its devices have stopped; see
/// idl/dma.idl.

#include "task.h"

/// When the task ends, its memory is kept. Twice is the same as once. ERR_NO_MEMORY.
error_t hold_task(const struct task *task) __mustuse;

/// The task has ended: keeps its memory if it is to be kept. What is kept, the task hasn't got any more.
void hold_keep(struct task *task);

/// Frees what was kept of a task. ERR_NOT_FOUND.
error_t hold_release(task_t tid) __mustuse;

/// A task that lives and whose memory will be kept, or NULL.
struct task *hold_next_living(void);

/// Frees all that is kept.
void hold_release_all(void);

#endif
