#ifndef __SERVER_H__
#define __SERVER_H__

/// \file
/// The TCP/IP server as the library knows it, the sockets that are open, and waiting.

#include <socket.h>

/// The server if it still is the one that has `socket`; ERR_ABORTED: it isn't. ERR_INVALID_ARG: the socket is closed.
task_t server_of(const struct socket *socket);
/// Passes on what a call of the server's returned, and forgets the server if that says that it has ended.
error_t server_check(error_t err);

/// Makes a socket of a handle.
void table_add(struct socket *socket, task_t server, handle_t handle);
void table_remove(struct socket *socket);
/// The server has ended: all sockets have failed.
void table_fail_all(void);
/// Notes what the server says of a socket.
void table_note(const struct socket_event *event);
void table_note_of(struct socket *socket, unsigned events);
/// The next socket that has something to be told; what is forgotten then. NULL: there is none.
struct socket *table_take(unsigned *events);
/// Whether a program waits to be told something.
bool table_has_news(void);

/// Asks the server what has happened and notes it. ERR_EMPTY: nothing. ERR_ABORTED.
error_t server_collect(void);
/// Notes what the server has told in `len` bytes.
void server_note_events(const struct socket_event *events, size_t len);
/// Takes what a program is notified of: the ends of tasks.
void server_receive_exits(void);

/// The server has said that there is no other datagram, and that it tells of the next one. While the program's `ready`
/// goes on until nothing is left, it needn't ask for that again.
void server_note_empty(const struct socket *socket);
bool server_said_empty(const struct socket *socket);

/// A socket was received from: if something happens to it next, `len` bytes of what has come are to come with the event
/// (socket.next).
void ahead_expect(struct socket *socket, size_t len);
/// The socket is closed; NULL: the server has ended.
void ahead_forget(const struct socket *socket);
bool ahead_is_wanted(void);
/// As server_collect(), and takes what comes with the event. Only if it is wanted.
error_t ahead_collect(task_t server);
/// Receives what has come with an event. False: there is nothing for this socket.
bool ahead_take(const struct socket *socket, void *buf, size_t len, size_t *received);
bool ahead_take_datagram(const struct socket *socket, void *buf, size_t len, size_t *received,
                         struct socket_address *from);

/// When a timeout is over.
struct deadline {
    msec_t timeout;
    uint64_t at;
};
struct deadline deadline_in(msec_t timeout);
/// What is left of it, as a timeout of something that is part of the whole; 1 at least if it isn't 0.
msec_t deadline_left(const struct deadline *deadline);
/// Waits until something has happened to any socket. ERR_WOULD_BLOCK: the timeout is 0. ERR_TIMED_OUT; ERR_ABORTED: the
/// server has ended.
error_t deadline_wait(const struct deadline *deadline) __mustuse;

#endif
