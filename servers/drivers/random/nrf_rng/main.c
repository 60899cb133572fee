#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "rng.h"

#define WAITERS_MAX 4

/// Clients who wait for a number, the first one first.
static task_t waiters[WAITERS_MAX];
static int num_waiters;

static error_t get_random(task_t client, struct random_get_random_reply_fields *reply) {
    // Nobody overtakes those who wait.
    error_t err = (num_waiters == 0) ? rng_take(&reply->random_number) : ERR_EMPTY;
    if (err != ERR_EMPTY) {
        return err;
    }
    if (num_waiters == WAITERS_MAX) {
        return ERR_TRY_AGAIN;
    }

    if (num_waiters == 0) {
        OOPS_OK(timer_set(RNG_BYTE_TIMEOUT_MS));
    }
    waiters[num_waiters] = client;
    num_waiters++;
    return DONT_REPLY;
}

static const struct random_ops ops = {.get_random = get_random};

/// `m` is a buffer that is not needed any more.
static void answer_waiters(struct message *m) {
    while (num_waiters > 0) {
        bzero(m, sizeof(*m));
        m->type = RANDOM_GET_RANDOM_REPLY_MSG;
        error_t err = rng_take(&m->random_get_random_reply.random_number);
        if (err == ERR_EMPTY) {
            return;
        }
        if (IS_ERROR(err)) {
            m->type = err;
        }
        ipc_reply(waiters[0], m);
        num_waiters--;
        memmove(&waiters[0], &waiters[1], (size_t) num_waiters * sizeof(waiters[0]));
    }
}

static void handle_notifications(struct message *m) {
    notifications_t notifications = m->notifications.data;
    // Both may come at once: a byte that is late is as good as any.
    bool in_time = (notifications & NOTIFY_IRQ) && rng_interrupt();
    if ((notifications & NOTIFY_TIMER) && !in_time && num_waiters > 0) {
        WARN("the generator doesn't answer");
        rng_timed_out();
    }
    answer_waiters(m);
    OOPS_OK(timer_set((num_waiters > 0) ? RNG_BYTE_TIMEOUT_MS : 0));
}

// Apart from main, so that the start has the stack without this frame.
static __noinline void serve(void) {
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            handle_notifications(&m);
        } else if (!random_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}

void main(void) {
    ASSERT_OK(rng_init());
    ASSERT_OK(ipc_serve("random"));
    serve();
}
