#include "api.h"
#include "own.h"
#include "task.h"

/// The task number `index` of those that vm pages, or NULL.
static const struct task *find_by_index(unsigned index) {
    for (size_t slot = 1; slot <= task_num_slots(); slot++) {
        const struct task *task = task_in_slot(slot);
        if (task && task->life == LIFE_RUNS && index-- == 0) {
            return task;
        }
    }
    return NULL;
}

static error_t tell(task_t client __unused, struct memory_task_fields *request,
                    struct memory_task_reply_fields *reply) {
    if (request->index == 0) {
        reply->task = INIT_TASK;
        reply->own = own_pages.count + pages_in_table();
        return OK;
    }
    const struct task *task = find_by_index(request->index - 1);
    if (!task) {
        return ERR_END;
    }
    reply->task = task->tid;
    reply->own = task->pages.count - task->num_tables;
    reply->tables = task->num_tables;
    reply->regions = task->num_pages - task->pages.count;
    reply->limit = task->max_pages;
    return OK;
}

const struct memory_ops memory_api = {
    .task = tell,
};
