#include "clock.h"

#include <idl_client.h>
#include <resea/printf.h>
#include <resea/timer.h>

#include "condition.h"

/// How often the date is asked for, in seconds: somebody may set it.
#define DATE_EVERY_S 16

static uint32_t now;
static uint64_t asked_at;
static bool is_asked;
/// What the date was when the machine had been up for 0 milliseconds; 0: not known.
static uint64_t unix_ms_at_boot;
static char date_line[48];
static size_t date_line_len;

static void ask_date(uint64_t uptime) {
    static task_t server;
    is_asked = true;
    asked_at = uptime;
    if (server == 0) {
        server = ipc_lookup("time");
    }
    uint64_t unix_ms;
    enum time_source source;
    error_t err = IS_ERROR(server) ? server : call_time_now(server, &unix_ms, &source);
    if (IS_ERROR(err)) {
        server = 0;  // It may have been restarted.
        return;
    }
    unix_ms_at_boot = (source != TIME_SOURCE_NONE && unix_ms > uptime) ? unix_ms - uptime : 0;
}

static void format_date(uint64_t uptime) {
    struct text line = {.buf = date_line, .size = sizeof(date_line)};
    uint64_t unixtime = (unix_ms_at_boot + uptime) / 1000;
    if (unix_ms_at_boot != 0 && unixtime < DATE_END) {
        char date[DATE_LEN];
        date_format(date, unixtime);
        text_add_literal(&line, "Date: ");
        text_add(&line, date);
        text_add_literal(&line, "\r\n");
    }
    date_line_len = line.len;
}

uint32_t clock_now(void) {
    return now;
}

void clock_update(void) {
    uint64_t uptime = timer_uptime();
    if (!is_asked || uptime - asked_at >= DATE_EVERY_S * 1000) {
        ask_date(uptime);
    }
    now = (uint32_t) (uptime / 1000);
    format_date(uptime);
}

void clock_arm(void) {
    ASSERT_OK(timer_set(1000));
}

void clock_add_date(struct text *text) {
    text_add_bytes(text, date_line, date_line_len);
}

uint64_t clock_unix_ms(void) {
    return (unix_ms_at_boot != 0) ? unix_ms_at_boot + timer_uptime() : 0;
}
