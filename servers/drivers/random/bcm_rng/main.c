#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "rng.h"

/// How long the warm-up may take, and how often it is looked after.
#define WARMUP_MS      5000
#define WARMUP_POLL_MS 10
/// Until `random` is there to be asked again, if it has ended.
#define RETRY_MS 100
#define WORDS    (ENTROPY_BYTES_MAX / sizeof(uint32_t))
/// Nobody outside of Broadcom knows how the words are made: half of their bits are counted.
#define BITS_PER_WORD 16

static task_t random_server;

static void warm_up(void) {
    uint64_t deadline = timer_uptime() + WARMUP_MS;
    while (!rng_has_word()) {
        if (timer_uptime() > deadline) {
            PANIC("the random number generator hasn't made a number in %d ms", WARMUP_MS);
        }
        timer_sleep(WARMUP_POLL_MS);
    }
}

/// Gives words to `random`. Returns when it wants more, in milliseconds.
static msec_t give(void) {
    static uint32_t words[WORDS];
    for (size_t i = 0; i < WORDS; i++) {
        // A generator that is broken ends the driver, so that it is set up anew.
        if (rng_read(&words[i]) != OK) {
            PANIC("the random number generator repeats itself, or has stopped");
        }
    }
    struct message m;
    bzero(&m, sizeof(m));
    m.type = ENTROPY_GIVE_MSG;
    m.entropy_give.bits = WORDS * BITS_PER_WORD;
    m.entropy_give.data = words;
    m.entropy_give.data_len = sizeof(words);
    error_t err = ipc_call_service("entropy", &random_server, &m);
    bzero(words, sizeof(words));
    return (err == OK) ? (msec_t) m.entropy_give_reply.next_ms : RETRY_MS;
}

void main(void) {
    ASSERT_OK(rng_init());
    warm_up();
    ASSERT_OK(rng_self_test());
    while (true) {
        timer_sleep(give());
    }
}
