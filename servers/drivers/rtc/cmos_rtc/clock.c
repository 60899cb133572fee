#include "clock.h"

#include <driver/io.h>
#include <resea/timer.h>
#include <string.h>

#include "registers.h"

/// An update takes 1,984 microseconds, and is announced 244 before.
#define UPDATE_MS 10
/// Numbers that differ from one reading to the next so often don't come from a clock.
#define TRIES 10

static io_t io;

/// What the registers show.
struct raw {
    uint8_t second, minute, hour, day, month, year, century, b;
};

error_t clock_init(void) {
    io = io_alloc_port(RTC_PORTS, RTC_PORTS_LEN, IO_ALLOC_NORMAL);
    return (io != NULL) ? OK : ERR_NO_MEMORY;
}

static uint8_t read_register(uint8_t reg) {
    io_write8(io, RTC_INDEX, reg);
    return io_read8(io, RTC_VALUE);
}

static error_t wait_for_rest(void) {
    uint64_t deadline = timer_uptime() + UPDATE_MS;
    while (read_register(RTC_A) & RTC_A_UPDATING) {
        if (timer_uptime() > deadline) {
            return ERR_UNAVAILABLE;
        }
    }
    return OK;
}

static void read_once(struct raw *raw) {
    *raw = (struct raw){
        .second = read_register(RTC_SECOND),
        .minute = read_register(RTC_MINUTE),
        .hour = read_register(RTC_HOUR),
        .day = read_register(RTC_DAY),
        .month = read_register(RTC_MONTH),
        .year = read_register(RTC_YEAR),
        .century = read_register(RTC_CENTURY),
        .b = read_register(RTC_B),
    };
}

/// Reads until two readings are the same: an update, or somebody else who uses the ports, may have
/// come in between.
static error_t read_stable(struct raw *raw) {
    struct raw before;
    for (int i = 0; i < TRIES; i++) {
        error_t err = wait_for_rest();
        if (err != OK) {
            return err;
        }
        read_once(raw);
        if (i > 0 && memcmp(raw, &before, sizeof(before)) == 0) {
            return OK;
        }
        before = *raw;
    }
    return ERR_UNAVAILABLE;
}

/// A number as the clock shows it: binary, or a decimal digit in each half of the byte. -1:
/// neither.
static int decode(const struct raw *raw, uint8_t value) {
    if (raw->b & RTC_B_BINARY) {
        return value;
    }
    int tens = value >> 4, ones = value & 0xf;
    return (tens <= 9 && ones <= 9) ? tens * 10 + ones : -1;
}

static int decode_hour(const struct raw *raw) {
    if (raw->b & RTC_B_24_HOUR) {
        return decode(raw, raw->hour);
    }
    int hour = decode(raw, (uint8_t) (raw->hour & RTC_HOUR_MASK));
    if (hour < 1 || hour > 12) {
        return -1;
    }
    // Midnight and noon are 12.
    return hour % 12 + ((raw->hour & RTC_HOUR_PM) ? 12 : 0);
}

static int decode_year(const struct raw *raw) {
    int year = decode(raw, raw->year), century = decode(raw, raw->century);
    if (year < 0 || year > 99) {
        return -1;
    }
    if (century >= 19 && century <= 21) {
        return century * 100 + year;
    }
    // The byte is used for something else.
    return year + (year < CLOCK_FIRST_YEAR % 100 ? 100 : 0) + CLOCK_FIRST_YEAR / 100 * 100;
}

static bool is_between(int value, int low, int high) {
    return value >= low && value <= high;
}

error_t clock_read(struct datetime *dt) {
    if (!(read_register(RTC_D) & RTC_D_VALID)) {
        return ERR_UNAVAILABLE;
    }
    struct raw raw;
    error_t err = read_stable(&raw);
    if (err != OK) {
        return err;
    }

    int second = decode(&raw, raw.second), minute = decode(&raw, raw.minute);
    int hour = decode_hour(&raw), day = decode(&raw, raw.day), month = decode(&raw, raw.month);
    int year = decode_year(&raw);
    if (!is_between(second, 0, 59) || !is_between(minute, 0, 59) || !is_between(hour, 0, 23)
        || year < 0 || !is_between(month, 1, 12)
        || !is_between(day, 1, datetime_days_in_month(year, month))) {
        return ERR_IO;
    }
    *dt = (struct datetime){
        .year = year,
        .month = (uint8_t) month,
        .day = (uint8_t) day,
        .hour = (uint8_t) hour,
        .minute = (uint8_t) minute,
        .second = (uint8_t) second,
    };
    // The chip only counts the days of the week, from whatever it was told once.
    timestamp_to_datetime(datetime_to_timestamp(dt), dt);
    return OK;
}
