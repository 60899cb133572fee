#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "rng.h"

/// How long the warm-up may take, and how often it is looked after.
#define WARMUP_MS      5000
#define WARMUP_POLL_MS 10

/// The generator doesn't work: ends the server, so that it is set up anew.
static bool broken;

static error_t get_random(task_t client __unused, struct random_get_random_reply_fields *reply) {
    error_t err = rng_read(&reply->random_number);
    broken = err != OK;
    return err;
}

static const struct random_ops ops = {.get_random = get_random};

static void sleep(msec_t ms) {
    struct message m;
    ASSERT_OK(timer_set(ms));
    do {
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
        }
    } while (m.type != NOTIFICATIONS_MSG || !(m.notifications.data & NOTIFY_TIMER));
}

static void warm_up(void) {
    uint64_t deadline = timer_uptime() + WARMUP_MS;
    while (!rng_has_word()) {
        if (timer_uptime() > deadline) {
            PANIC("the random number generator hasn't made a number in %d ms", WARMUP_MS);
        }
        sleep(WARMUP_POLL_MS);
    }
}

void main(void) {
    ASSERT_OK(rng_init());
    warm_up();
    ASSERT_OK(rng_self_test());
    ASSERT_OK(ipc_serve("random"));

    while (!broken) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (!random_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
    PANIC("the random number generator repeats itself, or has stopped");
}
