#ifndef __SERVICES_H__
#define __SERVICES_H__

/// \file
/// The services: echo (RFC 862), discard (RFC 863) and chargen (RFC 864) on their assigned ports; on others, what comes is
/// digested, and what goes is made up.

#include <socket.h>
#include <types.h>

#define ECHO_PORT    7
#define DISCARD_PORT 9
#define CHARGEN_PORT 19
/// Echo by the interface `tcpip`.
#define SIMPLE_PORT 2007
/// Takes bytes up to their end, and answers with their SHA-256, which has 32 bytes.
#define DIGEST_PORT 2008
/// Takes a length and a seed, each of 4 bytes, the highest first; sends so many bytes, then their SHA-256.
#define SOURCE_PORT 2009

/// A service for those who connect to a port.
struct service {
    uint16_t port;
    /// Bytes of what it keeps of a connection: a structure that begins with the `struct socket`, zeroed. `user` of the socket
    /// points to it.
    size_t state_len;
    void (*ready)(struct socket *socket, unsigned events);  ///< Called once at the beginning, too.
    struct socket listener;
};

void service_start(struct service *service);
/// Closes the connection and frees what is kept of it.
void service_end(struct socket *socket);

/// Takes steps, with the connection's state, until one returns an error: ERR_WOULD_BLOCK is all well, others end the
/// connection.
void service_go_on(struct socket *socket, error_t (*step)(void *state));

/// Echo, discard and chargen by TCP.
void stream_start(void);
/// Digest and source.
void digest_start(void);
/// Echo by UDP.
void datagram_start(void);
/// Serves for ever by the interface `tcpip`.
__noreturn void simple_serve(void);

#endif
