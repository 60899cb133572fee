#include <config.h>
#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "today.h"

static error_t gettimeofday(task_t client __unused, struct time_gettimeofday_reply_fields *reply) {
    enum time_source source;
    reply->unixtime = today_ms(&source) / 1000;
    return (source != TIME_SOURCE_NONE) ? OK : ERR_UNAVAILABLE;
}

static error_t now(task_t client __unused, struct time_now_reply_fields *reply) {
    enum time_source source;
    reply->unix_ms = today_ms(&source);
    reply->source = source;
    return OK;
}

static error_t settime(task_t client, struct time_settime_fields *request) {
    bool allowed = today_may_set(client, CONFIG_DATETIME_MAY_SET);
    return allowed ? today_set(request->unixtime) : ERR_NOT_PERMITTED;
}

static const struct time_ops ops = {
    .gettimeofday = gettimeofday,
    .now = now,
    .settime = settime,
};

/// Asks the machine's clock, if it has one.
static void ask_rtc(void) {
    task_t server = 0;
    struct message m;
    bzero(&m, sizeof(m));
    m.type = RTC_READ_MSG;
    error_t err = ipc_call_service_idempotent("rtc", &server, &m);
    if (err == OK) {
        err = today_set_from_rtc(&m.rtc_read_reply);
    }
    // A board without a clock has no such service.
    if (err != OK && err != ERR_NOT_FOUND) {
        WARN("the machine's clock doesn't tell the date: %s", error_name(err));
    }
}

void main(void) {
    today_init();
    ask_rtc();
    ASSERT_OK(ipc_serve("time"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (!time_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}
