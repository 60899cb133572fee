#include "share.h"

#include <inet/buf.h>
#include <inet/env.h>
#include <inet/timer.h>

/// Buffers are scarce when fewer than one of so many is free. Then nobody may have more than one of so many.
#define SCARCE_SHARE 4
#define CLIENT_SHARE 4
/// How often those who wait are looked at, in milliseconds.
#define LOOK_MS 50

static list_t starved = {&starved, &starved};

static bool is_scarce(void) {
    return buf_num_free() < buf_count() / SCARCE_SHARE;
}

/// Bytes that all connections of a client have on their way.
static size_t sum_of_client(const struct client *client) {
    size_t sum = 0;
    LIST_FOR_EACH (endpoint, &client->sockets, struct endpoint, in_client) {
        if (endpoint->tcp != NULL) {
            struct tcp_info info;
            tcp_info_of(endpoint->tcp, &info);
            sum += info.send_queue;
        }
    }
    return sum;
}

static bool has_too_much(const struct client *client) {
    return is_scarce()
           && sum_of_client(client) > (size_t) buf_count() * NET_BUFFER_LEN / CLIENT_SHARE;
}

static void look(struct inet_timer *timer) {
    LIST_FOR_EACH (endpoint, &starved, struct endpoint, in_starved) {
        if (!has_too_much(endpoint->client)) {
            list_remove(&endpoint->in_starved);
            endpoint_note(endpoint, SOCKET_WRITABLE);
        }
    }
    if (!list_is_empty(&starved)) {
        inet_timer_start(timer, inet_now() + LOOK_MS);
    }
}

static struct inet_timer timer = {.fire = look};

bool share_is_used_up(struct endpoint *endpoint) {
    if (!is_scarce() || !has_too_much(endpoint->client)) {
        return false;
    }
    if (!list_is_linked(&endpoint->in_starved)) {
        list_push_back(&starved, &endpoint->in_starved);
    }
    if (!inet_timer_is_running(&timer)) {
        inet_timer_start(&timer, inet_now() + LOOK_MS);
    }
    return true;
}
