#ifndef __INET_ENV_H__
#define __INET_ENV_H__

/// \file
/// What the protocols need from whoever runs them: the TCP/IP server, or a test.

#include <types.h>

/// Milliseconds, which never go backwards. The same number from one inet_tick to the next would do.
uint64_t inet_now(void);
/// Random bits that nobody can guess.
uint32_t inet_random(void);
/// Asks for inet_tick to be called then, unless an earlier time was asked for.
void inet_call_at(uint64_t when);

/// A time server has told the time of day: milliseconds since 1970, UTC, and by how many it may be wrong.
void inet_time(int64_t unix_ms, uint32_t error_ms);

/// Does what is due: timers. Called by the environment when the time comes that it was asked for.
void inet_tick(void);

/// SipHash-2-4 with a key of this boot's: initial sequence numbers (RFC 6528), ports (RFC 6056), hash tables.
uint64_t inet_hash(const void *data, size_t len);

#endif
