#include "task.h"

#include <string.h>

#include "manifest_reader.h"
#include "own.h"

/// One for each slot, allocated when the slot is first used and kept.
struct task **task_slots;
static size_t num_slots;
/// Slots are used in turn, so that an ID comes back as late as possible.
static size_t last_slot = INIT_TASK;
static size_t num_external;

error_t task_table_init(size_t num) {
    num_slots = MIN(num, (size_t) TASK_SLOT(~0));
    task_slots = own_alloc((num_slots + 1) * sizeof(struct task *));
    return task_slots ? OK : ERR_NO_MEMORY;
}

static bool is_usable(size_t slot) {
    return slot != INIT_TASK && !task_is_alive(task_slots[slot]);
}

/// Returns 0 if all slots are in use.
static size_t find_usable_slot(void) {
    size_t slot = last_slot;
    for (size_t i = 0; i < num_slots; i++) {
        slot = (slot < num_slots) ? slot + 1 : 1;
        if (is_usable(slot)) {
            return slot;
        }
    }
    return 0;
}

/// The next generation of a slot. The kernel expects each to be one more than the last.
static task_t next_tid(size_t slot, const struct task *task) {
    int generation = 0;
    if (task->life != LIFE_NONE) {
        generation = (TASK_GEN(task->tid) + 1) & TASK_GEN_MAX;
    }
    return TASK_ID((task_t) slot, generation);
}

struct task *task_new(enum task_life life) {
    size_t slot = find_usable_slot();
    if (!slot) {
        return NULL;
    }
    if (!task_slots[slot]) {
        task_slots[slot] = own_alloc(sizeof(struct task));
        if (!task_slots[slot]) {
            return NULL;
        }
    }

    struct task *task = task_slots[slot];
    task_t tid = next_tid(slot, task);
    memset(task, 0, sizeof(*task));
    task->tid = tid;
    task->life = life;
#ifdef CONFIG_MMU
    list_init(&task->regions);
    list_init(&task->offers);
    list_init(&task->offered);
#endif
    list_init(&task->watchers);
    list_init(&task->watching);
    last_slot = slot;
    num_external += (life == LIFE_EXTERNAL);
    return task;
}

void task_end(struct task *task, struct task_end end) {
    num_external -= (task->life == LIFE_EXTERNAL);
    task->life = LIFE_ENDED;
    task->end = end;
}

struct task *task_find_ended(task_t tid) {
    size_t slot = TASK_SLOT(tid);
    if (tid <= 0 || slot == 0 || slot > num_slots || !task_slots[slot]
        || task_slots[slot]->tid != tid) {
        return NULL;
    }
    return task_slots[slot];
}

struct task *task_find(task_t tid) {
    struct task *task = task_find_ended(tid);
    return task_is_alive(task) ? task : NULL;
}

size_t task_num_slots(void) {
    return num_slots;
}

size_t task_num_external(void) {
    return num_external;
}

bool task_has_right(const struct task *task, unsigned right) {
    return (manifest_server(task->server)->task_flags & right) == right;
}

bool task_are_neighbours(const struct task *a, const struct task *b) {
    return manifest_may_call(a->server, b->server) || manifest_may_call(b->server, a->server);
}
