#ifndef __FAKE_H__
#define __FAKE_H__

/// \file
/// A TCP/IP server for the tests of the library: one connection that the tests script, vm as far as it is needed, and
/// time, which passes only while somebody waits.

#include <socket.h>

#define FAKE_FIRST_SERVER 10

struct fake {
    task_t server;  ///< 0: there is none, and won't be.
    bool dies;      ///< The next call of the server's ends it; a new one comes in its place.
    unsigned
        connect_in;    ///< How many receives, with nothing pending, it takes until it is connected.
    error_t refuses;   ///< What becomes of connections instead.
    size_t send_room;  ///< Bytes that it takes before it blocks; each receive makes as many again.
    size_t send_room_each;
    char received[64];  ///< What it was sent,
    size_t received_len;
    const char *to_send;  ///< and what it sends, `send_max` bytes at a time.
    size_t send_max;
    unsigned arrives_in;  ///< How many such receives it takes until that is there.
    unsigned datagrams;   ///< That wait.
    bool has_client;      ///< A connection waits to be accepted.
    unsigned listeners, opened, closed, aborted;
    handle_t next_handle;
    unsigned lookups, watches;
    /// What the next `events` tells.
    struct socket_event events[8];
    unsigned num_events;
    notifications_t notifications;  ///< Pending.
    task_t exited;                  ///< vm is to tell that this one has ended; 0: none.
    uint64_t now;
    msec_t timer;
    unsigned calls;
};
extern struct fake fake;

void fake_reset(void);
/// Something happens to a socket, and the server notifies.
void fake_event(handle_t handle, unsigned events);
/// The server ends, and vm tells that; another one is there.
void fake_end_server(void);

#endif
