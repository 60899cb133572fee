#ifndef __VM_WATCH_H__
#define __VM_WATCH_H__

/// \file
/// Tells tasks how others ended, by `task.exited` messages that the watcher pulls as it does with
/// those of <resea/async.h>. Unlike that queue this one can't fail: a watch turns into its message.

#include "task.h"

/// Has `watcher` told when `task` ends, which may have happened. ERR_NOT_PERMITTED unless the
/// watcher launched the task, or may call it or be called by it. Watching twice is the same as
/// once.
error_t watch_add(struct task *watcher, struct task *task) __mustuse;

/// Takes a watch back, also if its message has not been pulled. ERR_NOT_FOUND if there is none.
error_t watch_remove(struct task *watcher, task_t tid) __mustuse;

/// `task` has ended: notifies its watchers.
void watch_tell_end(struct task *task);

/// Answers a pull (ASYNC_MSG).
void watch_handle_pull(task_t tid);

/// `watcher` has ended.
void watch_forget_watcher(struct task *watcher);

#endif
