#ifndef __VM_REAP_H__
#define __VM_REAP_H__

/// \file
/// What is to be done when a task ends.

#include "task.h"

/// Destroys the task and the tasks that it pages, frees all they had, tells who watched it, and
/// leaves it to supervision whether its server starts anew. `task` must live.
void reap(struct task *task, struct task_end end);

/// Whether the task pages any others.
bool reap_has_children(const struct task *task);

#endif
