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

#endif
