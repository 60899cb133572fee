// Timers (RFC 6298; RFC 9293, 3.8). A connection has a few times at which something is due. One scan looks at all
// connections when the earliest of them has come; putting one off costs nothing but a store.

#include <message.h>

#include "tcp_impl.h"

/// When tcp_tick has asked to be called; UINT64_MAX: never.
static uint64_t next_tick = UINT64_MAX;

void tcp_call_at(uint64_t when) {
    if (when < next_tick) {
        next_tick = when;
        inet_call_at(when);
    }
}

void tcp_measured(struct tcp *tcp, uint32_t rtt_ms) {
    uint32_t rtt = MAX(rtt_ms, 1u);
    if (tcp->srtt == 0) {
        tcp->srtt = rtt * 8;
        tcp->rttvar = rtt * 2;
    } else {
        // RFC 6298, 2.3, with alpha = 1/8 and beta = 1/4.
        uint32_t srtt = tcp->srtt / 8;
        uint32_t delta = (srtt > rtt) ? srtt - rtt : rtt - srtt;
        tcp->rttvar = tcp->rttvar - tcp->rttvar / 4 + delta;
        tcp->srtt = tcp->srtt - tcp->srtt / 8 + rtt;
    }
    tcp->rto = MIN(tcp->srtt / 8 + MAX(tcp->rttvar, TCP_RTO_SLACK_MIN), TCP_RTO_MAX);
    tcp->backoff = 0;
}

uint32_t tcp_resend_delay(const struct tcp *tcp) {
    unsigned shift = MIN(tcp->backoff, 16u);
    return (uint32_t) MIN((uint64_t) tcp->rto << shift, (uint64_t) TCP_RTO_MAX);
}

void tcp_set_resend(struct tcp *tcp) {
    if (tcp_flight(tcp) == 0 && tcp_unsent(tcp) == 0) {
        tcp->resend_at = 0;
        return;
    }
    tcp->resend_at = tcp_now + tcp_resend_delay(tcp);
    tcp_call_at(tcp->resend_at);
}

void tcp_set_ack_timer(struct tcp *tcp) {
    if (tcp->ack_at == 0) {
        tcp->ack_at = tcp_now + TCP_DELAYED_ACK;
        tcp_call_at(tcp->ack_at);
    }
}

void tcp_set_idle_timer(struct tcp *tcp) {
    tcp->idle_at = 0;
    if (tcp->state == TCP_FIN_WAIT_2 && tcp->orphan) {
        tcp->idle_at = tcp_now + TCP_FIN_WAIT_2_MS;
    } else if (tcp->keepalive_s != 0 && tcp_is_synchronized(tcp)) {
        tcp->idle_at = tcp_now + (uint64_t) tcp->keepalive_s * 1000;
    }
    if (tcp->idle_at != 0) {
        tcp_call_at(tcp->idle_at);
    }
}

static void give_up(struct tcp *tcp) {
    if (tcp->state != TCP_SYN_SENT) {
        tcp_send_reset(tcp);
    }
    tcp_end(tcp, (tcp->soft_error != OK) ? tcp->soft_error : ERR_TIMED_OUT);
}

/// RFC 4821, RFC 2923: if nothing comes through several times, it may be that what says so is filtered.
static void suspect_black_hole(struct tcp *tcp) {
    static const uint16_t sizes[] = {1024, 512};
    unsigned step = tcp->backoff - TCP_RETRIES_R1;
    if (step >= sizeof(sizes) / sizeof(sizes[0]) || tcp->mss <= sizes[step]
        || tcp_flight(tcp) <= sizes[step]) {
        return;
    }
    tcp->mss_limit = sizes[step];
    tcp->fragment = true;
    tcp_update_mss(tcp);
    tcp_count(TCP_COUNT_BLACK_HOLES);
}

static void back_off(struct tcp *tcp) {
    tcp->backoff += (tcp->backoff < 255) ? 1 : 0;
    if (tcp->backoff == TCP_RETRIES_R1) {
        tcp->route.generation = ip_generation() - 1;  // Perhaps there is another way by now.
    }
    if (tcp->backoff >= TCP_RETRIES_R1) {
        suspect_black_hole(tcp);
    }
}

static void syn_due(struct tcp *tcp) {
    if (tcp_now - tcp->progress >= TCP_SYN_TIMEOUT) {
        give_up(tcp);
        return;
    }
    tcp->syn_resent = true;
    tcp->backoff++;
    tcp_count(TCP_COUNT_TIMEOUTS);
    tcp_send_syn(tcp);
}

/// A peer that answers that it has no room may keep us waiting for ever, but not if nobody waits any more.
static bool has_timed_out(const struct tcp *tcp) {
    bool patient = tcp->snd_wnd == 0 && !tcp->orphan;
    uint64_t since = patient ? MAX(tcp->heard, tcp->progress) : tcp->progress;
    return tcp->backoff > 0 && tcp_now - since >= TCP_USER_TIMEOUT;
}

/// Nothing is on its way, as the window is closed or small (RFC 9293, 3.8.6.1).
static void probe_due(struct tcp *tcp) {
    tcp->backoff += (tcp->backoff < 255) ? 1 : 0;
    if (tcp->snd_wnd == 0) {
        tcp_send_probe(tcp);
    } else {
        tcp_send_forced(tcp);
    }
    tcp_set_resend(tcp);
}

static void resend_due(struct tcp *tcp) {
    if (tcp->state == TCP_SYN_SENT || tcp->state == TCP_SYN_RECEIVED) {
        syn_due(tcp);
    } else if (has_timed_out(tcp)) {
        give_up(tcp);
    } else if (tcp_flight(tcp) == 0) {
        probe_due(tcp);
    } else {
        tcp_count(TCP_COUNT_TIMEOUTS);
        tcp_congestion_timeout(tcp);
        tcp_all_lost(tcp);
        back_off(tcp);
        tcp_set_resend(tcp);
        tcp_output(tcp);
    }
}

static void keepalive_due(struct tcp *tcp) {
    uint64_t quiet = (uint64_t) tcp->keepalive_s * 1000;
    if (tcp->keepalives == 0 && tcp_now - tcp->heard < quiet) {
        tcp->idle_at = tcp->heard + quiet;
    } else if (tcp->keepalives == TCP_KEEPALIVE_PROBES) {
        give_up(tcp);
        return;
    } else {
        // With something unacknowledged, retransmission is probe enough.
        if (tcp_flight(tcp) == 0) {
            tcp->keepalives++;
            tcp_count(TCP_COUNT_PROBES);
            tcp_send_keepalive(tcp);
        }
        tcp->idle_at = tcp_now + MIN(tcp->keepalive_s, TCP_KEEPALIVE_EVERY_S) * 1000ull;
    }
    tcp_call_at(tcp->idle_at);
}

static void idle_due(struct tcp *tcp) {
    if (tcp->state == TCP_FIN_WAIT_2 && tcp->orphan) {
        tcp_end(tcp, OK);
    } else {
        keepalive_due(tcp);
    }
}

static bool is_due(uint64_t when) {
    return when != 0 && when <= tcp_now;
}

static void tell_due(struct tcp *tcp) {
    bool waits = tcp->has_user && !(tcp_events(tcp) & (SOCKET_WRITABLE | SOCKET_ENDED));
    tcp->tell_at = waits ? tcp_now + TCP_STARVED_MS : 0;
    tcp_tell(tcp);
}

/// Does what is due; the connection may be gone then.
static void connection_tick(struct tcp *tcp) {
    if (is_due(tcp->ack_at)) {
        tcp->ack_at = 0;
        tcp_send_ack(tcp);
    }
    if (is_due(tcp->tell_at)) {
        tell_due(tcp);
    }
    if (is_due(tcp->resend_at)) {
        resend_due(tcp);
    } else if (is_due(tcp->idle_at)) {
        idle_due(tcp);
    }
}

static uint64_t sooner(uint64_t a, uint64_t b) {
    return (b != 0 && b < a) ? b : a;
}

static uint64_t next_of_all(void) {
    uint64_t next = UINT64_MAX;
    LIST_FOR_EACH (tcp, &tcp_all, struct tcp, in_all) {
        next = sooner(sooner(next, tcp->ack_at), tcp->resend_at);
        next = sooner(sooner(next, tcp->tell_at), tcp->idle_at);
    }
    LIST_FOR_EACH (half, &tcp_half_opens, struct tcp_half_open, in_all) {
        next = sooner(next, half->resend_at);
    }
    const struct tcp_time_wait *first = LIST_FRONT(&tcp_time_waits, struct tcp_time_wait, in_all);
    return (first != NULL) ? sooner(next, first->ends) : next;
}

static void tick_all(void) {
    LIST_FOR_EACH (tcp, &tcp_all, struct tcp, in_all) {
        connection_tick(tcp);
    }
    LIST_FOR_EACH (half, &tcp_half_opens, struct tcp_half_open, in_all) {
        if (is_due(half->resend_at)) {
            tcp_half_open_tick(half);
        }
    }
    LIST_FOR_EACH (block, &tcp_time_waits, struct tcp_time_wait, in_all) {
        if (!is_due(block->ends)) {
            break;  // The others are younger.
        }
        tcp_time_wait_free(block);
    }
}

void tcp_tick(void) {
    tcp_now = inet_now();
    if (tcp_now < next_tick) {
        if (next_tick != UINT64_MAX) {
            inet_call_at(next_tick);  // The environment remembers one time, which was another's.
        }
        return;
    }
    tick_all();
    next_tick = UINT64_MAX;
    uint64_t next = next_of_all();
    if (next != UINT64_MAX) {
        tcp_call_at(MAX(next, tcp_now + 1));
    }
}
