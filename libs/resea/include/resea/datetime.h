#ifndef __RESEA_DATETIME_H__
#define __RESEA_DATETIME_H__

/// \file
/// Dates in the Gregorian calendar (also for the time before it was introduced), and UNIX timestamps:
/// seconds since 1970-01-01 00:00:00 UTC, without leap seconds.

#include <types.h>

struct datetime {
    int32_t year;         ///< 1970; 0 is the year before 1.
    uint8_t month;        ///< 1 … 12
    uint8_t day;          ///< 1 … 31
    uint8_t day_of_week;  ///< 0 (Sunday) … 6 (Saturday)
    uint8_t hour;         ///< 0 … 23
    uint8_t minute;       ///< 0 … 59
    uint8_t second;       ///< 0 … 59
};

/// Ignores day_of_week. Fields beyond their ranges count on: January 32 is February 1.
int64_t datetime_to_timestamp(const struct datetime *dt);

/// Timestamps whose year an int32_t can't hold are not supported.
void timestamp_to_datetime(int64_t epoch, struct datetime *dt);

/// Of months 1 to 12; 0 for others.
int datetime_days_in_month(int64_t year, int month);

/// Whether all fields but day_of_week are within their ranges, and the month has that day.
bool datetime_is_valid(const struct datetime *dt);

/// "Sunday" (0) to "Saturday", and "January" (1) to "December". Both: "?" for other numbers. The
/// first three letters are the usual abbreviations.
const char *datetime_weekday_name(unsigned day_of_week);
const char *datetime_month_name(unsigned month);

/// How ISO 8601 and RFC 1123 (and so HTTP) write a time in UTC: "2026-11-28T17:00:00Z", and
/// "Sat, 28 Nov 2026 17:00:00 GMT".
#define DATETIME_ISO8601 "%Y-%m-%dT%H:%M:%SZ"
#define DATETIME_RFC1123 "%a, %d %b %Y %H:%M:%S GMT"

/// Writes a date as the format says, cut off if `size` bytes are too few, and always terminated if
/// there is one. Returns how many there would have been, the terminating NUL left out. Conversions
/// are those of C's strftime in UTC: %a %A %b %B %c %C %d %D %e %F %h %H %I %j %k %l %m %M %n %p %r
/// %R %s %S %t %T %u %w %x %X %y %Y %z %Z %%. Others are left as they are.
size_t datetime_format(char *buf, size_t size, const char *format, const struct datetime *dt);

/// Reads "YYYY-MM-DD", "YYYY-MM-DD HH:MM" or "YYYY-MM-DD HH:MM:SS", with a space or a T in between
/// and with or without a Z at the end, or "@SECONDS", a timestamp: all in UTC. ERR_INVALID_ARG: it
/// is neither, or there is no such day or time, or the year is above 9999.
error_t datetime_parse(const char *text, struct datetime *dt) __mustuse;

#endif
