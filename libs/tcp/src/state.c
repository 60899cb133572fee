// The states at both ends of a connection's life (RFC 9293, 3.3.2): SYN-SENT, and what FINs lead to.

#include "tcp_impl.h"

void tcp_established(struct tcp *tcp) {
    tcp->state = TCP_ESTABLISHED;
    tcp->snd_una = tcp->iss + 1;
    tcp->small_end = tcp->snd_una;
    tcp->progress = tcp_now;
    tcp->backoff = 0;
    if (tcp->syn_resent) {
        tcp->rto = TCP_RTO_AFTER_SYN;
    }
    tcp_update_mss(tcp);
    tcp_congestion_init(tcp);
    tcp_set_resend(tcp);
    tcp_set_idle_timer(tcp);
}

/// The peer's SYN tells where its sequence begins.
static void take_syn(struct tcp *tcp, const struct tcp_segment *seg) {
    tcp_agree(seg, &tcp->terms);
    tcp->irs = seg->seq;
    tcp->rcv_nxt = seg->seq + 1;
    tcp->rcv_adv = tcp->rcv_nxt;
    tcp->last_ack_sent = tcp->rcv_nxt;
    tcp->ts_recent = seg->timestamp;
    tcp->ts_recent_at = tcp_now;
    // A window in a SYN is never shifted (RFC 7323, 2.2).
    tcp->snd_wnd = seg->window;
    tcp->max_wnd = seg->window;
    tcp->snd_wl1 = seg->seq;
    tcp->snd_wl2 = seg->ack;
}

static bool is_ack_for_syn(const struct tcp *tcp, const struct tcp_segment *seg) {
    return (seg->flags & TCP_ACK) && seg->ack == tcp->iss + 1;
}

/// RFC 9293, 3.10.7.3. Data that comes with a SYN is left to come again: few send any.
void tcp_process_syn_sent(struct tcp *tcp, struct tcp_segment *seg) {
    bool acked = is_ack_for_syn(tcp, seg);
    if ((seg->flags & TCP_ACK) && !acked) {
        tcp_refuse(seg);
        return;
    }
    if (seg->flags & TCP_RST) {
        if (acked) {
            tcp_count(TCP_COUNT_RESETS_IN);
            tcp_mark_dirty(tcp);
            tcp_end(tcp, ERR_REFUSED);
        }
        return;
    }
    if (!(seg->flags & TCP_SYN)) {
        return;
    }
    tcp_mark_dirty(tcp);
    tcp->heard = tcp_now;
    take_syn(tcp, seg);
    if (!acked) {
        tcp->state = TCP_SYN_RECEIVED;  // Both have begun at once.
        tcp_send_syn(tcp);
        return;
    }
    if (tcp->terms.timestamps && !tcp->syn_resent) {
        tcp_measure_echo(tcp, seg->echo);
    }
    tcp_established(tcp);
    tcp->ack_now = true;
}

static void detach(struct tcp *tcp, enum tcp_state state) {
    tcp_hash_remove(&tcp->node);
    tcp->state = state;
    tcp->resend_at = 0;
    tcp->ack_at = 0;
    tcp->tell_at = 0;
    tcp->idle_at = 0;
    tcp->ack_now = false;
    tcp_queue_free(tcp);
    tcp_reorder_free(tcp);
}

/// The block that stands for the connection from now on is small, and the user may have the rest back.
static void enter_time_wait(struct tcp *tcp) {
    if (tcp->ack_now) {
        tcp_send_ack(tcp);
    }
    uint32_t window = tcp_receive_window(tcp);
    detach(tcp, TCP_TIME_WAIT);
    tcp_time_wait_add(tcp, window);
    if (tcp->orphan) {
        tcp_free(tcp);
    }
}

bool tcp_fin_received(struct tcp *tcp) {
    switch (tcp->state) {
    case TCP_ESTABLISHED:
        tcp->state = TCP_CLOSE_WAIT;
        return true;
    case TCP_FIN_WAIT_1:
        tcp->state = TCP_CLOSING;
        return true;
    case TCP_FIN_WAIT_2:
        enter_time_wait(tcp);
        return false;
    default:
        return true;
    }
}

bool tcp_fin_acked(struct tcp *tcp) {
    switch (tcp->state) {
    case TCP_FIN_WAIT_1:
        tcp->state = TCP_FIN_WAIT_2;
        tcp_set_idle_timer(tcp);
        return true;
    case TCP_CLOSING:
        enter_time_wait(tcp);
        return false;
    case TCP_LAST_ACK:
        tcp_end(tcp, OK);
        return false;
    default:
        return true;
    }
}

void tcp_end(struct tcp *tcp, error_t err) {
    detach(tcp, TCP_CLOSED);
    tcp->error = err;
    if (tcp->listener != NULL) {
        // Nobody has accepted it, and nobody will miss it.
        tcp_unqueue(tcp);
        tcp_free(tcp);
    } else if (tcp->orphan) {
        tcp_free(tcp);
    } else {
        tcp_tell(tcp);
    }
}
