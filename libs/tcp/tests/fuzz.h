#ifndef __FUZZ_H__
#define __FUZZ_H__

/// \file
/// Segments, calls, time, failures of what is below, in an order that bytes decide on. Whatever comes, TCP must
/// neither crash nor lose a buffer, and its invariants must hold.

#include <types.h>

/// Does what the bytes say, ends all connections, expects that nothing is left. Returns how many steps it made.
unsigned fuzz_run(const uint8_t *data, size_t len);
/// How many connections the runs so far came to have, and how many bytes came through: whether they test something.
extern uint64_t fuzz_connections;
extern uint64_t fuzz_bytes;

#endif
