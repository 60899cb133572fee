#ifndef __SOCKET_H__
#define __SOCKET_H__

/// \file
/// The network for programs: connections, datagrams, names of hosts. idl/socket.idl says what the messages behind
/// these functions mean. A program that uses them needs may_call = ["tcpip"] in its manifest entry.
///
/// **Two ways to wait.** Functions with a `timeout` block, until what they do is done or so many milliseconds
/// have passed (ERR_TIMED_OUT; SOCKET_FOREVER: they wait for ever). They receive meanwhile, so they are for
/// programs that nobody calls: messages are answered as unknown ones, notifications but the library's are lost. With
/// another timeout than SOCKET_FOREVER and 0 they use the task's timer.
///
/// Programs that wait for more than one thing have a loop of their own, use the functions with a timeout of 0 (they
/// return ERR_WOULD_BLOCK rather than wait), and call socket_take_notifications() with what they are notified of:
///
///     socket.ready = work;                      // work(&socket, events): SOCKET_READABLE, …
///     …
///     ASSERT_OK(ipc_recv(IPC_ANY, &m));
///     if (m.type == NOTIFICATIONS_MSG) {
///         socket_take_notifications(m.notifications.data);
///     }
///
/// An event is told once each time it begins to hold. So `work` goes on until ERR_WOULD_BLOCK, or
/// remembers that it didn't.
///
/// **The end of the server.** All connections end with it. Of sockets that were opened before, every function returns
/// ERR_ABORTED from then on, and `ready` is called with SOCKET_FAILED; they only can be closed. Sockets that are opened then
/// are the new server's, which socket_open waits for.
///
/// Errors are those of idl/socket.idl; socket_error_text() puts them into words.

#include <inet/addr.h>
#include <list.h>
#include <message.h>
#include <types.h>

#define SOCKET_FOREVER (-1)

/// What socket.events returns: one of these behind the other.
struct socket_event {
    handle_t handle;
    uint32_t events;  ///< SOCKET_READABLE and so on, combined with |.
};

/// What socket.next returns begins with this.
struct socket_next {
    uint32_t events;
    uint16_t port;     ///< Of a datagram: where it is from.
    uint8_t received;  ///< 0 or 1, both.
    uint8_t last;      ///< No other datagram waits.
    struct ip_addr addr;
};

/// What socket.send_datagram takes begins with this.
struct socket_datagram {
    handle_t handle;
    uint16_t port;
    uint16_t reserved;  ///< 0.
    struct ip_addr addr;
};

/// One end of a connection, or of a datagram.
struct socket_address {
    struct ip_addr ip;
    uint16_t port;
};

/// A socket that is open. It stays where it is, as the library has it in a list.
struct socket {
    handle_t handle;  ///< For calls of idl/socket.idl that there is no function for.
    // The library's.
    task_t server;
    unsigned events;
    list_elem_t in_table;
    list_elem_t in_queue;
    /// The program's, which sets them after the socket was opened (they are NULL then): called when something has
    /// happened. It may close this socket and others.
    void (*ready)(struct socket *socket, unsigned events);
    void *user;
};

error_t socket_open(enum socket_kind kind, struct socket *socket) __mustuse;
/// Gives it back: what was sent still goes out. Does nothing to a socket that is closed or zeroed.
void socket_close(struct socket *socket);
/// Gives it back and resets the connection.
void socket_abort(struct socket *socket);
error_t socket_bind(struct socket *socket, const struct socket_address *local) __mustuse;
error_t socket_set_option(struct socket *socket, enum socket_option option,
                          unsigned value) __mustuse;
/// Both ends; either may be NULL.
error_t socket_names(struct socket *socket, struct socket_address *local,
                     struct socket_address *remote) __mustuse;

/// Opens a socket and connects it. With a timeout of 0, it begins to connect: SOCKET_WRITABLE or SOCKET_FAILED tells the
/// outcome, socket_error() the reason. After an error it isn't open.
error_t socket_connect(const struct socket_address *remote, msec_t timeout,
                       struct socket *socket) __mustuse;
/// Connects to a host by its name, or its address as text: to the first of its addresses that answers. The timeout is for all.
/// Blocks while the name is looked up, which the server gives up by itself, even if `timeout` is 0.
error_t socket_dial(const char *hostname, uint16_t port, msec_t timeout,
                    struct socket *socket) __mustuse;
/// Opens a socket that takes connections; `local` with zeroes for an address: to any.
error_t socket_listen(const struct socket_address *local, unsigned backlog,
                      struct socket *socket) __mustuse;
/// Takes the next connection. `remote` may be NULL.
error_t socket_accept(struct socket *listener, msec_t timeout, struct socket *socket,
                      struct socket_address *remote) __mustuse;

/// Sends some of the bytes: *sent says how many, 1 at least. Where `data` begins with a page and is several pages long,
/// nothing is copied on the way to the packets' buffers but once.
error_t socket_send(struct socket *socket, const void *data, size_t len, msec_t timeout,
                    size_t *sent) __mustuse;
/// Sends all bytes. After an error, some may have been sent. Not with a timeout of 0.
error_t socket_send_all(struct socket *socket, const void *data, size_t len,
                        msec_t timeout) __mustuse;
/// Receives what has come, `len` bytes at most: *received says how many, 1 at least. ERR_END: nothing more will
/// come. The same holds for `buf`.
error_t socket_receive(struct socket *socket, void *buf, size_t len, msec_t timeout,
                       size_t *received) __mustuse;
/// What was sent goes out, then the end of the data.
error_t socket_shutdown(struct socket *socket, enum socket_how how) __mustuse;
/// Why the connection has failed; OK: it hasn't.
error_t socket_error(struct socket *socket);

/// DATAGRAM, ECHO: sends one. ECHO: `port` of the address is its number (sequence). Never blocks.
error_t socket_send_to(struct socket *socket, const struct socket_address *remote, const void *data,
                       size_t len) __mustuse;
/// Receives one; what doesn't fit in `len` is cut off. `remote` may be NULL.
error_t socket_receive_from(struct socket *socket, void *buf, size_t len, msec_t timeout,
                            size_t *received, struct socket_address *remote) __mustuse;

/// Looks up a host's addresses. Blocks until the name servers have answered, or the server has given up.
error_t socket_resolve(const char *hostname, struct ip_addr addrs[SOCKET_ADDRESSES_MAX],
                       unsigned *count) __mustuse;

/// For programs with a loop of their own: looks what has happened to the sockets if the notifications are about them,
/// and calls `ready` of those that have it.
void socket_take_notifications(notifications_t notifications);
/// For programs that have other asynchronous messages from vm, which they pull themselves (NOTIFY_ASYNC): a watched task has
/// ended. Whoever doesn't, leaves that to socket_take_notifications().
void socket_task_exited(task_t task);

/// "10.0.2.15:80", "[fe80::1]:80", "10.0.2.15" and "::1" (then the port is `default_port`). ERR_INVALID_ARG: it is neither.
error_t socket_parse_address(const char *text, uint16_t default_port,
                             struct socket_address *address) __mustuse;
/// Bytes of the longest address with its port as text, and a NUL.
#define SOCKET_ADDRESS_TEXT_LEN (IP_ADDR_TEXT_LEN + 8)
void socket_format_address(const struct socket_address *address,
                           char text[SOCKET_ADDRESS_TEXT_LEN]);
/// For messages to people: "connection refused".
const char *socket_error_text(error_t err);
/// The TCP/IP server, for other interfaces of its; waits until there is one. An error: there will be none.
task_t socket_server(void);

#endif
