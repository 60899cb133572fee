#ifndef __PAIRS_H__
#define __PAIRS_H__

/// \file
/// Pairs of tasks on several CPUs, in time by the clock on the wall: pairs.c, with an MMU. The figures are
/// reported, as lines `report NAME VALUE UNIT`, and never judged: they depend on the host, and its mood.

#include <types.h>

/// With --pairs, measures them; with --client, is one. False: neither is asked for, or there is no such thing.
bool pairs_main(void);

#endif
