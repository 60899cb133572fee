#include "watch.h"

#include <message.h>
#include <resea/ipc.h>
#include <string.h>

#include "own.h"
#include "pool.h"

/// Watches of a task, at most: those whose message it doesn't pull stay.
#define WATCHES_MAX 256

struct watch {
    list_elem_t by_watcher;
    list_elem_t by_task;  // Unlinked once the task has ended.
    task_t watcher;
    task_t tid;
    struct task_end end;  // Valid once the task has ended.
};

static struct pool watch_pool = POOL_INIT(struct watch, own_add_chunk);

static bool has_ended(const struct watch *watch) {
    return !list_is_linked(&watch->by_task);
}

static void remove_watch(struct watch *watch) {
    if (!has_ended(watch)) {
        list_remove(&watch->by_task);
    }
    list_remove(&watch->by_watcher);
    pool_free(&watch_pool, watch);
}

static struct watch *find_watch(struct task *watcher, task_t tid) {
    LIST_FOR_EACH (watch, &watcher->watching, struct watch, by_watcher) {
        if (watch->tid == tid) {
            return watch;
        }
    }
    return NULL;
}

static void notify(task_t watcher) {
    // If it is gone, its own end takes its watches away.
    (void) ipc_notify(watcher, NOTIFY_ASYNC);
}

error_t watch_add(struct task *watcher, struct task *task) {
    if (task->launcher != watcher->tid && !task_are_neighbours(watcher, task)) {
        return ERR_NOT_PERMITTED;
    }
    if (find_watch(watcher, task->tid)) {
        return OK;
    }
    if (list_len(&watcher->watching) >= WATCHES_MAX) {
        return ERR_NO_MEMORY;
    }

    struct watch *watch = pool_alloc(&watch_pool);
    if (!watch) {
        return ERR_NO_MEMORY;
    }
    watch->watcher = watcher->tid;
    watch->tid = task->tid;
    watch->end = task->end;
    list_push_back(&watcher->watching, &watch->by_watcher);
    if (task->life == LIFE_ENDED) {
        notify(watcher->tid);
    } else {
        list_push_back(&task->watchers, &watch->by_task);
    }
    return OK;
}

error_t watch_remove(struct task *watcher, task_t tid) {
    struct watch *watch = find_watch(watcher, tid);
    if (!watch) {
        return ERR_NOT_FOUND;
    }
    remove_watch(watch);
    return OK;
}

void watch_tell_end(struct task *task) {
    LIST_FOR_EACH (watch, &task->watchers, struct watch, by_task) {
        list_remove(&watch->by_task);
        watch->end = task->end;
        notify(watch->watcher);
    }
}

/// Returns the first watch whose task has ended, or NULL, and whether there are `more`.
static struct watch *next_message(struct task *watcher, bool *more) {
    struct watch *first = NULL;
    *more = false;
    LIST_FOR_EACH (watch, &watcher->watching, struct watch, by_watcher) {
        if (!has_ended(watch)) {
            continue;
        }
        if (first) {
            *more = true;
            return first;
        }
        first = watch;
    }
    return first;
}

void watch_handle_pull(task_t tid) {
    struct task *watcher = task_find(tid);
    bool more = false;
    struct watch *watch = watcher ? next_message(watcher, &more) : NULL;
    if (!watch) {
        ipc_reply_err(tid, ERR_EMPTY);
        return;
    }

    struct message m;
    bzero(&m, sizeof(m));
    m.type = TASK_EXITED_MSG;
    m.task_exited.task = watch->tid;
    m.task_exited.reason = watch->end.reason;
    m.task_exited.status = watch->end.status;
    remove_watch(watch);
    ipc_reply(tid, &m);
    if (more) {
        notify(tid);
    }
}

void watch_forget_watcher(struct task *watcher) {
    LIST_FOR_EACH (watch, &watcher->watching, struct watch, by_watcher) {
        remove_watch(watch);
    }
}
