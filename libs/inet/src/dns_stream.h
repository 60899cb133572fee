#ifndef __INET_DNS_STREAM_H__
#define __INET_DNS_STREAM_H__

/// \file
/// A question to a name server over TCP, for answers that a datagram has no room for: RFC 7766.

#include "dns_message.h"

/// Bytes of an answer that are looked at; records behind them are left out.
#define DNS_STREAM_MAX 4096

struct dns_stream;

/// Connects and asks. `done` is called once, from inet_tick, unless the stream is closed before, with the answer, or with
/// `len` 0: there was none in time. The stream closes itself then. NULL: it can't be tried.
struct dns_stream *dns_stream_open(const struct ip_addr *server, const uint8_t *query, size_t len,
                                   void (*done)(void *user, const uint8_t *message, size_t len),
                                   void *user);
void dns_stream_close(struct dns_stream *stream);

#endif
