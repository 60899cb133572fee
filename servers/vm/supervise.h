#ifndef __VM_SUPERVISE_H__
#define __VM_SUPERVISE_H__

/// \file
/// Starts the servers of the manifest, and starts those that end again if the manifest says so,
/// each time after a longer pause.
///
/// A server with an entry of its own is supervised no matter who launched it. Of several tasks of
/// one entry the first that lives is.

#include "task.h"

error_t supervise_init(void) __mustuse;

/// Launches the autostart servers in the manifest's order.
void supervise_start_all(void);

/// `task` was launched with this command line.
void supervise_launched(const struct task *task, const char *cmdline);

/// `task` has ended.
void supervise_ended(const struct task *task);

/// The timer ran out: restarts what is due.
void supervise_handle_timer(void);

/// Whether the server doesn't run and won't be restarted, as it ended too often, or as it wanted.
bool supervise_has_given_up(unsigned server);

/// Whether the server waits to be restarted.
bool supervise_is_coming(unsigned server);

#endif
