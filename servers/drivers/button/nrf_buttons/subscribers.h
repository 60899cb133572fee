#ifndef __SUBSCRIBERS_H__
#define __SUBSCRIBERS_H__

/// \file
/// Who is told of changes, and what they haven't pulled yet. The last changes are kept once for all:
/// each subscriber remembers how far it has read. This is <resea/async.h> for its receivers, but needs
/// no memory for each message, and a subscriber who doesn't pull loses the oldest ones.

#include <message.h>
#include <types.h>

#define SUBSCRIBERS_MAX 4
/// Changes that are kept: two buttons pressed and let go twice.
#define CHANGES_MAX 8

void subscribers_init(void);
bool subscribers_is_empty(void);
bool subscribers_contain(task_t task);
/// Knowing the task already is success. ERR_NO_MEMORY: there are SUBSCRIBERS_MAX.
error_t subscribers_add(task_t task);
/// ERR_NOT_FOUND.
error_t subscribers_remove(task_t task);

/// A button has changed: keeps that, and notifies all. Forgets those that are gone.
void subscribers_tell(unsigned button, bool pressed, uint32_t time_ms);
/// The answer to a pull (ASYNC_MSG) of a task: the oldest change that it doesn't know. ERR_EMPTY: there
/// is none.
error_t subscribers_next(task_t task, struct message *m);

#endif
