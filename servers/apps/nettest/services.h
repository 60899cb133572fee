#ifndef __SERVICES_H__
#define __SERVICES_H__

/// \file
/// The services, on their assigned ports: echo (RFC 862), discard (RFC 863), chargen (RFC 864).

#include <types.h>

#define ECHO_PORT    7
#define DISCARD_PORT 9
#define CHARGEN_PORT 19
/// Echo by the interface `tcpip`.
#define SIMPLE_PORT 2007

/// Listens on the three ports of TCP.
void stream_start(void);
/// Echo by UDP.
void datagram_start(void);
/// Serves for ever by the interface `tcpip`.
__noreturn void simple_serve(void);

#endif
