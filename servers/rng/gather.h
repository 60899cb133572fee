#ifndef __GATHER_H__
#define __GATHER_H__

/// \file
/// The sources that this server asks by itself, and who else may give something.

#include <message.h>
#include <types.h>

/// Takes a seed's worth of what the processor has: RDSEED or, without that, RDRAND.
void gather_from_cpu(void);
/// Measures how long some work takes, again and again: some ten thousand instructions.
void gather_jitter(void);
/// A request has come in.
void gather_request(void);

/// Which source a task is. ERR_NOT_PERMITTED: none that we know.
error_t __mustuse gather_find_source(task_t task, enum rng_source *source);

#endif
