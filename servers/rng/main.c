#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "drbg.h"
#include "gather.h"
#include "pool.h"
#include "waiters.h"
#include "wipe.h"

/// How often sources are asked until there is a seed.
#define UNSEEDED_MS 10
/// A machine without a seed by then has no source that counts. It goes on looking for one.
#define GIVE_UP_MS 10000

static uint64_t bytes_given;
/// What `fill` answers with: the message is sent after its handler has returned.
static uint8_t answer[RNG_FILL_MAX];
static size_t answer_len;

static bool has_given_up(void) {
    return !pool_is_seeded() && timer_uptime() > GIVE_UP_MS;
}

/// What becomes of a request of `len` bytes (0: of a number): OK if it can be answered now.
static error_t check(task_t client, size_t len) {
    gather_request();
    if (pool_is_seeded()) {
        return OK;
    }
    if (has_given_up()) {
        return ERR_UNAVAILABLE;
    }
    error_t err = waiters_add(client, len);
    return (err == OK) ? DONT_REPLY : err;
}

static void draw(void *data, size_t len) {
    drbg_fill(data, len);
    bytes_given += len;
}

static error_t get_random(task_t client, struct random_get_random_reply_fields *reply) {
    error_t err = check(client, 0);
    if (err == OK) {
        draw(&reply->random_number, sizeof(reply->random_number));
    }
    return err;
}

static error_t fill(task_t client, struct rng_fill_fields *request,
                    struct rng_fill_reply_fields *reply) {
    if (request->len == 0) {
        return ERR_INVALID_ARG;
    }
    if (request->len > RNG_FILL_MAX) {
        return ERR_TOO_LARGE;
    }
    error_t err = check(client, request->len);
    if (err == OK) {
        draw(answer, request->len);
        answer_len = request->len;
        reply->data = answer;
        reply->data_len = request->len;
    }
    return err;
}

static error_t info(task_t client __unused, struct rng_info_reply_fields *reply) {
    reply->seeded = pool_is_seeded();
    reply->pending_bits = pool_pending_bits();
    reply->seeds = pool_num_seeds();
    reply->bytes = bytes_given;
    return OK;
}

static error_t source_info(task_t client __unused, struct rng_source_info_fields *request,
                           struct rng_source_info_reply_fields *reply) {
    if (request->index >= POOL_SOURCES) {
        return ERR_END;
    }
    enum rng_source which = (enum rng_source) request->index;
    reply->source = which;
    reply->bits = pool_source(which)->bits;
    reply->samples = pool_source(which)->samples;
    return OK;
}

static void answer_waiter(task_t client, size_t len) {
    struct message m;
    bzero(&m, sizeof(m));
    if (!pool_is_seeded()) {
        m.type = ERR_UNAVAILABLE;
    } else if (len == 0) {
        m.type = RANDOM_GET_RANDOM_REPLY_MSG;
        draw(&m.random_get_random_reply.random_number, sizeof(uint32_t));
    } else {
        m.type = RNG_FILL_REPLY_MSG;
        draw(answer, len);
        m.rng_fill_reply.data = answer;
        m.rng_fill_reply.data_len = len;
    }
    ipc_reply(client, &m);
    wipe(answer, len);
    wipe(&m, sizeof(m));
}

/// Makes a seed of what there is, if it is enough.
static void try_seed(void) {
    if (pool_try_seed(timer_uptime()) && pool_num_seeds() == 1) {
        OOPS_OK(timer_set(POOL_RESEED_MS));
    }
    task_t client;
    size_t len;
    while ((pool_is_seeded() || has_given_up()) && waiters_take(&client, &len)) {
        answer_waiter(client, len);
    }
}

static error_t give(task_t client, struct entropy_give_fields *request,
                    struct entropy_give_reply_fields *reply) {
    enum rng_source source;
    error_t err = gather_find_source(client, &source);
    if (err != OK) {
        return err;
    }
    if (request->bits > request->data_len * 8) {
        return ERR_INVALID_ARG;
    }
    pool_add(source, timer_uptime(), request->data, request->data_len, request->bits);
    try_seed();
    reply->next_ms = pool_is_seeded() ? POOL_RESEED_MS : UNSEEDED_MS;
    return OK;
}

static const struct random_ops random_api = {.get_random = get_random};
static const struct rng_ops rng_api = {.fill = fill, .info = info, .source_info = source_info};
static const struct entropy_ops entropy_api = {.give = give};

static bool dispatch(struct message *m) {
    return random_dispatch(&random_api, m) || rng_dispatch(&rng_api, m)
           || entropy_dispatch(&entropy_api, m);
}

static void handle_timer(void) {
    gather_from_cpu();
    gather_jitter();
    OOPS_OK(timer_set(pool_is_seeded() ? POOL_RESEED_MS : UNSEEDED_MS));
    try_seed();
}

void main(void) {
    pool_init();
    handle_timer();
    ASSERT_OK(ipc_serve("random"));
    ASSERT_OK(ipc_serve("entropy"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            if (m.notifications.data & NOTIFY_TIMER) {
                handle_timer();
            }
        } else if (!dispatch(&m)) {
            discard_unknown_message(&m);
        }
        wipe(answer, answer_len);
        answer_len = 0;
    }
}
