#ifndef __KERNEL_RIGHTS_H__
#define __KERNEL_RIGHTS_H__

/// \file
/// Who may do what. The kernel knows no manifest: vm grants, the kernel checks at the time of use.

#include <kernel/task.h>

/// The element of `may_call` that has the bit of a server.
#define RIGHTS_WORD(server) (NUM_SERVERS_MAX > 32 ? (server) / 32 : 0)

/// Whether a GRANT_CALL of the task's names `dst`.
static inline bool rights_has_call(const struct task *task, const struct task *dst) {
    return (task->may_call[RIGHTS_WORD(dst->server)] >> (dst->server % 32)) & 1;
}

/// Whether `task` may send to `dst`: to vm and its own pager always, else by its GRANT_CALLs.
static inline bool rights_may_call(const struct task *task, const struct task *dst) {
    return LIKELY(rights_has_call(task, dst)) || dst->tid == task->pager || dst->tid == INIT_TASK;
}

/// Whether `task` may notify `dst`: if one of them may send to the other. The likely cases come first.
static inline bool rights_may_notify(const struct task *task, const struct task *dst) {
    return LIKELY(rights_has_call(task, dst)) || task->tid == dst->pager || dst == task
           || rights_may_call(task, dst) || rights_may_call(dst, task);
}

/// Where what the task holds of a kind ends, from `base` on: `base` itself if it doesn't hold that.
uintptr_t rights_end(const struct task *task, enum grant_kind kind, uintptr_t base);

/// Whether the task holds the whole range.
bool rights_covers(const struct task *task, enum grant_kind kind, uintptr_t base, uintptr_t len);

/// Calls `callback` for each range of a kind that the task holds.
void rights_for_each(const struct task *task, enum grant_kind kind,
                     void (*callback)(uintptr_t base, uintptr_t len, void *arg), void *arg);

error_t __mustuse rights_grant(task_t tid, unsigned kind, uintptr_t base, uintptr_t len);

/// A task that another one creates has its creator's peers.
void rights_inherit(struct task *task, const struct task *creator);

/// Ends all that a task was granted.
void rights_revoke_all(struct task *task);

#endif
