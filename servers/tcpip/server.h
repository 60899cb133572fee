#ifndef __SERVER_H__
#define __SERVER_H__

/// \file
/// What the server does in a turn of its loop; main.c receives and sends.

#include <message.h>
#include <types.h>

/// Before anything else. An error: there can be no network.
error_t server_init(void) __mustuse;
/// Handles a message, which may become an answer. Returns to whom it is one; 0: to nobody.
task_t server_handle(struct message *m);
/// All that follows from the message, and from what devices have received. Nothing is done for a socket to which
/// nothing has happened. True: there is more to be done.
bool server_work(void);

#endif
