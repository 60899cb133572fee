#ifndef __INET_TCP_H__
#define __INET_TCP_H__

/// \file
/// TCP for whoever runs the stack. Nothing blocks.

#include <inet/addr.h>
#include <inet/buf.h>
#include <types.h>

struct tcp;  ///< A connection, or a listening socket.

/// RFC 9293, 3.3.2; numbers are netinfo.state's.
enum tcp_state {
    TCP_CLOSED,
    TCP_LISTEN,
    TCP_SYN_SENT,
    TCP_SYN_RECEIVED,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT_1,
    TCP_FIN_WAIT_2,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_LAST_ACK,
    TCP_TIME_WAIT,
};

/// Called by TCP when socket.READABLE and so on begin to hold (a listening socket: READABLE, a connection
/// waits to be accepted). `user` is of
/// tcp_set_user. Must call nothing of TCP's: it notes, and acts later.
void tcp_event(void *user, unsigned events);

/// Called once, by inet_init, after buf_init. ERR_NO_MEMORY.
error_t __mustuse tcp_init(void);
/// Called by inet_tick: does what is due, and asks for the next time by inet_call_at.
void tcp_tick(void);
/// Answers what tcp_input has taken since the last call: segments, acknowledgements, events. To be called by
/// whoever runs the stack after each batch of received frames (one will do, but the more the cheaper: there is
/// one acknowledgement for all), so that nothing waits when there is nothing to be received.
void tcp_flush(void);
/// Called by netif_writable: sends what ip_send had no room for (ERR_WOULD_BLOCK).
void tcp_resume(void);

/// `local` may be any address, and `local_port` 0 for one that is free. NULL with `*err`: ERR_NO_MEMORY,
/// ERR_UNREACHABLE, ERR_IN_USE.
struct tcp *tcp_connect(const struct ip_addr *local, uint16_t local_port,
                        const struct ip_addr *remote, uint16_t remote_port, error_t *err);
/// ERR_IN_USE: somebody listens there.
struct tcp *tcp_listen(const struct ip_addr *local, uint16_t local_port, unsigned backlog,
                       error_t *err);
/// NULL: none waits.
struct tcp *tcp_accept(struct tcp *listener);
/// From now on `user` is told of events, first of those that hold already: tcp_event is called before this
/// returns.
void tcp_set_user(struct tcp *tcp, void *user);

/// What has been received and is in order: copies at most `len` bytes to `dst`, and opens the window again.
/// Returns how many; 0: nothing now.
/// ERR_END: nothing more will come. ERR_RESET and others: the connection has failed.
int64_t tcp_read(struct tcp *tcp, void *dst, size_t len);
/// Copies at most `len` bytes to what is to be sent (the one copy on their way), and sends what may be sent.
/// Returns how many; 0: there is no room now.
/// ERR_END: it was shut down for sending. ERR_INVALID_ARG: it isn't connected yet.
int64_t tcp_write(struct tcp *tcp, const void *src, size_t len);
/// Bytes that can be read; that could be written.
size_t tcp_readable(const struct tcp *tcp);
size_t tcp_writable(const struct tcp *tcp);
/// Events that hold now.
unsigned tcp_events(const struct tcp *tcp);

/// Sends what was written, then FIN.
void tcp_shutdown_send(struct tcp *tcp);
/// What comes from now on is dropped.
void tcp_shutdown_receive(struct tcp *tcp);
/// The user is gone: the connection goes on until what was written has arrived (with RFC 1122's 4.2.2.13: RST
/// if something was received that nobody has read), and frees itself. A
/// listening socket: connections nobody has accepted are reset.
void tcp_close(struct tcp *tcp);
/// The same, with RST, at once.
void tcp_abort(struct tcp *tcp);

error_t tcp_error_of(const struct tcp *tcp);
/// socket.option. ERR_INVALID_ARG.
error_t tcp_set_option(struct tcp *tcp, int option, unsigned value);
error_t tcp_get_option(const struct tcp *tcp, int option, unsigned *value);

/// For netstat: the connection number `index`; NULL: there are no more.
struct tcp_info {
    enum tcp_state state;
    struct ip_addr local, remote;
    uint16_t local_port, remote_port;
    uint32_t receive_queue, send_queue;
    void *user;
};
bool tcp_info(unsigned index, struct tcp_info *info);
void tcp_info_of(const struct tcp *tcp, struct tcp_info *info);
/// Counters with names: see netinfo.counter. NULL name: there are no more.
const char *tcp_counter(unsigned index, uint64_t *value);

#endif
