#include "dns_stream.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <inet/tcp.h>
#include <inet/timer.h>
#include <resea/malloc.h>

#include "addr.h"

#define DNS_PORT 53
/// In front of each message: RFC 1035, 4.2.2.
#define LENGTH_LEN 2
/// From SYN to the answer's end.
#define PATIENCE_MS 4000
/// TCP's events are for programs. This is rare and short: the connection is looked at so often.
#define LOOK_MS 12

struct dns_stream {
    struct tcp *tcp;
    struct inet_timer timer;
    uint64_t ends;
    void (*done)(void *user, const uint8_t *message, size_t len);
    void *user;
    size_t query_len, sent, received;
    uint8_t query[LENGTH_LEN + DNS_QUERY_MAX];
    uint8_t answer[LENGTH_LEN + DNS_STREAM_MAX];
};

void dns_stream_close(struct dns_stream *stream) {
    inet_timer_stop(&stream->timer);
    tcp_close(stream->tcp);
    free(stream);
}

static void finish(struct dns_stream *stream, size_t len) {
    stream->done(stream->user, stream->answer + LENGTH_LEN, len);
    dns_stream_close(stream);
}

/// How much of the answer is needed; more than it says itself isn't.
static size_t wanted(const struct dns_stream *stream) {
    if (stream->received < LENGTH_LEN) {
        return LENGTH_LEN;
    }
    return LENGTH_LEN + MIN(get16(stream->answer), (size_t) DNS_STREAM_MAX);
}

/// False: nothing more will come.
static bool receive(struct dns_stream *stream) {
    int64_t count = 1;
    while (count > 0 && stream->received < wanted(stream)) {
        count = tcp_read(stream->tcp, stream->answer + stream->received,
                         wanted(stream) - stream->received);
        stream->received += (count > 0) ? (size_t) count : 0;
    }
    return count >= 0;
}

/// Before there is a connection, nothing is taken.
static void send(struct dns_stream *stream) {
    if (stream->sent < stream->query_len) {
        int64_t count =
            tcp_write(stream->tcp, stream->query + stream->sent, stream->query_len - stream->sent);
        stream->sent += (count > 0) ? (size_t) count : 0;
    }
}

static void look(struct inet_timer *timer) {
    struct dns_stream *stream = INET_TIMER_OWNER(timer, struct dns_stream, timer);
    send(stream);
    bool goes_on = receive(stream) && inet_now() < stream->ends;
    if (stream->received >= LENGTH_LEN && stream->received == wanted(stream)) {
        finish(stream, stream->received - LENGTH_LEN);
    } else if (goes_on) {
        inet_timer_start(timer, inet_now() + LOOK_MS);
    } else {
        finish(stream, 0);
    }
}

struct dns_stream *dns_stream_open(const struct ip_addr *server, const uint8_t *query, size_t len,
                                   void (*done)(void *user, const uint8_t *message, size_t len),
                                   void *user) {
    static const struct ip_addr any;
    struct dns_stream *stream = malloc(sizeof(*stream));
    if (stream == NULL) {
        return NULL;
    }
    memset(stream, 0, sizeof(*stream));
    error_t err;
    stream->tcp = tcp_connect(&any, 0, server, DNS_PORT, &err);
    if (stream->tcp == NULL) {
        free(stream);
        return NULL;
    }
    stream->timer.fire = look;
    stream->ends = inet_now() + PATIENCE_MS;
    stream->done = done;
    stream->user = user;
    stream->query_len = LENGTH_LEN + len;
    put16(stream->query, (uint16_t) len);
    memcpy(stream->query + LENGTH_LEN, query, len);
    inet_timer_start(&stream->timer, inet_now() + LOOK_MS);
    return stream;
}
