#include <resea/datetime.h>

#define SECONDS_PER_DAY 86400
#define DAYS_PER_ERA    146097  ///< The calendar repeats every 400 years.
#define YEARS_PER_ERA   400
/// From 0000-03-01, where our eras begin, to 1970-01-01.
#define EPOCH_DAYS 719468
/// 1970-01-01 was a Thursday.
#define EPOCH_WEEKDAY 4

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int64_t floor_mod(int64_t a, int64_t b) {
    return a - floor_div(a, b) * b;
}

// Both conversions count years from March 1: the leap day is the last day of such a year, and the
// lengths of the months before it repeat, 153 days for five months.

static int64_t days_before_month(int64_t month_from_march) {
    return (153 * month_from_march + 2) / 5;
}

static int64_t days_from_date(int64_t year, int64_t month, int64_t day) {
    int64_t months = year * 12 + (month - 1) - 2;
    year = floor_div(months, 12);
    int64_t year_of_era = floor_mod(year, YEARS_PER_ERA);
    int64_t leap_days = year_of_era / 4 - year_of_era / 100;
    return floor_div(year, YEARS_PER_ERA) * DAYS_PER_ERA + year_of_era * 365 + leap_days
           + days_before_month(floor_mod(months, 12)) + (day - 1) - EPOCH_DAYS;
}

int64_t datetime_to_timestamp(const struct datetime *dt) {
    return days_from_date(dt->year, dt->month, dt->day) * SECONDS_PER_DAY + dt->hour * 3600
           + dt->minute * 60 + dt->second;
}

static void date_from_days(int64_t days, struct datetime *dt) {
    days += EPOCH_DAYS;
    int64_t day_of_era = floor_mod(days, DAYS_PER_ERA);
    // Leaves the leap days out: 1461 days are four years, 36524 a century.
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1))
        / 365;
    int64_t day_of_year = day_of_era - (year_of_era * 365 + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;

    bool next_year = month_from_march >= 10;
    int64_t year = floor_div(days, DAYS_PER_ERA) * YEARS_PER_ERA + year_of_era;
    dt->year = (int32_t) (year + next_year);
    dt->month = (uint8_t) (month_from_march + (next_year ? -9 : 3));
    dt->day = (uint8_t) (day_of_year - days_before_month(month_from_march) + 1);
}

void timestamp_to_datetime(int64_t epoch, struct datetime *dt) {
    int64_t days = floor_div(epoch, SECONDS_PER_DAY);
    int second = (int) floor_mod(epoch, SECONDS_PER_DAY);
    date_from_days(days, dt);
    dt->day_of_week = (uint8_t) floor_mod(days + EPOCH_WEEKDAY, 7);
    dt->hour = (uint8_t) (second / 3600);
    dt->minute = (uint8_t) (second / 60 % 60);
    dt->second = (uint8_t) (second % 60);
}

int datetime_days_in_month(int64_t year, int month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12) {
        return 0;
    }
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}
