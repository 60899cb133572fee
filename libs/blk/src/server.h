#ifndef __SERVER_H__
#define __SERVER_H__

#include <message.h>

/// Handles one message of the main loop.
void server_handle(struct message *m);

#endif
