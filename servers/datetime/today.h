#ifndef __TODAY_H__
#define __TODAY_H__

/// \file
/// The date, counted on by the system's clock from the moment at which it was known.

#include <message.h>
#include <types.h>

/// 9999-12-31 23:59:59: later years have no four digits.
#define TODAY_MAX UINT64_C(253402300799)

/// Forgets the date.
void today_init(void);
/// Takes the date from what `rtc.read` has answered. ERR_NOT_ACCEPTABLE: it is none, or before
/// 1970.
error_t __mustuse today_set_from_rtc(const struct rtc_read_reply_fields *rtc);
/// ERR_INVALID_ARG: after TODAY_MAX.
error_t __mustuse today_set(uint64_t unixtime);
/// Milliseconds since 1970, or if the source is NONE, since boot.
uint64_t today_ms(enum time_source *source);

/// Whether a name is among names that are separated by spaces.
bool today_is_listed(const char *name, const char *names);
/// Whether a task is one of the manifest's programs with these names.
bool today_may_set(task_t task, const char *names);

#endif
