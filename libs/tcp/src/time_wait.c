// TIME-WAIT: what remains of a connection until its last segments have died out in the network (RFC 9293, 3.6.1),
// or until a new one between the same ends may begin (RFC 6191).

#include <resea/malloc.h>

#include "tcp_impl.h"

/// How far behind the old one a new connection's sequence begins, at least.
#define ISS_GAP 0x20000u

static unsigned num_blocks;

void tcp_time_wait_free(struct tcp_time_wait *block) {
    tcp_hash_remove(&block->node);
    list_remove(&block->in_all);
    num_blocks--;
    free(block);
}

void tcp_time_wait_add(const struct tcp *tcp, uint32_t window) {
    struct tcp_time_wait *oldest = LIST_FRONT(&tcp_time_waits, struct tcp_time_wait, in_all);
    if (num_blocks == TCP_TIME_WAIT_MAX && oldest != NULL) {
        tcp_time_wait_free(oldest);
    }
    struct tcp_time_wait *block = malloc(sizeof(*block));
    if (block == NULL) {
        return;  // It is a precaution: without memory there is none.
    }
    *block = (struct tcp_time_wait){
        .node = tcp->node,
        .snd_nxt = tcp->snd_nxt,
        .rcv_nxt = tcp->rcv_nxt,
        .rcv_wnd = window,
        .ts_recent = tcp->ts_recent,
        .ts_offset = tcp->ts_offset,
        .timestamps = tcp->terms.timestamps,
        .started = tcp_now,
        .ends = tcp_now + TCP_TIME_WAIT_MS,
    };
    block->node.kind = TCP_KIND_TIME_WAIT;
    tcp_hash_insert(&block->node);
    list_push_back(&tcp_time_waits, &block->in_all);
    num_blocks++;
    tcp_call_at(block->ends);
}

bool tcp_time_wait_reusable(const struct tcp_time_wait *block) {
    return block->timestamps && tcp_now - block->started >= 1000;
}

/// RFC 6191, 2: whether nothing of the old connection can be taken for the new one's.
static bool may_reopen(const struct tcp_time_wait *block, const struct tcp_segment *seg) {
    if ((seg->flags & (TCP_SYN | TCP_ACK)) != TCP_SYN) {
        return false;
    }
    bool later = seq_lt(block->rcv_nxt, seg->seq);
    if (!seg->has_timestamps) {
        return later;
    }
    if (!block->timestamps) {
        return true;
    }
    return seq_lt(block->ts_recent, seg->timestamp)
           || (block->ts_recent == seg->timestamp && later);
}

static void answer(const struct tcp_time_wait *block) {
    tcp_send_bare(&(struct tcp_bare){
        .local = &block->node.local,
        .remote = &block->node.remote,
        .fields =
            {
                .local_port = block->node.local_port,
                .remote_port = block->node.remote_port,
                .seq = block->snd_nxt,
                .ack = block->rcv_nxt,
                .flags = TCP_ACK,
                .window = (uint16_t) MIN(block->rcv_wnd >> TCP_WINDOW_SHIFT, 0xffffu),
            },
        .timestamps = block->timestamps,
        .timestamp = (uint32_t) tcp_now + block->ts_offset,
        .echo = block->ts_recent,
    });
}

bool tcp_time_wait_input(struct tcp_time_wait *block, const struct tcp_segment *seg,
                         uint32_t *iss) {
    // RFC 1337: a reset ends no TIME-WAIT.
    if (seg->flags & TCP_RST) {
        return false;
    }
    if (may_reopen(block, seg)) {
        *iss = block->snd_nxt + ISS_GAP;
        tcp_time_wait_free(block);
        return true;
    }
    if (tcp_segment_span(seg) == 0) {
        return false;  // No answer to what is no more than an answer: two such ends would never stop.
    }
    if ((seg->flags & TCP_FIN) && seg->seq + tcp_segment_span(seg) == block->rcv_nxt) {
        // Our acknowledgement was lost: it all takes longer.
        list_remove(&block->in_all);
        list_push_back(&tcp_time_waits, &block->in_all);
        block->ends = tcp_now + TCP_TIME_WAIT_MS;
    }
    answer(block);
    return false;
}
