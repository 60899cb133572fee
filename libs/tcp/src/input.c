// Segments that come in: whom they are for, and the checks of RFC 9293, 3.10.7.4, in its order.

#include "tcp_impl.h"

/// RFC 7323, 5.3, R1: segments older than what was seen last are dropped. False: it is one.
static bool check_timestamps(struct tcp *tcp, const struct tcp_segment *seg) {
    if (!tcp->terms.timestamps || (seg->flags & TCP_RST)) {
        return true;
    }
    if (!seg->has_timestamps) {
        return false;  // 3.2: once agreed on, all have them.
    }
    if (seq_lt(seg->timestamp, tcp->ts_recent)
        && tcp_now - tcp->ts_recent_at < TCP_TIMESTAMP_STALE) {
        tcp_count(TCP_COUNT_PAWS);
        tcp_send_challenge(tcp);
        return false;
    }
    return true;
}

/// R3: the time to echo. Not before all else about the segment is known to be right, or a stranger could make us
/// refuse the peer's.
static ALWAYS_INLINE void note_timestamp(struct tcp *tcp, const struct tcp_segment *seg) {
    if (tcp->terms.timestamps && seq_le(seg->seq, tcp->last_ack_sent)) {
        tcp->ts_recent = seg->timestamp;
        tcp->ts_recent_at = tcp_now;
    }
}

static bool is_in_window(const struct tcp *tcp, const struct tcp_segment *seg) {
    uint32_t window = tcp_receive_window(tcp);
    uint32_t span = tcp_segment_span(seg);
    if (seg->seq == tcp->rcv_nxt && (span == 0 || window > 0)) {
        return true;
    }
    bool begins = seg->seq - tcp->rcv_nxt < window;
    return begins || (span > 0 && seg->seq + span - 1 - tcp->rcv_nxt < window);
}

/// Keep-alives, probes of our closed window, what we have already: all answered with where we are.
static void out_of_window(struct tcp *tcp, const struct tcp_segment *seg) {
    if (seg->flags & TCP_RST) {
        return;
    }
    uint32_t span = tcp_segment_span(seg);
    bool probe = seg->seq == tcp->rcv_nxt && !(seg->flags & TCP_SYN);
    if (span == 0 || (seg->flags & TCP_SYN)) {
        tcp_send_challenge(tcp);
    } else {
        tcp_send_ack(tcp);
    }
    if (probe && (seg->flags & TCP_ACK)) {
        (void) tcp_process_ack(tcp, seg);
    }
}

/// RFC 5961, 3.2.
static void receive_reset(struct tcp *tcp, const struct tcp_segment *seg) {
    if (seg->seq != tcp->rcv_nxt) {
        tcp_send_challenge(tcp);
        return;
    }
    tcp_count(TCP_COUNT_RESETS_IN);
    tcp_end(tcp, (tcp->state == TCP_SYN_RECEIVED) ? ERR_REFUSED : ERR_RESET);
}

/// A simultaneous open's answer. False: it is none.
static bool confirm_syn(struct tcp *tcp, const struct tcp_segment *seg) {
    if (seg->ack != tcp->iss + 1) {
        tcp_refuse(seg);
        return false;
    }
    tcp->snd_wl1 = seg->seq - 1;  // Whatever window it tells is new.
    tcp_established(tcp);
    return true;
}

/// What is left when a segment is in the window: RST, SYN, ACK, payload, FIN.
static void process_in_window(struct tcp *tcp, struct tcp_segment *seg) {
    if (seg->flags & TCP_RST) {
        receive_reset(tcp, seg);
        return;
    }
    if (seg->flags & TCP_SYN) {
        tcp_send_challenge(tcp);  // RFC 5961, 4.2.
        return;
    }
    if (!(seg->flags & TCP_ACK)) {
        return;
    }
    if (tcp->state == TCP_SYN_RECEIVED && !confirm_syn(tcp, seg)) {
        return;
    }
    if (!tcp_process_ack(tcp, seg)) {
        return;
    }
    note_timestamp(tcp, seg);
    if (seg->len > 0 || (seg->flags & TCP_FIN)) {
        tcp_receive(tcp, seg);
    }
}

void tcp_process(struct tcp *tcp, struct tcp_segment *seg) {
    tcp_mark_dirty(tcp);
    if (!check_timestamps(tcp, seg)) {
        return;
    }
    tcp->heard = tcp_now;
    tcp->keepalives = 0;
    if (is_in_window(tcp, seg)) {
        process_in_window(tcp, seg);
    } else {
        out_of_window(tcp, seg);
    }
}

/// A segment that no connection is for.
static void to_listener(struct tcp_segment *seg, uint32_t iss) {
    if (ip_addr_is_any(&seg->info->src)) {
        return;
    }
    struct tcp *listener = tcp_find_listener(&seg->info->dst, seg->local_port);
    if (listener != NULL && !(seg->flags & (TCP_RST | TCP_ACK))) {
        if (seg->flags & TCP_SYN) {
            tcp_listen_input(listener, seg, iss);
        }
        return;
    }
    struct tcp *tcp = (listener != NULL) ? tcp_cookie_input(listener, seg) : NULL;
    if (tcp == NULL) {
        tcp_refuse(seg);
    } else {
        tcp_process(tcp, seg);
    }
}

static void to_connection(struct tcp *tcp, struct tcp_segment *seg) {
    if (tcp->state == TCP_SYN_SENT) {
        tcp_process_syn_sent(tcp, seg);
    } else {
        tcp_process(tcp, seg);
    }
}

static void dispatch(struct tcp_segment *seg) {
    const struct ip_info *info = seg->info;
    struct tcp_node *node = tcp_find(&info->dst, seg->local_port, &info->src, seg->remote_port);
    if (node != NULL && node->kind == TCP_KIND_CONNECTION) {
        to_connection((struct tcp *) node, seg);
        return;
    }
    if (node != NULL && node->kind == TCP_KIND_HALF_OPEN) {
        tcp_half_open_input((struct tcp_half_open *) node, seg);
        return;
    }
    uint32_t iss = 0;
    if (node == NULL || tcp_time_wait_input((struct tcp_time_wait *) node, seg, &iss)) {
        to_listener(seg, iss);
    }
}

void tcp_input(const struct ip_info *info, struct buf *packet) {
    tcp_now = inet_now();
    tcp_count(TCP_COUNT_IN);
    struct tcp_segment seg;
    seg.info = info;
    seg.packet = packet;
    if (!info->broadcast && !ip_checksum_ok(info, packet)) {
        tcp_count(TCP_COUNT_BAD_CHECKSUM);
    } else if (info->broadcast || !tcp_parse(&seg)) {
        tcp_count(TCP_COUNT_BAD_HEADER);
    } else {
        dispatch(&seg);
    }
    buf_free(seg.packet);
}

void tcp_flush(void) {
    if (list_is_empty(&tcp_dirty)) {
        return;  // The time isn't asked for: most turns of a server are about something else.
    }
    tcp_now = inet_now();
    struct tcp *tcp;
    while ((tcp = LIST_POP_FRONT(&tcp_dirty, struct tcp, in_dirty)) != NULL) {
        if (tcp->ack_now || tcp->blocked || tcp_is_busy(tcp)) {
            tcp_output(tcp);
        }
        tcp_tell(tcp);
    }
}

void tcp_resume(void) {
    tcp_now = inet_now();
    LIST_FOR_EACH (tcp, &tcp_all, struct tcp, in_all) {
        if (tcp->blocked) {
            tcp_output(tcp);
        }
    }
}
