#include "hold.h"

#include "memory.h"
#include "own.h"
#include "pool.h"

struct hold {
    list_elem_t next;
    bool has_ended;
    /// What is left of the task: its ID, and once it has ended its regions and pages.
    struct task remains;
};

static struct pool hold_pool = POOL_INIT(struct hold, own_add_chunk);
static list_t holds = {&holds, &holds};

static struct hold *find(task_t tid) {
    LIST_FOR_EACH (hold, &holds, struct hold, next) {
        if (hold->remains.tid == tid) {
            return hold;
        }
    }
    return NULL;
}

error_t hold_task(const struct task *task) {
    if (find(task->tid)) {
        return OK;
    }
    struct hold *hold = pool_alloc(&hold_pool);
    if (!hold) {
        return ERR_NO_MEMORY;
    }
    hold->remains.tid = task->tid;
    list_init(&hold->remains.regions);
    list_push_back(&holds, &hold->next);
    return OK;
}

void hold_keep(struct task *task) {
    struct hold *hold = find(task->tid);
    if (!hold) {
        return;
    }
    struct task *remains = &hold->remains;
    LIST_FOR_EACH (region, &task->regions, struct region, next) {
        list_remove(&region->next);
        list_push_back(&remains->regions, &region->next);
    }
    remains->num_regions = task->num_regions;
    remains->num_pages = task->num_pages;
    remains->pages = task->pages;
    task->num_regions = 0;
    task->num_pages = 0;
    task->pages = (struct page_list){0};
    hold->has_ended = true;
}

static void release(struct hold *hold) {
    memory_free_all(&hold->remains);
    list_remove(&hold->next);
    pool_free(&hold_pool, hold);
}

error_t hold_release(task_t tid) {
    struct hold *hold = find(tid);
    if (!hold) {
        return ERR_NOT_FOUND;
    }
    release(hold);
    return OK;
}

struct task *hold_next_living(void) {
    LIST_FOR_EACH (hold, &holds, struct hold, next) {
        if (!hold->has_ended) {
            return task_find(hold->remains.tid);
        }
    }
    return NULL;
}

void hold_release_all(void) {
    LIST_FOR_EACH (hold, &holds, struct hold, next) {
        release(hold);
    }
}
