#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "clock.h"

static error_t read(task_t client __unused, struct rtc_read_reply_fields *reply) {
    struct datetime dt;
    error_t err = clock_read(&dt);
    if (err == OK) {
        reply->year = (uint32_t) dt.year;
        reply->month = dt.month;
        reply->day = dt.day;
        reply->day_of_week = dt.day_of_week;
        reply->hour = dt.hour;
        reply->minute = dt.minute;
        reply->second = dt.second;
    }
    return err;
}

static const struct rtc_ops ops = {.read = read};

// The clock runs, whoever was here before: there is nothing to reset. Its interrupts are others'.
void main(void) {
    ASSERT_OK(clock_init());
    ASSERT_OK(ipc_serve("rtc"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (!rtc_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}
