#include <resea/printf.h>

#include "api.h"
#include "hold.h"
#include "manifest_reader.h"
#include "reap.h"
#include "task.h"

/// Whether the client may manage devices.
static bool is_manager(task_t client) {
    const struct task *task = task_find(client);
    int service = manifest_find_service("dm");
    return task && service >= 0 && manifest_provides(task->server, (unsigned) service);
}

static error_t hold(task_t client, struct dma_hold_fields *request) {
    if (!is_manager(client)) {
        return ERR_NOT_PERMITTED;
    }
    const struct task *task = task_find(request->task);
    return (task && task->life == LIFE_RUNS) ? hold_task(task) : ERR_INVALID_TASK;
}

static error_t release(task_t client, struct dma_release_fields *request) {
    return is_manager(client) ? hold_release(request->task) : ERR_NOT_PERMITTED;
}

static error_t release_all(task_t client, struct dma_release_all_reply_fields *reply) {
    if (!is_manager(client)) {
        return ERR_NOT_PERMITTED;
    }
    struct task *task;
    while ((task = hold_next_living()) != NULL) {
        WARN("%s has lost its device", task->name);
        reap(task, (struct task_end){TASK_END_REASON_KILLED, -1});
        reply->ended++;
    }
    hold_release_all();
    return OK;
}

const struct dma_ops dma_api = {
    .hold = hold,
    .release = release,
    .release_all = release_all,
};
