#ifndef __VM_TASK_H__
#define __VM_TASK_H__

/// \file
/// The tasks that vm knows: those it launched, and those that another pager looks after. A slot
/// keeps what it knows of its last task (how it ended) until it is used again.

#include <config.h>
#include <kernel_abi.h>
#include <list.h>
#include <types.h>

#include "pages.h"

struct program;

enum task_life {
    LIFE_NONE = 0,      ///< The slot was never used.
    LIFE_RUNS = 1,      ///< vm is its pager.
    LIFE_EXTERNAL = 2,  ///< task.alloc: `pager` creates it and looks after it.
    LIFE_ENDED = 3,
};

/// How a task ended.
struct task_end {
    int reason;  ///< enum task_end_reason of the IDL
    int status;  ///< What it passed to task_exit; -1 if it didn't exit by itself.
};

struct task {
    task_t tid;
    enum task_life life : 8;
    unsigned server : 24;  ///< Its entry in the manifest. Of an external task: its pager's.
    const char *name;      ///< Lasts for ever.
    task_t pager;
    task_t launcher;                ///< Who asked for it; INIT_TASK: vm itself.
    const struct program *program;  ///< NULL if external.
    struct task_end end;

#ifdef CONFIG_MMU
    struct page_list pages;  ///< Its pages but those of blocks (see memory.h), page tables too.
    size_t num_tables;       ///< Those of them that are page tables.
    size_t num_pages;        ///< Pages that count towards its limit, those of blocks too.
    size_t max_pages;        ///< 0: no limit.
    list_t regions;          ///< struct region, by address
    size_t num_regions;
    list_t offers;   ///< struct offer: made by it
    list_t offered;  ///< struct offer: made to it
    size_t num_offers;
#endif

    list_t watchers;    ///< struct watch: who wants to know of its end
    list_t watching;    ///< struct watch: whose end it wants to know of, and has not yet been told
    list_elem_t waits;  ///< In the waiters of the service it looks up, or unlinked.
};

/// \param num_slots  Slots 1 … num_slots can hold a task, vm's included.
error_t task_table_init(size_t num_slots) __mustuse;

/// Takes a free slot for a task that lives from now on.
/// \return  The task with its tid, life and lists set and all else zero; NULL if no slot is free.
struct task *task_new(enum task_life life);

/// Keeps how the task ended, and lets the slot be used again.
void task_end(struct task *task, struct task_end end);

/// \return  The living task of that ID, or NULL.
struct task *task_find(task_t tid);

/// \return  The task of that ID if it lives, or ended and its slot wasn't used again; or NULL.
struct task *task_find_ended(task_t tid);

/// By slot: NULL where there was never a task.
extern struct task **task_slots;
size_t task_num_slots(void);

static inline bool task_is_alive(const struct task *task) {
    return task && (task->life == LIFE_RUNS || task->life == LIFE_EXTERNAL);
}

/// The task in a slot (1 … task_num_slots()), or NULL if none lives there.
static inline struct task *task_in_slot(size_t slot) {
    struct task *task = task_slots[slot];
    return task_is_alive(task) ? task : NULL;
}

/// How many of those that live another task looks after (LIFE_EXTERNAL).
size_t task_num_external(void);

/// Whether the task's server has the TASK_RIGHT_*.
bool task_has_right(const struct task *task, unsigned right);

/// Whether one of the two may call the other: those that may exchange more than messages.
bool task_are_neighbours(const struct task *a, const struct task *b);

#endif
