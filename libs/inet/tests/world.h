#ifndef __WORLD_H__
#define __WORLD_H__

/// \file
/// The environment of the protocols in tests: a clock that the test turns, random numbers that repeat, a pool
/// of buffers.

#include <inet/buf.h>
#include <inet/env.h>
#include <types.h>

#define WORLD_BUFFERS 256

extern uint64_t world_now;
/// When inet_tick is to be called; UINT64_MAX: not.
extern uint64_t world_wanted;

/// A new pool, the clock at 1000 s, no timers.
void world_reset(void);
/// The same with the whole stack, as after inet_init the first time.
void world_start(void);
/// What UDP sockets were told (udp_event), all together.
extern unsigned world_udp_events;
/// The last inet_time, and how often it was told.
extern int64_t world_unix_ms;
extern uint32_t world_time_error;
extern unsigned world_times;
/// Lets time pass, calling inet_tick when it is asked for.
void world_pass(uint64_t ms);
/// A packet of these bytes, in pieces of `piece` bytes each. NULL: there are not enough buffers.
struct buf *world_packet(const void *data, size_t len, size_t piece);

#endif
