#include "launch.h"

#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "image.h"
#include "manifest_reader.h"
#include "supervise.h"

/// Of the longest name that a program can have, and its NUL.
#define NAME_LEN 48

/// Copies the first word of the command line.
static error_t parse_name(const char *cmdline, char *name, size_t size) {
    size_t len = 0;
    for (; cmdline[len] != '\0' && cmdline[len] != ' '; len++) {
        if (len + 1 == size) {
            return ERR_NOT_FOUND;
        }
        name[len] = cmdline[len];
    }
    name[len] = '\0';
    return len ? OK : ERR_INVALID_ARG;
}

static error_t grant_calls(const struct task *task, const struct manifest_server *server) {
    error_t err = OK;
    for (unsigned word = 0; word < NUM_SERVERS_MAX / 32 && IS_OK(err); word++) {
        uint32_t left = server->may_call[word];
        for (unsigned i = 32 * word; left && IS_OK(err); left >>= 1, i++) {
            // Everybody may call vm anyway.
            if ((left & 1) && i != MANIFEST_VM) {
                err = sys_grant(task->tid, GRANT_CALL, i, 1);
            }
        }
    }
    return err;
}

static error_t grant_devices(const struct task *task, const struct manifest_server *server) {
    const struct manifest_grant *grants = manifest_grants(server);
    for (unsigned i = 0; i < server->num_grants; i++) {
        error_t err = sys_grant(task->tid, (int) grants[i].kind, (uintptr_t) grants[i].base,
                                (size_t) grants[i].len);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return OK;
}

static error_t grant_rights(const struct task *task, const struct manifest_server *server) {
    error_t err = sys_grant(task->tid, GRANT_SERVER, task->server, 1);
    if (IS_OK(err)) {
        err = grant_calls(task, server);
    }
    return IS_OK(err) ? grant_devices(task, server) : err;
}

/// Does all that has to be done between the creation of the task and its first instruction.
static error_t prepare(struct task *task, const struct manifest_server *server, const char *cmdline,
                       size_t len) {
    error_t err = grant_rights(task, server);
    if (IS_OK(err)) {
        err = image_load(task, cmdline, len);
    }
    return IS_OK(err) ? task_schedule(task->tid, server->priority) : err;
}

static error_t create(struct task *task, const struct manifest_server *server) {
    // The kernel may know of a task in that slot that another one created without asking us.
    error_t err = image_create(task, server->task_flags);
    if (IS_ERROR(err)) {
        WARN("%s: failed to create task %d: %s", task->name, task->tid, error_name(err));
        task_end(task, (struct task_end){TASK_END_REASON_KILLED, -1});
    }
    return err;
}

static void undo(struct task *task) {
    OOPS_OK(task_destroy(task->tid));
    image_release(task);
    task_end(task, (struct task_end){TASK_END_REASON_KILLED, -1});
}

/// Where a program starts that has been found, and may be launched.
static task_t start(const struct program *program, unsigned number, const char *cmdline, size_t len,
                    task_t launcher) {
    error_t err = image_check(program);
    if (IS_ERROR(err)) {
        return err;
    }
    struct task *task = task_new(LIFE_RUNS);
    if (!task) {
        return ERR_UNAVAILABLE;
    }

    const struct manifest_server *server = manifest_server(number);
    task->name = image_program_name(program);
    task->program = program;
    task->server = number;
    task->pager = INIT_TASK;
    task->launcher = launcher;
#ifdef CONFIG_MMU
    task->max_pages = server->max_pages;
#endif
    err = create(task, server);
    if (IS_ERROR(err)) {
        return err;
    }

    err = prepare(task, server, cmdline, len);
    if (IS_ERROR(err)) {
        WARN("%s: failed to start it: %s", task->name, error_name(err));
        undo(task);
        return err;
    }
    supervise_launched(task, cmdline);
    return task->tid;
}

task_t launch(const char *cmdline, task_t launcher) {
    size_t len = strlen(cmdline);
    if (len >= USER_ARGS_LEN) {
        return ERR_TOO_LARGE;
    }

    char name[NAME_LEN];
    error_t err = parse_name(cmdline, name, sizeof(name));
    if (IS_ERROR(err)) {
        return err;
    }

    const struct program *program;
    err = image_find(name, &program);
    if (IS_ERROR(err)) {
        return err;
    }

    unsigned number = image_server(program, name);
    if (number == MANIFEST_NONE) {
        WARN("%s may not run: the manifest has neither [server.%s] nor [app_default]", name, name);
        return ERR_NOT_PERMITTED;
    }
    return start(program, number, cmdline, len, launcher);
}
