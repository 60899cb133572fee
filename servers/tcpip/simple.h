#ifndef __SIMPLE_H__
#define __SIMPLE_H__

/// \file
/// The interface `tcpip`: what happens comes to its clients as messages that they pull, and requests that can't be
/// carried out at once are answered later.

#include "endpoint.h"

/// Something has happened to an endpoint of a client of `tcpip`: acts on it at the turn's end.
void simple_act_later(struct endpoint *endpoint);
void simple_act_all(void);

/// A client pulls a message (ASYNC_MSG): answers it.
void simple_pull(task_t task);

#endif
