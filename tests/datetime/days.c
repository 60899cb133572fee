// Prints days as libs/resea computes them, for test_datetime.py: each from the day FIRST on, COUNT of them,
// counted from 1970-01-01, as year, month, day, day of the week, day of the year, and the timestamp of a second of
// that day, read back from text.

#include <resea/datetime.h>
#include <stdio.h>
#include <stdlib.h>

// The C library's snprintf takes the place of libs/common's: both have the same name.

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    long long first = atoll(argv[1]), count = atoll(argv[2]);
    for (long long day = first; day < first + count; day++) {
        struct datetime dt;
        // Some second of the day, another one each day.
        timestamp_to_datetime(day * 86400 + (day * 7919 % 86400 + 86400) % 86400, &dt);
        char text[64], more[64];
        datetime_format(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &dt);
        datetime_format(more, sizeof(more), "%w %j %A %B", &dt);
        struct datetime again;
        if (datetime_parse(text, &again) != OK) {
            return 1;
        }
        printf("%lld %s %s\n", (long long) datetime_to_timestamp(&again), text, more);
    }
    return 0;
}
