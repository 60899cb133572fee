#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "sensor.h"

#define WAITERS_MAX 4

/// Clients who wait for the measurement that runs. There is one if and only if somebody waits.
static task_t waiters[WAITERS_MAX];
static int num_waiters;

static error_t read(task_t client, struct thermometer_read_reply_fields *reply __unused) {
    if (num_waiters == WAITERS_MAX) {
        return ERR_TRY_AGAIN;
    }
    if (num_waiters == 0) {
        OOPS_OK(timer_set(SENSOR_TIMEOUT_MS));
        sensor_start();
    }
    waiters[num_waiters] = client;
    num_waiters++;
    return DONT_REPLY;
}

static const struct thermometer_ops ops = {.read = read};

/// `m` is a buffer that is not needed any more.
static void finish(struct message *m) {
    int32_t millidegrees = 0;
    OOPS_OK(timer_set(0));
    error_t err = sensor_finish(&millidegrees);
    for (int i = 0; i < num_waiters; i++) {
        bzero(m, sizeof(*m));
        m->type = IS_OK(err) ? THERMOMETER_READ_REPLY_MSG : err;
        m->thermometer_read_reply.millidegrees = millidegrees;
        ipc_reply(waiters[i], m);
    }
    num_waiters = 0;
}

static void handle_notifications(struct message *m) {
    // A time-out that comes too late finds nobody waiting: notifications are received before requests.
    bool timed_out = (m->notifications.data & NOTIFY_TIMER) != 0;
    if (num_waiters > 0 && (timed_out || sensor_is_ready())) {
        finish(m);
    }
}

// Apart from main, so that the start has the stack without this frame.
static __noinline void serve(void) {
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            handle_notifications(&m);
        } else if (!thermometer_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}

void main(void) {
    ASSERT_OK(sensor_init());
    ASSERT_OK(ipc_serve("thermometer"));
    serve();
}
