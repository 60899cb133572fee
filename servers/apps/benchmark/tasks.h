#ifndef __TASKS_H__
#define __TASKS_H__

/// \file
/// What depends on an MMU: paging.c with one, fixed_memory.c without.

#include <types.h>

/// Creates a task of ours that doesn't run. `name` is a constant.
task_t create_task(const char *name);

/// Measures fault.roundtrip, where there are page faults.
void measure_faults(void);

/// Measures ipc.lend.65536, where pages can be lent.
void measure_loans(task_t server);

#endif
