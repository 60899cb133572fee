#ifndef __CLOCK_H__
#define __CLOCK_H__

/// \file
/// Time, in whole seconds: it stands still between two ticks of the task's timer, so that requests needn't ask for it.

#include <types.h>

#include "text.h"

/// Seconds since boot at the last tick.
uint32_t clock_now(void);
/// The timer ran out, or connections begin to be there: sees what time it is.
void clock_update(void);
/// Lets the timer run out in a second.
void clock_arm(void);
/// Adds the line "Date: …" to the head of an answer; nothing while nobody knows the date (RFC 9110, 6.6.1).
void clock_add_date(struct text *text);
/// Milliseconds since 1970-01-01 00:00:00 UTC; 0: nobody knows.
uint64_t clock_unix_ms(void);

#endif
