#ifndef __DM_API_H__
#define __DM_API_H__

/// \file
/// The messages that dm answers: see idl/dm.idl.

#include <message.h>

/// Finds the devices.
void api_init(void);

/// Takes over from a dm that was here before, once this one serves.
void api_start(void);

/// Returns false if the message isn't one of dm's.
bool api_dispatch(struct message *m);

/// A task that dm watches has ended.
void api_task_ended(task_t task);

/// The timer has gone off.
void api_timer(void);

#endif
