#ifndef __DM_API_H__
#define __DM_API_H__

/// \file
/// The messages that dm answers: see idl/dm.idl.

#include <message.h>

/// Finds the devices.
void api_init(void);

/// Returns false if the message isn't one of dm's.
bool api_dispatch(struct message *m);

/// A task that dm watches has ended.
void api_task_ended(task_t task);

#endif
