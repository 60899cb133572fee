#ifndef __CLOCK_H__
#define __CLOCK_H__

/// \file
/// The time that files are given.

#include <types.h>

/// Seconds since 1970-01-01 00:00:00 UTC; 0: nobody knows. Asks the service `time` once an hour.
uint64_t clock_now(void);

#endif
