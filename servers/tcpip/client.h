#ifndef __CLIENT_H__
#define __CLIENT_H__

/// \file
/// Programs that have sockets, or want to know a host's address, and what they are to be told.

#include <list.h>
#include <types.h>

struct client {
    list_elem_t next;
    task_t task;
    unsigned num_sockets;
    list_t sockets;  ///< All of them.
    list_t events;   ///< Sockets with something for socket.events,
    list_t news;     ///< and those with a message of `tcpip` to be pulled.
    list_elem_t in_due;
    notifications_t due;       ///< What it will be notified of at the turn's end.
    notifications_t notified;  ///< What it was notified of, and hasn't taken.
};

/// The client that a task is; NULL: it isn't one yet.
struct client *client_find(task_t task);
/// Makes it one, which ends with the task. NULL: no memory, or the task is gone.
struct client *client_get(task_t task);
/// The client is to be notified, if it wasn't since it has taken the last such notification.
void client_tell(struct client *client, notifications_t notification);
/// It has taken what it was notified of.
void client_took(struct client *client, notifications_t notification);
/// At a turn's end: notifies.
void client_notify_all(void);
/// The task has ended. Its sockets are gone already.
void client_forget(task_t task);

#endif
