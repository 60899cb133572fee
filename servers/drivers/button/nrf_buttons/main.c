#include <idl_client.h>
#include <idl_server.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "buttons.h"
#include "subscribers.h"

/// Whether the timer runs.
static bool polling;

static error_t state(task_t client __unused, struct button_state_reply_fields *reply) {
    reply->pressed = polling ? buttons_state() : buttons_sample();
    reply->num_buttons = BUTTONS_NUM;
    return OK;
}

/// Polls while there are subscribers.
static void update_polling(void) {
    bool needed = !subscribers_is_empty();
    if (needed && !polling) {
        buttons_start();
    }
    if (needed != polling) {
        OOPS_OK(timer_set(needed ? BUTTONS_POLL_MS : 0));
    }
    polling = needed;
}

static error_t subscribe(task_t client) {
    if (subscribers_contain(client)) {
        return OK;
    }

    error_t err = subscribers_add(client);
    if (IS_OK(err)) {
        // A task that is gone must not keep us polling.
        err = call_task_watch(INIT_TASK, client);
        if (IS_ERROR(err)) {
            (void) subscribers_remove(client);
        }
    }
    update_polling();
    return err;
}

static error_t unsubscribe(task_t client) {
    error_t err = subscribers_remove(client);
    if (IS_OK(err)) {
        OOPS_OK(call_task_unwatch(INIT_TASK, client));
    }
    update_polling();
    return err;
}

static const struct button_ops ops = {
    .state = state,
    .subscribe = subscribe,
    .unsubscribe = unsubscribe,
};

static void poll(void) {
    uint32_t changed = buttons_poll();
    for (unsigned i = 0; i < BUTTONS_NUM; i++) {
        uint32_t bit = UINT32_C(1) << i;
        if (changed & bit) {
            subscribers_tell(i, (buttons_state() & bit) != 0, (uint32_t) timer_uptime());
        }
    }
}

/// vm tells which subscribers are gone.
static void receive_exits(struct message *m) {
    while (IS_OK(async_recv(INIT_TASK, m))) {
        if (m->type == TASK_EXITED_MSG) {
            (void) subscribers_remove(m->task_exited.task);
        }
    }
}

static void answer_pull(struct message *m) {
    task_t client = m->src;
    error_t err = subscribers_next(client, m);
    if (IS_ERROR(err)) {
        m->type = err;
    }
    ipc_reply(client, m);
}

static void handle_notifications(struct message *m) {
    notifications_t notifications = m->notifications.data;
    if (notifications & NOTIFY_ASYNC) {
        receive_exits(m);
    }
    if ((notifications & NOTIFY_TIMER) && polling) {
        OOPS_OK(timer_set(BUTTONS_POLL_MS));
        poll();
    }
    update_polling();
}

static void handle(struct message *m) {
    if (m->type == NOTIFICATIONS_MSG) {
        handle_notifications(m);
    } else if (m->type == ASYNC_MSG) {
        answer_pull(m);
    } else if (!button_dispatch(&ops, m)) {
        discard_unknown_message(m);
    }
}

// Apart from main, so that the start has the stack without this frame.
static __noinline void serve(void) {
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        handle(&m);
    }
}

void main(void) {
    ASSERT_OK(buttons_init());
    subscribers_init();
    ASSERT_OK(ipc_serve("button"));
    serve();
}
