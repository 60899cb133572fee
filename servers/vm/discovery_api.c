#include "api.h"
#include "service.h"
#include "task.h"

static error_t serve(task_t client, struct discovery_serve_fields *request) {
    struct task *task = task_find(client);
    // A pager answers for its tasks itself.
    if (!task || task->life != LIFE_RUNS) {
        return ERR_NOT_PERMITTED;
    }
    return service_serve(task, request->name);
}

static error_t lookup(task_t client, struct discovery_lookup_fields *request,
                      struct discovery_lookup_reply_fields *reply) {
    struct task *task = task_find(client);
    return task ? service_lookup(task, request->name, &reply->task) : ERR_INVALID_TASK;
}

const struct discovery_ops discovery_api = {
    .serve = serve,
    .lookup = lookup,
};
