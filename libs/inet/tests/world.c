#include "world.h"

#include <inet/netif.h>
#include <inet/timer.h>
#include <inet/udp.h>
#include <stdlib.h>
#include <string.h>

#include "../src/dns.h"
#include "../src/netif.h"
#include "../src/ntp.h"
#include "../src/reassembly.h"

uint64_t world_now;
uint64_t world_wanted;
static uint32_t random_state;
static uint8_t pool[WORLD_BUFFERS * NET_BUFFER_LEN];
unsigned world_udp_events;
int64_t world_unix_ms;
uint32_t world_time_error;
unsigned world_times;

void udp_event(void *user __unused, unsigned events) {
    world_udp_events |= events;
}

uint64_t inet_now(void) {
    return world_now;
}

uint32_t inet_random(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return random_state ^ (random_state >> 15);
}

void inet_call_at(uint64_t when) {
    world_wanted = (when < world_wanted) ? when : world_wanted;
}

void inet_time(int64_t unix_ms, uint32_t error_ms) {
    world_unix_ms = unix_ms;
    world_time_error = error_ms;
    world_times++;
}

void world_reset(void) {
    reassembly_forget();
    dns_forget();
    ntp_forget();
    netifs_forget();
    world_now = 1000000;
    world_wanted = UINT64_MAX;
    random_state = 1;
    if (buf_init(pool, sizeof(pool)) != OK) {
        abort();
    }
    inet_timers_init();
}

void world_start(void) {
    world_reset();
    world_udp_events = world_times = 0;
    if (inet_init() != OK) {
        abort();
    }
}

void world_pass(uint64_t ms) {
    uint64_t end = world_now + ms;
    while (world_wanted <= end) {
        world_now = (world_wanted > world_now) ? world_wanted : world_now;
        world_wanted = UINT64_MAX;
        inet_tick();
    }
    world_now = end;
}

struct buf *world_packet(const void *data, size_t len, size_t piece) {
    const uint8_t *bytes = data;
    struct buf *first = NULL, **end = &first;
    size_t left = len;
    do {
        struct buf *buf = buf_alloc(true);
        if (buf == NULL) {
            buf_free(first);
            return NULL;
        }
        size_t now = MIN(left, piece);
        buf->start = BUF_HEADROOM;
        buf->len = (uint16_t) now;
        memcpy(buf_data(buf), bytes, now);
        bytes += now;
        left -= now;
        *end = buf;
        end = &buf->next;
    } while (left > 0);
    first->total = (uint32_t) len;
    return first;
}
