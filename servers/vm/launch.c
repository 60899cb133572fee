#include "launch.h"

#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "bootfs_reader.h"
#include "manifest_reader.h"
#include "memory.h"
#include "own.h"
#include "pool.h"
#include "program.h"
#include "supervise.h"

/// A program that was launched before, with its headers checked.
struct known_program {
    list_elem_t next;
    const struct bootfs_file *file;
    struct program program;
};

static struct pool program_pool = POOL_INIT(struct known_program, own_add_page);
static list_t programs = {&programs, &programs};

/// Copies the first word of the command line.
static error_t parse_name(const char *cmdline, char *name, size_t size) {
    if (strlen(cmdline) >= USER_ARGS_LEN) {
        return ERR_TOO_LARGE;
    }
    const char *space = strchr(cmdline, ' ');
    size_t len = space ? (size_t) (space - cmdline) : strlen(cmdline);
    if (len == 0) {
        return ERR_INVALID_ARG;
    }
    if (len >= size) {
        return ERR_NOT_FOUND;
    }
    strncpy2(name, cmdline, len + 1);
    return OK;
}

static error_t read_program(const struct bootfs_file *file, const struct program **program) {
    struct known_program *known = pool_alloc(&program_pool);
    if (!known) {
        return ERR_NO_MEMORY;
    }

    const char *problem = program_read(&known->program, bootfs_data(file), file->len);
    if (problem) {
        WARN("%s is no valid program: %s", file->name, problem);
        pool_free(&program_pool, known);
        return ERR_INVALID_ARG;
    }
    known->file = file;
    list_push_back(&programs, &known->next);
    *program = &known->program;
    return OK;
}

static error_t find_program(const char *name, const struct program **program) {
    LIST_FOR_EACH (known, &programs, struct known_program, next) {
        if (!strcmp(known->file->name, name)) {
            *program = &known->program;
            return OK;
        }
    }
    const struct bootfs_file *file = bootfs_find(name);
    return file ? read_program(file, program) : ERR_NOT_FOUND;
}

static error_t grant_calls(const struct task *task, const struct manifest_server *server) {
    for (unsigned i = 0; i < manifest_num_servers(); i++) {
        if (!(server->may_call[i / 32] & (1u << (i % 32)))) {
            continue;
        }
        error_t err = sys_grant(task->tid, GRANT_CALL, i, 1);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return OK;
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

/// Maps the top page of the stack, with the command line in it.
static error_t map_cmdline(struct task *task, const char *cmdline) {
    paddr_t paddr = memory_alloc_page(task);
    uint8_t *window = paddr ? own_open_window(paddr, MAP_ZERO) : NULL;
    if (!window) {
        return ERR_NO_MEMORY;
    }
    strncpy2((char *) &window[PAGE_SIZE - USER_ARGS_LEN], cmdline, USER_ARGS_LEN);
    own_close_window();
    return memory_map(task, USER_STACK_TOP - PAGE_SIZE, paddr, MAP_W);
}

/// Does all that has to be done between the creation of the task and its first instruction.
static error_t prepare(struct task *task, const struct manifest_server *server,
                       const char *cmdline) {
    error_t err = grant_rights(task, server);
    if (IS_OK(err)) {
        err = map_cmdline(task, cmdline);
    }
    return IS_OK(err) ? task_schedule(task->tid, server->priority) : err;
}

static error_t create(struct task *task, const struct manifest_server *server) {
    // The kernel may know of a task in that slot that another one created without asking us.
    error_t err =
        task_create(task->tid, task->name, task->program->entry, INIT_TASK, server->task_flags);
    if (IS_ERROR(err)) {
        WARN("%s: failed to create task %d: %s", task->name, task->tid, error_name(err));
        task_end(task, (struct task_end){TASK_END_REASON_KILLED, -1});
    }
    return err;
}

static void undo(struct task *task) {
    OOPS_OK(task_destroy(task->tid));
    memory_free_all(task);
    task_end(task, (struct task_end){TASK_END_REASON_KILLED, -1});
}

/// Where a program starts that has been found, and may be launched.
static task_t start(const char *name, const struct program *program, unsigned number,
                    const char *cmdline, task_t launcher) {
    struct task *task = task_new(LIFE_RUNS);
    if (!task) {
        return ERR_UNAVAILABLE;
    }

    const struct manifest_server *server = manifest_server(number);
    strncpy2(task->name, name, sizeof(task->name));
    task->program = program;
    task->server = number;
    task->pager = INIT_TASK;
    task->launcher = launcher;
    task->max_pages = server->max_pages;
    error_t err = create(task, server);
    if (IS_ERROR(err)) {
        return err;
    }

    err = prepare(task, server, cmdline);
    if (IS_ERROR(err)) {
        WARN("%s: failed to start it: %s", name, error_name(err));
        undo(task);
        return err;
    }
    supervise_launched(task, cmdline);
    return task->tid;
}

task_t launch(const char *cmdline, task_t launcher) {
    char name[BOOTFS_NAME_LEN];
    error_t err = parse_name(cmdline, name, sizeof(name));
    if (IS_ERROR(err)) {
        return err;
    }

    const struct program *program;
    err = find_program(name, &program);
    if (IS_ERROR(err)) {
        return err;
    }

    unsigned number = manifest_find_server(name);
    if (number == MANIFEST_NONE) {
        WARN("%s may not run: the manifest has neither [server.%s] nor [app_default]", name, name);
        return ERR_NOT_PERMITTED;
    }
    return start(name, program, number, cmdline, launcher);
}
