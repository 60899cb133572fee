#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "pm.h"
#include "watchdog.h"

static error_t power_off(task_t client) {
    INFO("task %d powers the machine off", client);
    pm_power_off();
    return ERR_UNAVAILABLE;
}

static error_t reboot(task_t client) {
    INFO("task %d starts the machine anew", client);
    pm_reboot();
    return ERR_UNAVAILABLE;
}

static error_t start(task_t client, struct power_watchdog_start_fields *request) {
    return watchdog_start(client, request->timeout_ms);
}

static error_t status(task_t client __unused, struct power_status_reply_fields *reply) {
    struct watchdog_status watchdog;
    watchdog_get_status(&watchdog);
    reply->running = watchdog.running;
    reply->owner = watchdog.owner;
    reply->timeout_ms = watchdog.timeout_ms;
    reply->left_ms = watchdog.left_ms;
    reply->last_reset = pm_last_reset();
    return OK;
}

static const struct power_ops ops = {
    .off = power_off,
    .reboot = reboot,
    .watchdog_start = start,
    .watchdog_feed = watchdog_feed,
    .watchdog_stop = watchdog_stop,
    .status = status,
};

void main(void) {
    ASSERT_OK(pm_init());
    watchdog_init();
    ASSERT_OK(ipc_serve("power"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            if (m.notifications.data & NOTIFY_TIMER) {
                watchdog_timer();
            }
        } else if (!power_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}
