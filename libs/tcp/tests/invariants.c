#include "invariants.h"

#include <stdio.h>
#include <stdlib.h>

#include "../src/tcp_impl.h"

#define HOLDS(expr)                                                    \
    do {                                                               \
        if (!(expr)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expr); \
            abort();                                                   \
        }                                                              \
    } while (0)

/// Bytes of a chain.
static uint32_t length_of(const struct buf *chain, const struct buf *tail) {
    uint32_t sum = 0;
    for (const struct buf *buf = chain; buf != NULL; buf = buf->next) {
        HOLDS(buf->refs > 0);
        HOLDS(buf->start + buf->len <= NET_BUFFER_LEN);
        HOLDS(buf->next != NULL || buf == tail);
        sum += buf->len;
    }
    HOLDS(chain != NULL || tail == NULL);
    return sum;
}

static void check_send_queue(const struct tcp *tcp) {
    HOLDS(length_of(tcp->send_head, tcp->send_tail) == tcp->send_bytes);
    uint32_t at = tcp->send_seq;
    bool found = tcp->cursor == NULL;
    for (const struct buf *buf = tcp->send_head; buf != NULL; buf = buf->next) {
        if (buf == tcp->cursor) {
            HOLDS(tcp->cursor_seq == at);
            found = true;
        }
        at += buf->len;
    }
    HOLDS(found);
}

static void check_sending(const struct tcp *tcp) {
    check_send_queue(tcp);
    if (!tcp_is_synchronized(tcp)) {
        return;
    }
    uint32_t end = tcp_data_end(tcp) + (tcp->fin_queued ? 1 : 0);
    HOLDS(seq_le(tcp->snd_una, tcp->snd_nxt));
    HOLDS(seq_le(tcp->snd_nxt, end));
    HOLDS(tcp->send_seq == tcp->snd_una
          || (tcp->fin_queued && tcp->send_bytes == 0 && tcp->snd_una == end));
    HOLDS(tcp->mss >= TCP_MSS_MIN - TCP_TIMESTAMPS_LEN);
    HOLDS(tcp->cwnd >= tcp->mss);
    HOLDS(tcp_pipe(tcp) <= 2 * tcp_flight(tcp));
    uint32_t before = tcp->snd_una;
    for (unsigned i = 0; i < tcp->num_sacked; i++) {
        HOLDS(seq_lt(tcp->sacked[i].start, tcp->sacked[i].end));
        HOLDS(i == 0 ? seq_le(before, tcp->sacked[i].start) : seq_lt(before, tcp->sacked[i].start));
        before = tcp->sacked[i].end;
    }
    HOLDS(seq_le(before, tcp->snd_nxt));
    // Whatever is to be sent or acknowledged, time will see to it.
    HOLDS(tcp->resend_at != 0 || (tcp_flight(tcp) == 0 && tcp_unsent(tcp) == 0));
}

static void check_receiving(const struct tcp *tcp) {
    HOLDS(length_of(tcp->recv_head, tcp->recv_tail) == tcp->recv_bytes);
    if (!tcp_is_synchronized(tcp)) {
        return;
    }
    HOLDS(seq_le(tcp->rcv_nxt, tcp->rcv_adv));
    HOLDS(tcp->unacked == 0 || tcp->ack_at != 0 || tcp->ack_now);
    if (tcp->reorder == NULL) {
        return;
    }
    HOLDS(tcp->reorder->count > 0 && tcp->reorder->count <= TCP_REORDER_MAX);
    uint32_t before = tcp->rcv_nxt;
    for (unsigned i = 0; i < tcp->reorder->count; i++) {
        const struct tcp_reorder_range *range = &tcp->reorder->ranges[i];
        uint32_t len = range->range.end - range->range.start;
        HOLDS(tcp->fin_received || seq_lt(before, range->range.start));
        HOLDS(length_of(range->head, range->tail) == len && range->head->total == len);
        before = range->range.end;
    }
}

static void check_connection(struct tcp *tcp) {
    HOLDS(tcp->state != TCP_LISTEN);
    bool alive = tcp->state != TCP_CLOSED && tcp->state != TCP_TIME_WAIT;
    HOLDS(tcp->node.hashed == alive);
    HOLDS(alive || (!tcp->orphan && tcp->send_bytes == 0 && tcp->resend_at == 0));
    if (alive) {
        HOLDS(tcp_find(&tcp->node.local, tcp->node.local_port, &tcp->node.remote,
                       tcp->node.remote_port)
              == &tcp->node);
    }
    check_sending(tcp);
    check_receiving(tcp);
}

static void check_listener(struct tcp *listener) {
    HOLDS(listener->state == TCP_LISTEN && !listener->node.hashed);
    HOLDS(list_len(&listener->waiting) == listener->num_waiting);
    HOLDS(listener->num_waiting <= listener->backlog);
    unsigned half_open = 0;
    LIST_FOR_EACH (half, &tcp_half_opens, struct tcp_half_open, in_all) {
        half_open += half->listener == listener ? 1 : 0;
    }
    HOLDS(half_open == listener->num_half_open);
}

void invariants_check(void) {
    unsigned orphans = 0;
    LIST_FOR_EACH (tcp, &tcp_all, struct tcp, in_all) {
        check_connection(tcp);
        orphans += tcp->orphan ? 1 : 0;
    }
    HOLDS(orphans == tcp_num_orphans);
    LIST_FOR_EACH (listener, &tcp_listeners, struct tcp, in_all) {
        check_listener(listener);
    }
    HOLDS(list_len(&tcp_half_opens) <= TCP_HALF_OPEN_MAX);
    HOLDS(list_len(&tcp_time_waits) <= TCP_TIME_WAIT_MAX);
}
