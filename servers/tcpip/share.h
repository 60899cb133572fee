#ifndef __SHARE_H__
#define __SHARE_H__

/// \file
/// Fair shares of the packet buffers, when they are scarce: a client whose peers take nothing off its hands must not keep
/// others from sending.

#include "endpoint.h"

/// Whether the client may not send more now. It is told that it can (SOCKET_WRITABLE) when that may have changed.
bool share_is_used_up(struct endpoint *endpoint);

#endif
