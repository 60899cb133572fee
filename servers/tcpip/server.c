#include "server.h"

#include <inet/netif.h>
#include <inet/tcp.h>
#include <resea/async.h>

#include "api.h"
#include "client.h"
#include "device_api.h"
#include "endpoint.h"
#include "env.h"
#include "message_device.h"
#include "pool.h"
#include "resolve.h"
#include "ring_device.h"
#include "settings.h"
#include "simple.h"
#include "transfer.h"

/// Whom the message has become the answer to; 0: nobody.
static task_t answer_to;

void server_reply(task_t client, struct message *m __unused) {
    answer_to = client;
}

/// vm tells which clients and drivers are gone.
static void receive_exits(void) {
    struct message m;
    while (IS_OK(async_recv(INIT_TASK, &m))) {
        if (m.type == TASK_EXITED_MSG) {
            task_t task = m.task_exited.task;
            resolve_forget(task);
            endpoint_forget_all(task);
            client_forget(task);
            device_lost(task);
        }
    }
}

static void take_notifications(notifications_t notifications) {
    if (notifications & NET_NOTIFY) {
        ring_devices_look();
    }
    if (notifications & NOTIFY_TIMER) {
        env_timer_ran_out();
    }
    if (notifications & NOTIFY_ASYNC) {
        receive_exits();
    }
}

static bool dispatch(struct message *m) {
    return socket_dispatch(&socket_api, m) || tcpip_dispatch(&tcpip_api, m)
           || net_dispatch(&net_api, m) || netinfo_dispatch(&netinfo_api, m);
}

task_t server_handle(struct message *m) {
    answer_to = 0;
    if (m->type == NOTIFICATIONS_MSG) {
        take_notifications(m->notifications.data);
    } else if (m->type == ASYNC_MSG) {
        if (!message_device_pull(m->src)) {
            simple_pull(m->src);
        }
    } else if (!dispatch(m)) {
        discard_unknown_message(m);
    }
    return answer_to;
}

bool server_work(void) {
    bool more = ring_devices_run();
    env_run_due();
    tcp_flush();
    simple_act_all();
    ring_devices_kick();
    client_notify_all();
    // What the loopback interface has is due at once.
    more = env_is_due() || more;
    if (!more) {
        env_arm_timer();
        more = !ring_devices_wait();
    }
    env_new_turn();
    return more;
}

error_t server_init(void) {
    error_t err = pool_init();
    err = IS_OK(err) ? transfer_init() : err;
    err = IS_OK(err) ? inet_init() : err;
    if (IS_OK(err)) {
        settings_apply();
    }
    return err;
}
