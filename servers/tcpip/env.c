#include "env.h"

#include <idl_client.h>
#include <inet/env.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#define NEVER UINT64_MAX

/// The time is asked for once in a turn, if at all.
static bool now_is_known;
static uint64_t now;
/// When inet_tick is to be called, and for when the task's timer is set.
static uint64_t wanted = NEVER;
static uint64_t armed = NEVER;

void env_new_turn(void) {
    now_is_known = false;
}

uint64_t inet_now(void) {
    if (!now_is_known) {
        now = timer_uptime();
        now_is_known = true;
    }
    return now;
}

void inet_call_at(uint64_t when) {
    wanted = MIN(wanted, when);
}

bool env_is_due(void) {
    // The task's timer will tell: no need to look at the clock.
    if (wanted >= armed) {
        return false;
    }
    return inet_now() >= wanted;
}

void env_run_due(void) {
    if (env_is_due()) {
        wanted = NEVER;
        inet_tick();
    }
}

void env_arm_timer(void) {
    // A timer that goes off too early costs less than setting one with each packet.
    if (wanted >= armed) {
        return;
    }
    uint64_t at = inet_now();
    uint64_t delay = (wanted > at) ? wanted - at : 1;
    OOPS_OK(timer_set((msec_t) MIN(delay, (uint64_t) INT32_MAX)));
    armed = wanted;
}

void env_timer_ran_out(void) {
    armed = NEVER;
}

void inet_time(int64_t unix_ms, uint32_t error_ms) {
    static task_t server;
    struct message m;
    bzero(&m, sizeof(m));
    if (unix_ms < 0) {
        return;
    }
    m.type = TIME_SETTIME_MSG;
    m.time_settime.unixtime = ((uint64_t) unix_ms + 500) / 1000;
    error_t err = ipc_call_service_idempotent("time", &server, &m);
    // A board without a server of the time of day has no use for it.
    if (IS_ERROR(err) && err != ERR_NOT_FOUND) {
        WARN("the time of day can't be set: %s", error_name(err));
    } else {
        DEBUG("a time server told the time, within %u ms", error_ms);
    }
}

/// Random numbers are fetched so many at a time: a number for each port and connection needs no call of its own.
static uint32_t numbers[64];
static unsigned num_left;

static error_t fetch_numbers(void) {
    static task_t server;
    struct message m;
    bzero(&m, sizeof(m));
    m.type = RNG_FILL_MSG;
    m.rng_fill.len = sizeof(numbers);
    error_t err = ipc_call_service_idempotent("random", &server, &m);
    if (IS_ERROR(err)) {
        return err;
    }
    bool enough = m.type == RNG_FILL_REPLY_MSG && m.rng_fill_reply.data_len == sizeof(numbers);
    if (enough) {
        memcpy(numbers, m.rng_fill_reply.data, sizeof(numbers));
        num_left = sizeof(numbers) / sizeof(numbers[0]);
    }
    free((void *) m.rng_fill_reply.data);
    return enough ? OK : ERR_NOT_ACCEPTABLE;
}

/// A machine without any source of randomness still has a network: one whose ports and sequence numbers can be guessed.
static uint32_t guessable(void) {
    static bool told;
    if (!told) {
        told = true;
        WARN("there are no random numbers: sequence numbers and ports can be guessed");
    }
    static uint64_t state;
    state = (state + timer_uptime()) * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) (state >> 32);
}

uint32_t inet_random(void) {
    if (num_left == 0 && IS_ERROR(fetch_numbers())) {
        return guessable();
    }
    num_left--;
    uint32_t number = numbers[num_left];
    numbers[num_left] = 0;
    return number;
}
