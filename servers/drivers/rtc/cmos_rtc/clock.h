#ifndef __CLOCK_H__
#define __CLOCK_H__

#include <resea/datetime.h>
#include <types.h>

/// A clock without a century shows a year from this one to 99 years later.
#define CLOCK_FIRST_YEAR 2020

/// ERR_NO_MEMORY.
error_t __mustuse clock_init(void);

/// Reads the clock; an update, which it waits for, takes two milliseconds. ERR_UNAVAILABLE: its
/// battery was empty, or it doesn't come to rest. ERR_IO: what it shows is no date.
error_t __mustuse clock_read(struct datetime *dt);

#endif
