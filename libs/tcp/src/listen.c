// Listening sockets. A SYN makes a small block, which becomes a connection when its SYN-ACK is acknowledged. If there
// are too many of them, cookies do instead (cookie.c), so that a flood of SYNs keeps nobody out.

#include <inet/bytes.h>
#include <resea/malloc.h>

#include "tcp_impl.h"

#define SYN_ACK_RESENDS 5u
/// How long after the last cookie was sent one may come back.
#define COOKIE_LIFE 128000u

static unsigned num_half_open;
/// UINT64_MAX: none was sent yet.
static uint64_t cookie_sent = UINT64_MAX;

void tcp_half_open_free(struct tcp_half_open *half) {
    tcp_hash_remove(&half->node);
    list_remove(&half->in_all);
    half->listener->num_half_open--;
    num_half_open--;
    free(half);
}

/// What a SYN-ACK tells: the peer's first window isn't shifted.
static uint32_t first_window(const struct tcp *listener) {
    uint32_t window = MIN(listener->receive_limit, 0xffffu);
    return MIN(window, MAX(tcp_receive_share(), 2 * TCP_MSS_V4));
}

static void send_syn_ack(struct tcp_half_open *half) {
    tcp_send_bare(&(struct tcp_bare){
        .local = &half->node.local,
        .remote = &half->node.remote,
        .fields =
            {
                .local_port = half->node.local_port,
                .remote_port = half->node.remote_port,
                .seq = half->iss,
                .ack = half->irs + 1,
                .flags = TCP_SYN | TCP_ACK,
                .window = (uint16_t) first_window(half->listener),
            },
        .timestamp = (uint32_t) tcp_now + tcp_timestamp_offset(&half->node),
        .echo = half->ts_recent,
        .terms = &half->terms,
    });
    half->resend_at = tcp_now + ((uint64_t) TCP_RTO_FIRST << half->resends);
    tcp_call_at(half->resend_at);
}

void tcp_half_open_tick(struct tcp_half_open *half) {
    if (half->resends == SYN_ACK_RESENDS) {
        tcp_half_open_free(half);
        return;
    }
    half->resends++;
    tcp_count(TCP_COUNT_TIMEOUTS);
    send_syn_ack(half);
}

static void node_of(const struct tcp_segment *seg, struct tcp_node *node) {
    *node = (struct tcp_node){
        .local = seg->info->dst,
        .remote = seg->info->src,
        .local_port = seg->local_port,
        .remote_port = seg->remote_port,
    };
}

static void remember(struct tcp *listener, const struct tcp_segment *seg, uint32_t iss) {
    struct tcp_half_open *half = malloc(sizeof(*half));
    if (half == NULL) {
        tcp_count(TCP_COUNT_NO_MEMORY);
        return;
    }
    memset(half, 0, sizeof(*half));
    node_of(seg, &half->node);
    half->node.kind = TCP_KIND_HALF_OPEN;
    half->listener = listener;
    half->iss = tcp_choose_iss(&half->node);
    if (iss != 0 && seq_lt(half->iss, iss)) {
        half->iss = iss;
    }
    half->irs = seg->seq;
    half->ts_recent = seg->has_timestamps ? seg->timestamp : 0;
    half->sent = tcp_now;
    tcp_agree(seg, &half->terms);
    tcp_hash_insert(&half->node);
    list_push_back(&tcp_half_opens, &half->in_all);
    listener->num_half_open++;
    num_half_open++;
    send_syn_ack(half);
}

static void send_cookie(const struct tcp *listener, const struct tcp_segment *seg) {
    struct tcp_node node;
    node_of(seg, &node);
    struct tcp_terms terms;
    tcp_agree(seg, &terms);
    if (!terms.timestamps) {
        // There is no place to note these.
        terms.scaling = false;
        terms.sack = false;
    }
    uint32_t now = (uint32_t) tcp_now + tcp_timestamp_offset(&node);
    tcp_send_bare(&(struct tcp_bare){
        .local = &node.local,
        .remote = &node.remote,
        .fields =
            {
                .local_port = node.local_port,
                .remote_port = node.remote_port,
                .seq = tcp_cookie_make(seg, terms.mss),
                .ack = seg->seq + 1,
                .flags = TCP_SYN | TCP_ACK,
                .window = (uint16_t) first_window(listener),
            },
        .timestamp = tcp_cookie_timestamp(&terms, now),
        .echo = seg->timestamp,
        .terms = &terms,
    });
    cookie_sent = tcp_now;
    tcp_count(TCP_COUNT_COOKIES_SENT);
}

void tcp_listen_input(struct tcp *listener, const struct tcp_segment *seg, uint32_t iss) {
    if (listener->num_waiting >= listener->backlog) {
        tcp_count(TCP_COUNT_SYN_DROPPED);  // It comes again; by then one may have been accepted.
    } else if (num_half_open >= TCP_HALF_OPEN_MAX) {
        send_cookie(listener, seg);
    } else {
        remember(listener, seg, iss);
    }
}

/// A connection, complete: it waits to be accepted. NULL: there is no room.
static struct tcp *new_connection(struct tcp *listener, const struct tcp_node *node,
                                  const struct tcp_terms *terms, uint32_t iss, uint32_t irs) {
    if (listener->num_waiting >= listener->backlog) {
        tcp_count(TCP_COUNT_SYN_DROPPED);
        return NULL;
    }
    struct tcp *tcp = tcp_new();
    if (tcp == NULL) {
        return NULL;
    }
    tcp->node = *node;
    tcp->node.kind = TCP_KIND_CONNECTION;
    tcp->node.hashed = false;
    tcp->terms = *terms;
    tcp->nodelay = listener->nodelay;
    tcp->ttl = listener->ttl;
    tcp->keepalive_s = listener->keepalive_s;
    tcp->send_limit = listener->send_limit;
    tcp->receive_limit = listener->receive_limit;
    tcp->iss = iss;
    tcp->snd_nxt = iss + 1;
    tcp->send_seq = iss + 1;
    tcp->irs = irs;
    tcp->rcv_nxt = irs + 1;
    tcp->rcv_adv = irs + 1 + first_window(listener);
    tcp->last_ack_sent = tcp->rcv_nxt;
    tcp->snd_wl1 = irs;
    tcp->snd_wl2 = iss;
    tcp->ts_recent_at = tcp_now;
    tcp->ts_offset = tcp_timestamp_offset(&tcp->node);
    if (ip_route(&tcp->node.remote, &tcp->node.local, &tcp->route) != OK) {
        tcp_free(tcp);
        return NULL;
    }
    return tcp;
}

static void queue_connection(struct tcp *listener, struct tcp *tcp) {
    tcp_established(tcp);
    tcp_hash_insert(&tcp->node);
    tcp->listener = listener;
    list_push_back(&listener->waiting, &tcp->in_waiting);
    listener->num_waiting++;
    tcp_mark_dirty(listener);
    tcp_count(TCP_COUNT_ACCEPTS);
}

static void half_open_acked(struct tcp_half_open *half, struct tcp_segment *seg) {
    if (seg->ack != half->iss + 1) {
        tcp_refuse(seg);
        return;
    }
    if (half->terms.timestamps
        && (!seg->has_timestamps || seq_lt(seg->timestamp, half->ts_recent))) {
        return;
    }
    struct tcp *tcp =
        new_connection(half->listener, &half->node, &half->terms, half->iss, half->irs);
    if (tcp == NULL) {
        return;  // The SYN-ACK will be sent again, and answered again.
    }
    tcp->ts_recent = half->ts_recent;
    tcp->syn_resent = half->resends > 0;
    struct tcp *listener = half->listener;
    uint64_t sent = half->sent;
    tcp_half_open_free(half);
    queue_connection(listener, tcp);
    if (!tcp->syn_resent) {
        tcp_measured(tcp, (uint32_t) (tcp_now - sent));
    }
    tcp_process(tcp, seg);
}

void tcp_half_open_input(struct tcp_half_open *half, struct tcp_segment *seg) {
    uint32_t window = MIN(half->listener->receive_limit, 0xffffu);
    bool in_window = seg->seq - (half->irs + 1) < window;
    if (seg->flags & TCP_RST) {
        if (seg->seq == half->irs + 1) {
            tcp_count(TCP_COUNT_RESETS_IN);
            tcp_half_open_free(half);
        }
    } else if ((seg->flags & TCP_SYN) || !in_window) {
        // The SYN again, or another one, whose sender will reset what it doesn't know (RFC 5961, 4.2).
        send_syn_ack(half);
    } else if (seg->flags & TCP_ACK) {
        half_open_acked(half, seg);
    }
}

struct tcp *tcp_cookie_input(struct tcp *listener, const struct tcp_segment *seg) {
    if (cookie_sent == UINT64_MAX || tcp_now - cookie_sent > COOKIE_LIFE
        || (seg->flags & TCP_SYN)) {
        return NULL;
    }
    struct tcp_terms terms = {.mss = tcp_cookie_check(seg, seg->ack - 1)};
    if (terms.mss == 0) {
        return NULL;
    }
    struct tcp_node node;
    node_of(seg, &node);
    if (seg->has_timestamps) {
        terms.timestamps = true;
        tcp_cookie_terms(seg->echo, &terms);
    }
    struct tcp *tcp = new_connection(listener, &node, &terms, seg->ack - 1, seg->seq - 1);
    if (tcp != NULL) {
        tcp->ts_recent = seg->timestamp;
        queue_connection(listener, tcp);
        tcp_count(TCP_COUNT_COOKIES_TAKEN);
    }
    return tcp;
}

void tcp_listen_close(struct tcp *listener) {
    LIST_FOR_EACH (half, &tcp_half_opens, struct tcp_half_open, in_all) {
        if (half->listener == listener) {
            tcp_half_open_free(half);
        }
    }
    LIST_FOR_EACH (tcp, &listener->waiting, struct tcp, in_waiting) {
        tcp_send_reset(tcp);
        tcp_end(tcp, ERR_ABORTED);
    }
    tcp_free(listener);
}
