// What may be sent, and when: windows, Nagle, silly windows (RFC 9293, 3.8.6), lost segments first (RFC 6675).

#include "tcp_impl.h"

/// What of `len` bytes full segments can have.
static ALWAYS_INLINE uint32_t whole_segments(const struct tcp *tcp, uint32_t len) {
    return len - len % MAX(tcp->mss, (uint16_t) 1);
}

/// The most that one call of ip_send takes.
static uint32_t largest_send(const struct tcp *tcp) {
    unsigned feature = ip_addr_is_v4(&tcp->node.remote) ? NET_TX_SEGMENT4 : NET_TX_SEGMENT6;
    if (!(tcp->route.features & feature) || tcp->mss > TCP_SEGMENT_MAX) {
        return tcp->mss;
    }
    return whole_segments(tcp, TCP_SEGMENT_MAX);
}

void tcp_update_mss(struct tcp *tcp) {
    uint32_t mss = MIN(tcp_mss_of(&tcp->route, &tcp->node.remote), tcp->mss_limit);
    if (tcp->terms.mss != 0) {
        mss = MIN(mss, tcp->terms.mss);
    }
    mss -= tcp->terms.timestamps ? TCP_TIMESTAMPS_LEN : 0;
    tcp->mss = (uint16_t) mss;
    tcp->cwnd = MAX(tcp->cwnd, mss);
    tcp->largest = largest_send(tcp);
}

error_t tcp_refresh_route(struct tcp *tcp) {
    if (LIKELY(tcp->route.generation == ip_generation())) {
        return OK;
    }
    struct ip_route route;
    error_t err = ip_route(&tcp->node.remote, &tcp->node.local, &route);
    if (err != OK) {
        tcp->soft_error = err;
        return err;
    }
    tcp->route = route;
    tcp_update_mss(tcp);
    return OK;
}

static error_t transmit_span(struct tcp *tcp, uint32_t seq, uint32_t span, uint32_t *sent) {
    uint32_t len = MIN(span, tcp_data_end(tcp) - seq);
    unsigned flags = TCP_ACK;
    flags |= (len > 0 && seq + len == tcp_data_end(tcp)) ? TCP_PSH : 0;
    flags |= (span > len) ? TCP_FIN : 0;
    return tcp_transmit(tcp, seq, len, flags, sent);
}

/// Sends a part of what is lost, or (RFC 6675, rule 3) may be. False: there is none, or it can't be sent now.
static bool resend(struct tcp *tcp, uint32_t limit) {
    uint32_t pipe = tcp_pipe(tcp);
    uint32_t room = (tcp->cwnd > pipe) ? tcp->cwnd - pipe : 0;
    if (tcp->resend_now) {
        room = MAX(room, tcp->mss);
    }
    struct tcp_range hole;
    if (room < tcp->mss
        || !tcp_sack_hole(tcp, seq_max(tcp->high_rxt, tcp->snd_una), limit, &hole)) {
        return false;
    }
    uint32_t most = MIN(whole_segments(tcp, room), tcp->largest);
    uint32_t sent;
    error_t err = transmit_span(tcp, hole.start, MIN(hole.end - hole.start, most), &sent);
    if (err != OK || sent == 0) {
        return false;
    }
    tcp_count(TCP_COUNT_RETRANSMITS);
    if (!tcp->has_resent) {
        tcp->has_resent = true;
        tcp->resent_at = (uint32_t) tcp_now + tcp->ts_offset;
    }
    tcp->resend_now = false;
    tcp->timing = false;
    tcp->high_rxt = hole.start + sent;
    return true;
}

/// RFC 6675, 4, NextSeg, rule 3: without anything better to send, what may still come by itself.
static void resend_doubtful(struct tcp *tcp) {
    if (tcp->phase == TCP_PHASE_RECOVERY && tcp->num_sacked > 0) {
        while (resend(tcp, tcp->sacked[tcp->num_sacked - 1].start)) {}
    }
}

/// Whether a segment that isn't full may go: Nagle's rule as Minshall has it, for which only another such
/// segment on its way is in the way. So the rest of an answer isn't held back by its own beginning.
static bool may_send_small(const struct tcp *tcp) {
    return tcp->nodelay || tcp->fin_queued || seq_le(tcp->small_end, tcp->snd_una);
}

/// Waits for more of the window to open, while what is on its way will make it do so: few large sends cost less
/// than many small ones.
static bool is_worth_waiting(const struct tcp *tcp, uint32_t len) {
    if (tcp->phase != TCP_PHASE_OPEN || tcp->dup_acks > 0) {
        return false;
    }
    uint32_t flight = tcp_flight(tcp);
    uint32_t enough = MIN(tcp->largest, tcp->cwnd / 4);
    return len < enough && flight > tcp->cwnd / 2 && flight >= 4u * tcp->mss;
}

static uint32_t usable_window(const struct tcp *tcp) {
    uint32_t flight = tcp_flight(tcp);
    return (tcp->snd_wnd > flight) ? tcp->snd_wnd - flight : 0;
}

static uint32_t congestion_room(const struct tcp *tcp) {
    uint32_t pipe = tcp_pipe(tcp);
    return (tcp->cwnd > pipe) ? tcp->cwnd - pipe : 0;
}

/// How much to send when it isn't all that there is.
static uint32_t part_to_send(const struct tcp *tcp, uint32_t room, bool congested) {
    if (room >= tcp->mss) {
        room = whole_segments(tcp, room);
        return is_worth_waiting(tcp, room) ? 0 : room;
    }
    // RFC 9293, 3.8.6.2.1 (3): half of the largest window there ever was.
    return (!congested && room > 0 && room >= tcp->max_wnd / 2) ? room : 0;
}

/// How much of what wasn't sent yet is to go in the next segment or batch of segments, FIN counted.
static uint32_t next_to_send(struct tcp *tcp) {
    uint32_t unsent = tcp_unsent(tcp);
    uint32_t usable = usable_window(tcp);
    uint32_t allowed = congestion_room(tcp);
    if (allowed < unsent && allowed < usable) {
        tcp->was_full = true;
    }
    uint32_t room = MIN(usable, allowed);
    if (room < unsent) {
        return MIN(part_to_send(tcp, room, allowed < usable), tcp->largest);
    }
    uint32_t most = tcp->largest;
    if (unsent > most) {
        return most;
    }
    uint32_t rest = (tcp->fin_queued ? unsent - 1 : unsent) % tcp->mss;
    return (rest == 0 || may_send_small(tcp)) ? unsent : unsent - rest;
}

static void note_sent(struct tcp *tcp, uint32_t seq, uint32_t len) {
    if (tcp_flight(tcp) == 0) {
        tcp->progress = tcp_now;
        tcp->resend_at = 0;  // It was a probe's, if it was set.
    }
    if (!tcp->timing && !tcp->terms.timestamps) {
        tcp->timing = true;
        tcp->rtt_seq = seq;
        tcp->rtt_start = tcp_now;
    }
    if (len % tcp->mss != 0) {
        tcp->small_end = seq + len;
    }
    tcp->snd_nxt = seq + len;
    tcp->probing = false;
    tcp->sent = tcp_now;
    if (tcp_flight(tcp) * 2 > tcp->cwnd && tcp->cwnd < tcp->ssthresh) {
        tcp->was_full = true;
    }
}

static bool send_new(struct tcp *tcp) {
    uint32_t len = next_to_send(tcp);
    uint32_t sent;
    if (len == 0 || transmit_span(tcp, tcp->snd_nxt, len, &sent) != OK || sent == 0) {
        return false;
    }
    note_sent(tcp, tcp->snd_nxt, sent);
    return true;
}

static void send_data(struct tcp *tcp) {
    while (tcp->phase != TCP_PHASE_OPEN && resend(tcp, tcp->lost_edge)) {}
    if (tcp_unsent(tcp) > 0) {
        if (tcp_flight(tcp) == 0 && tcp_now - tcp->sent > tcp->rto) {
            tcp_congestion_idle(tcp);
        }
        tcp->was_full = false;
        while (tcp_unsent(tcp) > 0 && send_new(tcp)) {}
    }
    if (tcp->phase == TCP_PHASE_RECOVERY) {
        resend_doubtful(tcp);
    }
}

void tcp_output(struct tcp *tcp) {
    tcp->blocked = false;
    if (!tcp_is_synchronized(tcp)) {
        return;
    }
    bool busy = tcp_is_busy(tcp);
    if (busy && tcp_refresh_route(tcp) == OK) {
        send_data(tcp);
    }
    if (busy && tcp->resend_at == 0) {
        // Something is to be sent or to be acknowledged from now on, even if it couldn't be sent.
        tcp->progress = tcp_now;
        tcp_set_resend(tcp);
    }
    if (tcp->ack_now) {
        tcp_send_ack(tcp);
    }
}

void tcp_send_forced(struct tcp *tcp) {
    uint32_t room = MIN(usable_window(tcp), congestion_room(tcp));
    uint32_t len = MIN(MIN(room, tcp_unsent(tcp)), tcp->mss);
    uint32_t sent;
    if (len > 0 && tcp_refresh_route(tcp) == OK
        && transmit_span(tcp, tcp->snd_nxt, len, &sent) == OK && sent > 0) {
        note_sent(tcp, tcp->snd_nxt, sent);
    }
}
