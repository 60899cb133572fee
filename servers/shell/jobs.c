#include "jobs.h"

#include <idl_client.h>
#include <string.h>

#include "files.h"

static struct job jobs[MAX_JOBS];

struct job *job_find(task_t task) {
    for (int i = 0; i < MAX_JOBS; i++) {
        if (jobs[i].task == task) {
            return &jobs[i];
        }
    }

    return NULL;
}

struct job *job_start(const struct command *command, error_t *error) {
    struct job *job = job_find(0);
    if (job == NULL) {
        *error = ERR_NO_MEMORY;
        return NULL;
    }

    task_t task;
    *error = call_task_launch(INIT_TASK, files_command_line(command->text), &task);
    if (*error != OK) {
        return NULL;
    }

    // It may have ended by now: then vm tells so at once.
    *error = call_task_watch(INIT_TASK, task);
    if (*error != OK) {
        return NULL;
    }

    job->task = task;
    job->background = command->background;
    strncpy2(job->name, command->argv[0], sizeof(job->name));
    return job;
}

void job_for_each(void (*callback)(const struct job *job)) {
    for (int i = 0; i < MAX_JOBS; i++) {
        if (jobs[i].task != 0) {
            callback(&jobs[i]);
        }
    }
}

void job_end(struct job *job) {
    job->task = 0;
}
