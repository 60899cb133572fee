#ifndef __JOBS_H__
#define __JOBS_H__

/// \file
/// The programs that the shell has launched and that still run.

#include "parse.h"

/// Statuses of commands that didn't get as far as to exit on their own.
#define STATUS_USAGE     2
#define STATUS_NOT_FOUND 127
#define STATUS_CRASHED   129
#define STATUS_KILLED    130

#define MAX_JOBS CONFIG_SHELL_MAX_JOBS

struct job {
    /// 0: unused.
    task_t task;
    bool background;
    /// The name of the program.
    char name[TASK_NAME_LEN];
};

/// Launches a program. NULL if that fails; `*error` then says why.
struct job *job_start(const struct command *command, error_t *error);
/// The job of a task, or NULL.
struct job *job_find(task_t task);
/// Calls `callback` for each job.
void job_for_each(void (*callback)(const struct job *job));
/// Takes the job off the list.
void job_end(struct job *job);

#endif
