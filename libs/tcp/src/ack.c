// Acknowledgements: what they free, what they tell of loss (RFC 5681, RFC 6582, RFC 6675), and the peer's window.

#include "tcp_impl.h"

uint32_t tcp_pipe_with_losses(const struct tcp *tcp) {
    uint32_t there = tcp_sack_missing(tcp, tcp->snd_nxt);
    there -= MIN(tcp->dup_bytes, there);
    if (tcp->phase == TCP_PHASE_OPEN) {
        return there;
    }
    uint32_t lost = tcp_sack_missing(tcp, tcp->lost_edge);
    there -= MIN(lost, there);
    return there + tcp_sack_missing(tcp, tcp->high_rxt);
}

void tcp_measure_echo(struct tcp *tcp, uint32_t echo) {
    uint32_t rtt = (uint32_t) tcp_now + tcp->ts_offset - echo;
    if (rtt <= TCP_RTO_MAX) {
        tcp_measured(tcp, rtt);
    }
}

/// RFC 7323, 4: the echo is of the segment that made the peer answer, so what was sent twice is no matter.
/// Without timestamps, what was sent twice isn't measured (Karn).
static void measure(struct tcp *tcp, const struct tcp_segment *seg) {
    if (tcp->terms.timestamps && seg->has_timestamps) {
        tcp_measure_echo(tcp, seg->echo);
        return;
    }
    if (tcp->timing && seq_lt(tcp->rtt_seq, tcp->snd_una)) {
        tcp->timing = false;
        tcp_measured(tcp, (uint32_t) (tcp_now - tcp->rtt_start));
    }
}

static void begin_phase(struct tcp *tcp, enum tcp_phase phase) {
    tcp->phase = phase;
    tcp->recover = tcp->snd_nxt;
    tcp->high_rxt = tcp->snd_una;
    tcp->resend_now = true;
    tcp->timing = false;
}

static void enter_recovery(struct tcp *tcp) {
    tcp_congestion_loss(tcp);
    begin_phase(tcp, TCP_PHASE_RECOVERY);
    // The first segment is lost in any case (RFC 6675, 5, step 4).
    tcp->lost_edge =
        seq_max(tcp_sack_lost_edge(tcp), seq_min(tcp->snd_una + tcp->mss, tcp->snd_nxt));
    tcp_count(TCP_COUNT_RECOVERIES);
}

static void leave_phase(struct tcp *tcp) {
    if (tcp->phase == TCP_PHASE_RECOVERY) {
        // RFC 6582, 3.2, step 3, option 1: no burst.
        tcp->cwnd = MIN(tcp->ssthresh, MAX(tcp_flight(tcp), (uint32_t) tcp->mss) + tcp->mss);
    }
    tcp->phase = TCP_PHASE_OPEN;
    tcp->dup_acks = 0;
    tcp->dup_bytes = 0;
    tcp->resend_now = false;
}

void tcp_all_lost(struct tcp *tcp) {
    if (tcp->backoff > 0) {
        // The peer may have taken back what it sacked (RFC 2018, 8).
        tcp->num_sacked = 0;
    }
    begin_phase(tcp, TCP_PHASE_LOSS);
    tcp->lost_edge = tcp->snd_nxt;
    tcp->dup_acks = 0;
    tcp->dup_bytes = 0;
}

/// An acknowledgement of something new while something is known to be lost.
static void partial_ack(struct tcp *tcp, uint32_t acked) {
    tcp->high_rxt = seq_max(tcp->high_rxt, tcp->snd_una);
    if (tcp->phase == TCP_PHASE_LOSS) {
        tcp_congestion_acked(tcp, acked);
        return;
    }
    if (tcp->terms.sack) {
        tcp->lost_edge = seq_max(tcp->lost_edge, tcp_sack_lost_edge(tcp));
    } else {
        // NewReno: what is next is lost too, and all but one of what was acknowledged had told by a duplicate.
        uint32_t told = acked - MIN(acked, (uint32_t) tcp->mss);
        tcp->dup_bytes -= MIN(tcp->dup_bytes, told);
        tcp->lost_edge = seq_min(tcp->snd_una + tcp->mss, tcp->snd_nxt);
        tcp->high_rxt = tcp->snd_una;
        tcp->resend_now = true;
    }
}

/// RFC 3522: the first acknowledgement since something was sent again is of what had been sent before. So that was only
/// late, by way of a detour or of an acknowledgement.
static bool was_in_vain(struct tcp *tcp, const struct tcp_segment *seg) {
    if (!tcp->may_undo || !tcp->has_resent || tcp->phase == TCP_PHASE_OPEN) {
        return false;
    }
    tcp->may_undo = false;
    return tcp->terms.timestamps && seg->has_timestamps && seq_lt(seg->echo, tcp->resent_at);
}

static void note_acked(struct tcp *tcp, const struct tcp_segment *seg, uint32_t acked) {
    if (UNLIKELY(was_in_vain(tcp, seg))) {
        tcp_count(TCP_COUNT_UNDONE);
        leave_phase(tcp);
        tcp_congestion_undo(tcp);
        return;
    }
    if (tcp->phase != TCP_PHASE_OPEN) {
        if (seq_le(tcp->recover, tcp->snd_una)) {
            leave_phase(tcp);
        } else {
            partial_ack(tcp, acked);
        }
        return;
    }
    tcp->dup_acks = 0;
    tcp->dup_bytes = 0;
    if (tcp->was_full) {
        tcp_congestion_acked(tcp, acked);
    }
}

/// Something new was acknowledged. False: with it FIN, and the connection is gone.
static bool advance(struct tcp *tcp, const struct tcp_segment *seg) {
    uint32_t acked = seg->ack - tcp->snd_una;
    tcp->snd_una = seg->ack;
    tcp->progress = tcp_now;
    tcp->small_end = seq_max(tcp->small_end, seg->ack);
    if (seq_lt(tcp->snd_nxt, seg->ack)) {
        tcp->snd_nxt = seg->ack;  // The peer has taken the probe's byte after all.
        tcp->probing = false;
    }
    uint32_t bytes = MIN(seg->ack - tcp->send_seq, tcp->send_bytes);
    bool fin_acked = tcp->fin_queued && seg->ack == tcp_data_end(tcp) + 1;
    tcp_queue_drop(tcp, bytes);
    if (tcp->num_sacked > 0) {
        tcp_sack_advance(tcp);
    }
    measure(tcp, seg);
    tcp->soft_error = OK;
    if (tcp->confirmed != tcp_now) {
        // Not with each of many that come at once.
        tcp->confirmed = tcp_now;
        ip_confirm(&tcp->route);
    }
    note_acked(tcp, seg, acked);
    tcp_set_resend(tcp);
    return !fin_acked || tcp_fin_acked(tcp);
}

/// RFC 5681, 2; with SACK, what it tells anew counts (RFC 6675, 2).
static bool is_duplicate(const struct tcp *tcp, const struct tcp_segment *seg, uint32_t newly) {
    if (tcp_flight(tcp) == 0) {
        return false;
    }
    if (tcp->terms.sack) {
        return newly > 0;
    }
    return tcp_segment_span(seg) == 0 && seg->window << tcp->terms.shift == tcp->snd_wnd;
}

static void note_duplicate(struct tcp *tcp) {
    tcp_count(TCP_COUNT_DUPLICATES);
    tcp->dup_acks += (tcp->dup_acks < 255) ? 1 : 0;
    if (!tcp->terms.sack && tcp->phase != TCP_PHASE_LOSS) {
        tcp->dup_bytes += tcp->mss;
    }
    uint32_t edge = tcp_sack_lost_edge(tcp);
    if (tcp->phase == TCP_PHASE_RECOVERY) {
        tcp->lost_edge = seq_max(tcp->lost_edge, edge);
    } else if (tcp->phase == TCP_PHASE_OPEN
               && (tcp->dup_acks >= TCP_DUP_ACKS_MAX || seq_lt(tcp->snd_una, edge))) {
        enter_recovery(tcp);
    }
}

void tcp_update_window(struct tcp *tcp, const struct tcp_segment *seg) {
    if (!seq_lt(tcp->snd_wl1, seg->seq)
        && !(tcp->snd_wl1 == seg->seq && seq_le(tcp->snd_wl2, seg->ack))) {
        return;
    }
    tcp->snd_wl1 = seg->seq;
    tcp->snd_wl2 = seg->ack;
    uint32_t window = seg->window << tcp->terms.shift;
    if (window == tcp->snd_wnd) {
        return;
    }
    tcp->snd_wnd = window;
    tcp->max_wnd = MAX(tcp->max_wnd, window);
    if (tcp_flight(tcp) == 0) {
        // It waits for a probe's time no longer, or begins to.
        tcp->backoff = (window > 0) ? 0 : tcp->backoff;
        tcp_set_resend(tcp);
    }
}

/// RFC 5961, 5.2: neither older than what the peer can have seen, nor newer than what was sent.
static bool is_acceptable(const struct tcp *tcp, uint32_t ack) {
    uint32_t newest = tcp->snd_nxt + (tcp->probing ? 1 : 0);
    return seq_le(tcp->snd_una - tcp->max_wnd, ack) && seq_le(ack, newest);
}

bool tcp_process_ack(struct tcp *tcp, const struct tcp_segment *seg) {
    if (!is_acceptable(tcp, seg->ack)) {
        tcp_send_challenge(tcp);
        return false;
    }
    if (seq_lt(seg->ack, tcp->snd_una)) {
        return true;  // Old, but its payload may be new.
    }
    uint32_t newly = (seg->num_sacks > 0) ? tcp_sack_add(tcp, seg) : 0;
    if (seg->ack != tcp->snd_una) {
        if (!advance(tcp, seg)) {
            return false;
        }
        if (newly > 0 && tcp->num_sacked > 0) {
            note_duplicate(tcp);
        }
    } else if (is_duplicate(tcp, seg, newly)) {
        note_duplicate(tcp);
    }
    tcp_update_window(tcp, seg);
    return true;
}
