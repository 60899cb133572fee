#include "today.h"

#include <resea/datetime.h>
#include <resea/syscall.h>
#include <resea/timer.h>
#include <string.h>

static enum time_source source;
/// When the system was started, in milliseconds since 1970.
static uint64_t boot_ms;

void today_init(void) {
    source = TIME_SOURCE_NONE;
    boot_ms = 0;
}

static void set(uint64_t unixtime, enum time_source from) {
    source = from;
    // A date before the boot's uptime ago makes this go round, and back again when the time is
    // told.
    boot_ms = unixtime * 1000 - timer_uptime();
}

error_t today_set(uint64_t unixtime) {
    if (unixtime > TODAY_MAX) {
        return ERR_INVALID_ARG;
    }
    set(unixtime, TIME_SOURCE_SET);
    return OK;
}

error_t today_set_from_rtc(const struct rtc_read_reply_fields *rtc) {
    if (rtc->year > 9999) {
        return ERR_NOT_ACCEPTABLE;
    }
    struct datetime dt = {
        .year = (int32_t) rtc->year,
        .month = rtc->month,
        .day = rtc->day,
        .hour = rtc->hour,
        .minute = rtc->minute,
        .second = rtc->second,
    };
    int64_t timestamp = datetime_to_timestamp(&dt);
    if (timestamp < 0 || timestamp > (int64_t) TODAY_MAX) {
        return ERR_NOT_ACCEPTABLE;
    }
    // A driver whose fields are beyond their ranges is asked for another date than it means.
    struct datetime same;
    timestamp_to_datetime(timestamp, &same);
    if (same.month != dt.month || same.day != dt.day || same.hour != dt.hour
        || same.minute != dt.minute || same.second != dt.second) {
        return ERR_NOT_ACCEPTABLE;
    }
    set((uint64_t) timestamp, TIME_SOURCE_RTC);
    return OK;
}

uint64_t today_ms(enum time_source *from) {
    *from = source;
    return boot_ms + timer_uptime();
}

bool today_is_listed(const char *name, const char *names) {
    size_t len = strlen(name);
    while (*names != '\0') {
        size_t word_len = 0;
        while (names[word_len] != '\0' && names[word_len] != ' ') {
            word_len++;
        }
        if (len > 0 && word_len == len && memcmp(name, names, len) == 0) {
            return true;
        }
        names += word_len + (names[word_len] == ' ');
    }
    return false;
}

bool today_may_set(task_t task, const char *names) {
    struct task_info info;
    int err = sys_info(INFO_TASK, (unsigned) TASK_SLOT(task), &info, sizeof(info));
    // Only vm creates tasks whose pager vm is, and names them as the manifest does.
    return IS_OK(err) && info.tid == task && info.pager == INIT_TASK
           && today_is_listed(info.name, names);
}
