#include <resea/printf.h>
#include <string.h>

#include "api.h"
#include "image.h"
#include "launch.h"
#include "manifest_reader.h"
#include "reap.h"
#include "service.h"
#include "task.h"
#include "watch.h"

static error_t alloc(task_t client, struct task_alloc_fields *request,
                     struct task_alloc_reply_fields *reply) {
    struct task *pager = task_find(client);
    if (!pager || pager->life != LIFE_RUNS || !task_has_right(pager, TASK_RIGHT_TASK)) {
        return ERR_NOT_PERMITTED;
    }
    // A task that pages others for somebody else would be asked for memory that isn't its own.
    if (request->pager && request->pager != client) {
        return ERR_INVALID_ARG;
    }

    struct task *task = task_new(LIFE_EXTERNAL);
    if (!task) {
        return ERR_UNAVAILABLE;
    }
    task->name = pager->name;
    task->server = pager->server;
    task->pager = client;
    task->launcher = client;
    reply->task = task->tid;
    return OK;
}

static error_t free_task(task_t client, struct task_free_fields *request) {
    struct task *task = task_find(request->task);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    if (task->life != LIFE_EXTERNAL || task->pager != client) {
        return ERR_NOT_PERMITTED;
    }
    reap(task, (struct task_end){TASK_END_REASON_KILLED, -1});
    return OK;
}

static error_t launch_program(task_t client, struct task_launch_fields *request,
                              struct task_launch_reply_fields *reply) {
    struct task *launcher = task_find(client);
    if (!launcher || launcher->life != LIFE_RUNS) {
        return ERR_NOT_PERMITTED;
    }
    if (!task_has_right(launcher, TASK_RIGHT_LAUNCH)) {
        WARN("%s may not launch programs: add \"launch\" to the `rights` of [server.%s] in the "
             "manifest",
             launcher->name, manifest_server(launcher->server)->name);
        return ERR_NOT_PERMITTED;
    }

    task_t task = launch(request->name_and_cmdline, client);
    if (IS_ERROR(task)) {
        return task;
    }
    reply->task = task;
    return OK;
}

static error_t watch(task_t client, struct task_watch_fields *request) {
    struct task *watcher = task_find(client);
    struct task *task = task_find_ended(request->task);
    if (!watcher || !task) {
        return ERR_INVALID_TASK;
    }
    return watch_add(watcher, task);
}

static error_t unwatch(task_t client, struct task_unwatch_fields *request) {
    struct task *watcher = task_find(client);
    return watcher ? watch_remove(watcher, request->task) : ERR_INVALID_TASK;
}

static error_t status(task_t client __unused, struct task_status_fields *request,
                      struct task_status_reply_fields *reply) {
    const struct task *task = task_find_ended(request->task);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    reply->running = (task->life != LIFE_ENDED);
    reply->reason = task->end.reason;
    reply->status = task->end.status;
    return OK;
}

static bool may_kill(task_t client, const struct task *task) {
    return task->launcher == client
           || (task->tid != INIT_TASK && task_has_right(task_find(client), TASK_RIGHT_DEBUG));
}

static error_t kill(task_t client, struct task_kill_fields *request) {
    struct task *task = task_find(request->task);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    if (task->life != LIFE_RUNS || !may_kill(client, task)) {
        return ERR_NOT_PERMITTED;
    }
    reap(task, (struct task_end){TASK_END_REASON_KILLED, -1});
    return OK;
}

static error_t program(task_t client __unused, struct task_program_fields *request,
                       struct task_program_reply_fields *reply) {
    unsigned index = request->index;
    const char *name;
    for (size_t i = 0; (name = image_name(i)) != NULL; i++) {
        if (image_find_server(name) != MANIFEST_NONE && index-- == 0) {
            strncpy2(reply->name, name, sizeof(reply->name));
            return OK;
        }
    }
    return ERR_END;
}

const struct task_ops task_api = {
    .alloc = alloc,
    .free = free_task,
    .launch = launch_program,
    .watch = watch,
    .unwatch = unwatch,
    .status = status,
    .kill = kill,
    .program = program,
};
