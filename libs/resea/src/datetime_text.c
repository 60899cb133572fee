#include <resea/ctype.h>
#include <resea/datetime.h>
#include <string.h>
#include <vprintf.h>

/// Longer than any conversion but those that are formats themselves.
#define PIECE_LEN 32
/// 9999-12-31 23:59:59.
#define TIMESTAMP_MAX INT64_C(253402300799)

struct output {
    char *buf;
    size_t size;
    size_t len;
};

const char *datetime_weekday_name(unsigned day_of_week) {
    static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
    return (day_of_week < 7) ? names[day_of_week] : "?";
}

const char *datetime_month_name(unsigned month) {
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    return (month >= 1 && month <= 12) ? names[month - 1] : "?";
}

bool datetime_is_valid(const struct datetime *dt) {
    return dt->day >= 1 && dt->day <= datetime_days_in_month(dt->year, dt->month) && dt->hour < 24
           && dt->minute < 60 && dt->second < 60;
}

static void put(struct output *output, char c) {
    if (output->len + 1 < output->size) {
        output->buf[output->len] = c;
    }
    output->len++;
}

static void put_text(struct output *output, const char *text, size_t max) {
    for (size_t i = 0; i < max && text[i] != '\0'; i++) {
        put(output, text[i]);
    }
}

/// What a conversion stands for, if it is some others.
static const char *expansion(char conversion) {
    switch (conversion) {
    case 'c':
        return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x':
        return "%m/%d/%y";
    case 'F':
        return "%Y-%m-%d";
    case 'r':
        return "%I:%M:%S %p";
    case 'R':
        return "%H:%M";
    case 'T':
    case 'X':
        return "%H:%M:%S";
    default:
        return NULL;
    }
}

static const char *name_of(char conversion, const struct datetime *dt) {
    switch (conversion) {
    case 'a':
    case 'A':
        return datetime_weekday_name(dt->day_of_week);
    case 'b':
    case 'B':
    case 'h':
        return datetime_month_name(dt->month);
    case 'p':
        return (dt->hour < 12) ? "AM" : "PM";
    case 'z':
        return "+0000";
    case 'Z':
        return "UTC";
    case 'n':
        return "\n";
    case 't':
        return "\t";
    case '%':
        return "%";
    default:
        return NULL;
    }
}

static int day_of_month(const struct datetime *dt) {
    return dt->day;
}

static int day_of_year(const struct datetime *dt) {
    int day = dt->day;
    for (int month = 1; month < dt->month; month++) {
        day += datetime_days_in_month(dt->year, month);
    }
    return day;
}

static int hour_of_24(const struct datetime *dt) {
    return dt->hour;
}

static int hour_of_12(const struct datetime *dt) {
    return (dt->hour + 11) % 12 + 1;
}

static int minute(const struct datetime *dt) {
    return dt->minute;
}

static int month(const struct datetime *dt) {
    return dt->month;
}

static int second(const struct datetime *dt) {
    return dt->second;
}

static int weekday_from_monday(const struct datetime *dt) {
    return (dt->day_of_week == 0) ? 7 : dt->day_of_week;
}

static int weekday_from_sunday(const struct datetime *dt) {
    return dt->day_of_week;
}

static int year(const struct datetime *dt) {
    return dt->year;
}

static int year_of_century(const struct datetime *dt) {
    return (dt->year % 100 + 100) % 100;
}

static int century(const struct datetime *dt) {
    return (dt->year - year_of_century(dt)) / 100;
}

/// Conversions that are numbers.
static const struct {
    char conversion;
    char width;
    char pad;
    int (*number)(const struct datetime *dt);
} numbers[] = {
    {'C', 2, '0', century},
    {'d', 2, '0', day_of_month},
    {'e', 2, ' ', day_of_month},
    {'H', 2, '0', hour_of_24},
    {'I', 2, '0', hour_of_12},
    {'j', 3, '0', day_of_year},
    {'k', 2, ' ', hour_of_24},
    {'l', 2, ' ', hour_of_12},
    {'m', 2, '0', month},
    {'M', 2, '0', minute},
    {'S', 2, '0', second},
    {'u', 1, '0', weekday_from_monday},
    {'w', 1, '0', weekday_from_sunday},
    {'y', 2, '0', year_of_century},
    {'Y', 4, '0', year},
};

static void put_number(struct output *output, int64_t number, int width, char pad) {
    char digits[PIECE_LEN];
    int len = snprintf(digits, sizeof(digits), "%llu",
                       (unsigned long long) (number < 0 ? -(uint64_t) number : (uint64_t) number));
    if (number < 0) {
        put(output, '-');
    }
    for (int i = len; i < width; i++) {
        put(output, pad);
    }
    put_text(output, digits, sizeof(digits));
}

static bool put_as_number(struct output *output, char conversion, const struct datetime *dt) {
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i].conversion == conversion) {
            put_number(output, numbers[i].number(dt), numbers[i].width, numbers[i].pad);
            return true;
        }
    }
    return false;
}

static void put_conversion(struct output *output, char conversion, const struct datetime *dt) {
    const char *name = name_of(conversion, dt);
    if (name != NULL) {
        bool short_name = conversion == 'a' || conversion == 'b' || conversion == 'h';
        put_text(output, name, short_name ? 3 : PIECE_LEN);
    } else if (conversion == 's') {
        put_number(output, datetime_to_timestamp(dt), 1, '0');
    } else if (!put_as_number(output, conversion, dt)) {
        put(output, '%');
        put(output, conversion);
    }
}

static void put_format(struct output *output, const char *format, const struct datetime *dt) {
    for (; *format != '\0'; format++) {
        if (format[0] != '%' || format[1] == '\0') {
            put(output, *format);
            continue;
        }
        format++;
        const char *longer = expansion(*format);
        if (longer != NULL) {
            // None of them stands for another one.
            put_format(output, longer, dt);
        } else {
            put_conversion(output, *format, dt);
        }
    }
}

size_t datetime_format(char *buf, size_t size, const char *format, const struct datetime *dt) {
    struct output output = {.buf = buf, .size = size};
    put_format(&output, format, dt);
    if (size > 0) {
        buf[MIN(output.len, size - 1)] = '\0';
    }
    return output.len;
}

/// Reads exactly `count` digits. NULL: there aren't as many.
static const char *read_digits(const char *text, int count, int *number) {
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (text == NULL || !isdigit(text[i])) {
            return NULL;
        }
        *number = *number * 10 + (text[i] - '0');
    }
    return (text != NULL) ? text + count : NULL;
}

/// Skips a character. NULL: there is another one.
static const char *skip(const char *text, char c) {
    return (text != NULL && *text == c) ? text + 1 : NULL;
}

static error_t parse_timestamp(const char *text, struct datetime *dt) {
    int64_t timestamp = 0;
    const char *p = text;
    for (; isdigit(*p) && timestamp <= TIMESTAMP_MAX; p++) {
        timestamp = timestamp * 10 + (*p - '0');
    }
    if (p == text || *p != '\0' || timestamp > TIMESTAMP_MAX) {
        return ERR_INVALID_ARG;
    }
    timestamp_to_datetime(timestamp, dt);
    return OK;
}

/// " HH:MM" or " HH:MM:SS", or nothing.
static const char *parse_time(const char *text, int *hour, int *min, int *sec) {
    *hour = *min = *sec = 0;
    if (text == NULL || (*text != ' ' && *text != 'T')) {
        return text;
    }
    text = read_digits(text + 1, 2, hour);
    text = read_digits(skip(text, ':'), 2, min);
    return (text != NULL && *text == ':') ? read_digits(text + 1, 2, sec) : text;
}

error_t datetime_parse(const char *text, struct datetime *dt) {
    if (*text == '@') {
        return parse_timestamp(text + 1, dt);
    }
    int year, month, day, hour, min, sec;
    text = read_digits(text, 4, &year);
    text = read_digits(skip(text, '-'), 2, &month);
    text = read_digits(skip(text, '-'), 2, &day);
    text = parse_time(text, &hour, &min, &sec);
    if (text != NULL && *text == 'Z') {
        text++;
    }
    struct datetime parsed = {
        .year = year,
        .month = (uint8_t) month,
        .day = (uint8_t) day,
        .hour = (uint8_t) hour,
        .minute = (uint8_t) min,
        .second = (uint8_t) sec,
    };
    if (text == NULL || *text != '\0' || !datetime_is_valid(&parsed)) {
        return ERR_INVALID_ARG;
    }
    timestamp_to_datetime(datetime_to_timestamp(&parsed), dt);
    return OK;
}
