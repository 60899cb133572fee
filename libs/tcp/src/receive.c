// Payload and FIN: in order to the user's queue, early ones aside; when to acknowledge (RFC 9293, 3.8.6.3).

#include "tcp_impl.h"

static void trim_front(struct tcp_segment *seg, uint32_t len) {
    buf_trim_front(seg->packet, len);
    seg->seq += len;
    seg->len -= len;
}

/// Cuts off what we have already, and what is beyond the window or the end. FIN stays only if its place does.
static void trim(struct tcp *tcp, struct tcp_segment *seg) {
    if (seq_lt(seg->seq, tcp->rcv_nxt)) {
        trim_front(seg, MIN(tcp->rcv_nxt - seg->seq, seg->len));
    }
    uint32_t limit = tcp->fin_seen ? seq_min(tcp->rcv_adv, tcp->fin_seq) : tcp->rcv_adv;
    uint32_t end = seg->seq + seg->len;
    if (seq_lt(limit, end)) {
        uint32_t over = MIN(end - limit, seg->len);
        buf_trim_back(seg->packet, over);
        seg->len -= over;
        seg->flags &= (uint8_t) ~TCP_FIN;
    }
}

/// Takes over bytes that are next.
static void take(struct tcp *tcp, struct buf *packet, uint32_t len) {
    tcp->rcv_nxt += len;
    tcp->unacked += len;
    if (tcp->discard) {
        tcp->rcv_adv = seq_max(tcp->rcv_adv, tcp->rcv_nxt);
        buf_free(packet);
        return;
    }
    tcp_queue_received(tcp, packet, len);
}

/// What came early, and is next now.
static void take_early(struct tcp *tcp) {
    uint32_t len;
    struct buf *packet = tcp_reorder_take(tcp, &len);
    if (packet == NULL) {
        return;
    }
    uint32_t known = packet->total - len;
    buf_trim_front(packet, known);
    take(tcp, packet, len);
}

/// Whether there is memory for what comes. If others lack it, a connection that nobody reads from gets no more, even
/// in the window that it was told: better it stops than all do.
static bool may_take(const struct tcp *tcp, uint32_t len) {
    return LIKELY(buf_num_free() > buf_count() / 8) || tcp->discard
           || tcp->recv_bytes + len <= 2 * tcp->rcv_mss;
}

static void note_in_order(struct tcp *tcp, struct tcp_segment *seg) {
    tcp->rcv_mss = MAX(tcp->rcv_mss, MIN(seg->len, tcp->route.mtu));
    if (!may_take(tcp, seg->len)) {
        tcp_count(TCP_COUNT_NO_MEMORY);
        return;
    }
    take(tcp, seg->packet, seg->len);
    seg->packet = NULL;
    if (tcp->reorder != NULL) {
        take_early(tcp);
        tcp->ack_now = true;  // RFC 5681, 4.2: a gap was filled.
        return;
    }
    if (tcp->unacked >= 2 * tcp->rcv_mss) {
        tcp->ack_now = true;
    } else {
        tcp_set_ack_timer(tcp);
    }
}

static void note_early(struct tcp *tcp, struct tcp_segment *seg) {
    tcp_count(TCP_COUNT_OUT_OF_ORDER);
    struct buf *packet = seg->packet;
    seg->packet = NULL;
    tcp_reorder_add(tcp, seg->seq, packet);
    // At once, one for each: the peer counts them.
    tcp_send_ack(tcp);
}

/// RFC 9293, 3.10.7.4: data for nobody. Says so with RST (RFC 1122, 4.2.2.13).
static bool is_for_nobody(struct tcp *tcp, const struct tcp_segment *seg) {
    return tcp->orphan && seg->len > 0 && seq_lt(tcp->rcv_nxt, seg->seq + seg->len);
}

static void receive_fin(struct tcp *tcp) {
    if (tcp->fin_received || !tcp->fin_seen || tcp->rcv_nxt != tcp->fin_seq) {
        return;
    }
    tcp->fin_received = true;
    tcp->rcv_nxt++;
    tcp->rcv_adv = seq_max(tcp->rcv_adv, tcp->rcv_nxt);
    tcp->ack_now = true;
    (void) tcp_fin_received(tcp);
}

void tcp_receive(struct tcp *tcp, struct tcp_segment *seg) {
    if (is_for_nobody(tcp, seg)) {
        tcp_send_reset(tcp);
        tcp_end(tcp, ERR_RESET);
        return;
    }
    trim(tcp, seg);
    if ((seg->flags & TCP_FIN) && !tcp->fin_seen && seq_le(tcp->rcv_nxt, seg->seq)) {
        tcp->fin_seen = true;
        tcp->fin_seq = seg->seq + seg->len;
    }
    if (seg->len > 0) {
        if (seg->seq == tcp->rcv_nxt) {
            note_in_order(tcp, seg);
        } else {
            note_early(tcp, seg);
        }
    } else if ((seg->flags & TCP_FIN) && seg->seq != tcp->rcv_nxt) {
        tcp_send_ack(tcp);
    }
    receive_fin(tcp);
}
