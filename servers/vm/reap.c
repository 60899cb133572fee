#include "reap.h"

#include <message.h>
#include <resea/printf.h>
#include <resea/task.h>

#include "image.h"
#include "service.h"
#include "supervise.h"
#include "watch.h"

static bool is_child(const struct task *child, const struct task *pager) {
    return child && child->life == LIFE_EXTERNAL && child->pager == pager->tid;
}

/// Returns a task that it looks after, or NULL.
static struct task *find_child(const struct task *pager) {
    // Most of the time there are no such tasks at all.
    size_t num_slots = task_num_external() ? task_num_slots() : 0;
    for (size_t slot = 1; slot <= num_slots; slot++) {
        struct task *child = task_in_slot(slot);
        if (is_child(child, pager)) {
            return child;
        }
    }
    return NULL;
}

bool reap_has_children(const struct task *task) {
    return find_child(task) != NULL;
}

/// An ID that was never used would be out of step with the kernel, which counts generations as
/// well: uses it up. Afterwards no task of that ID lives.
static void destroy(const struct task *task) {
    if (task->life == LIFE_EXTERNAL && IS_OK(image_create_stand_in(task))) {
        OOPS_OK(task_destroy(task->tid));
        return;
    }

    error_t err = task_destroy(task->tid);
    // Its own pager may have destroyed it already.
    if (IS_ERROR(err) && err != ERR_INVALID_TASK) {
        WARN("%s: failed to destroy it: %s", task->name, error_name(err));
    }
}

/// Ends one task, whose children have ended. The kernel goes first: from then on the task can't use
/// what is freed, and whoever waits for it is told.
static void release(struct task *task, struct task_end end) {
    destroy(task);
    service_forget_task(task);
    image_release(task);
    watch_forget_watcher(task);
    task_end(task, end);
    watch_tell_end(task);
}

void reap(struct task *task, struct task_end end) {
    const struct task_end killed = {TASK_END_REASON_KILLED, -1};
    struct task *child;
    while ((child = find_child(task)) != NULL) {
        release(child, killed);
    }

    release(task, end);
    supervise_ended(task);
}
