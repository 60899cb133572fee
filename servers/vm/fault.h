#ifndef __VM_FAULT_H__
#define __VM_FAULT_H__

/// \file
/// Page faults and exceptions of the tasks that vm is the pager of.

#include <message.h>
#include <types.h>

#include "task.h"

/// Maps what every program touches first, so that it needn't fault: the code that it begins with, and
/// the first page of its variables.
error_t fault_preload(struct task *task) __mustuse;

/// Maps what the task needs. If there is nothing to be mapped, logs why and ends the task.
/// \return  DONT_REPLY if the task goes on, or doesn't live any more; OK: an answer lets it try again.
error_t fault_handle_page_fault(task_t tid, const struct page_fault_fields *fault) __mustuse;

/// The task exited or crashed.
void fault_handle_exception(task_t tid, const struct exception_fields *exception);

#endif
