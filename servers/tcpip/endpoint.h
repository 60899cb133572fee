#ifndef __ENDPOINT_H__
#define __ENDPOINT_H__

/// \file
/// What a client's handle stands for: a connection, a listening socket, a socket of UDP or ICMP echo. That of
/// `socket`'s clients is told of events; that of `tcpip`'s (`simple`) has news, and requests that are answered later.

#include <inet/tcp.h>
#include <inet/udp.h>
#include <message.h>

#include "client.h"

/// Options that were set before there was a connection that they could apply to.
#define NUM_OPTIONS (SOCKET_OPTION_PATH_MTU + 1)

struct endpoint {
    struct client *client;
    handle_t handle;
    enum socket_kind kind;
    struct tcp *tcp;  ///< STREAM: NULL until it listens or connects.
    struct udp *udp;  ///< The other kinds'.
    bool listens;
    bool simple;
    struct ip_addr local;  ///< STREAM: what it was bound to, for `tcp`.
    uint16_t local_port;
    uint8_t options_set;  ///< Bits, by option.
    unsigned options[NUM_OPTIONS];
    list_elem_t in_client;
    unsigned muted;   ///< Events that are left out.
    unsigned events;  ///< Not told yet, or not acted upon.
    list_elem_t in_events;
    list_elem_t in_starved;
    // Of `tcpip`: see simple.c.
    bool connecting;  ///< The client waits for the answer to `connect`.
    bool closed_told;
    unsigned news;
    list_elem_t in_news;
    uint8_t *unwritten;  ///< The payload of a `write` that waits for room.
    size_t unwritten_len;
    size_t unwritten_done;
};

/// A new one with a handle of its own. ERR_NO_MEMORY: there is no memory, or the client has too many.
error_t endpoint_new(task_t task, enum socket_kind kind, bool simple,
                     struct endpoint **endpoint) __mustuse;
/// Gives it and its handle back. `abort`: with RST.
void endpoint_free(struct endpoint *endpoint, bool abort);
/// NULL: the task has no such handle, or it isn't of that interface.
struct endpoint *endpoint_find(task_t task, handle_t handle, bool simple);
/// Gives a connection to an endpoint that has none: from now on it gets its events. Those that hold already, but
/// for `except`, are noted.
void endpoint_take(struct endpoint *endpoint, struct tcp *tcp, unsigned except);
/// Whether a listening endpoint has a connection to accept.
bool endpoint_has_client(const struct endpoint *listener);
/// Something happens to it.
void endpoint_note(struct endpoint *endpoint, unsigned events);
/// The client has ended: frees all that it has.
void endpoint_forget_all(task_t task);

/// Writes to a connection. ERR_WOULD_BLOCK: it isn't made yet, there is no room, or the client has too much of the
/// buffers while they are scarce.
error_t endpoint_write(struct endpoint *endpoint, const void *data, size_t len,
                       size_t *written) __mustuse;

#endif
