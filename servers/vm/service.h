#ifndef __VM_SERVICE_H__
#define __VM_SERVICE_H__

/// \file
/// Service discovery: which task serves which name of the manifest, and who waits for it.

#include "task.h"

error_t service_init(void) __mustuse;

/// Makes `task` the server of `name` and answers those who wait for it. ERR_NOT_PERMITTED if its
/// server doesn't provide the name, ERR_ALREADY_EXISTS if another task serves it.
error_t service_serve(struct task *task, const char *name) __mustuse;

/// Looks up the server of `name`.
/// \param server  Set to its ID.
/// \return  ERR_NOT_FOUND if the manifest has no such service, ERR_NOT_PERMITTED if `task` may call
///          none of its providers, ERR_UNAVAILABLE if those have been given up, DONT_REPLY if the
///          task is answered when there is a server.
error_t service_lookup(struct task *task, const char *name, task_t *server) __mustuse;

/// The task that serves the service of that number now and that the server `from` may call; 0: none.
task_t service_server(unsigned number, unsigned from);

/// `task` has ended: it serves nothing any more and waits for nothing.
void service_forget_task(struct task *task);

/// Supervision gave up a server: answers those who wait for nobody else with ERR_UNAVAILABLE.
void service_give_up(void);

#endif
