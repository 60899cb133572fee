// Makes segments and hands them to IP.

#include <inet/bytes.h>

#include "tcp_impl.h"

static unsigned own_shift(const struct tcp *tcp) {
    return tcp->terms.scaling ? TCP_WINDOW_SHIFT : 0;
}

uint32_t tcp_new_edge(const struct tcp *tcp) {
    uint32_t room = tcp->receive_limit - MIN(tcp->recv_bytes, tcp->receive_limit);
    uint32_t share = tcp_receive_share();
    if (room > share) {
        // But one that nobody has to read from gets on in any case.
        room = MAX(share, (tcp->recv_bytes == 0) ? 2 * tcp->rcv_mss : 0);
    }
    room = MIN(room, 0xffffu << own_shift(tcp));
    uint32_t edge = tcp->rcv_nxt + room;
    // RFC 9293, 3.8.6.2.2: not in small steps, and never back.
    uint32_t step = MIN(tcp->receive_limit / 2, tcp->rcv_mss);
    return seq_lt(edge, tcp->rcv_adv + step) ? tcp->rcv_adv : edge;
}

/// The window to tell, which is ours to keep from then on.
static uint16_t window_field(struct tcp *tcp, unsigned flags) {
    tcp->rcv_adv = tcp_new_edge(tcp);
    unsigned shift = (flags & TCP_SYN) ? 0 : own_shift(tcp);
    return (uint16_t) MIN(tcp_receive_window(tcp) >> shift, 0xffffu);
}

static size_t write_options(struct tcp *tcp, uint8_t *p, unsigned flags, uint32_t len) {
    uint32_t timestamp = (uint32_t) tcp_now + tcp->ts_offset;
    if (flags & TCP_SYN) {
        const struct tcp_terms *terms = (tcp->state == TCP_SYN_SENT) ? &tcp_offer : &tcp->terms;
        return tcp_write_syn_options(p, terms, tcp_mss_of(&tcp->route, &tcp->node.remote),
                                     timestamp, tcp->ts_recent);
    }
    size_t written = 0;
    if (tcp->terms.timestamps) {
        written = tcp_write_timestamps(p, timestamp, tcp->ts_recent);
    }
    // Data leaves no room for them: what came early was acknowledged by itself.
    if (tcp->reorder != NULL && len == 0 && tcp->terms.sack) {
        struct tcp_range blocks[4];
        unsigned count = tcp_reorder_blocks(tcp, blocks, (written > 0) ? 3 : 4);
        written += (count > 0) ? tcp_write_sacks(p + written, blocks, count) : 0;
    }
    return written;
}

static void write_headers(struct tcp *tcp, struct buf *header, uint32_t seq, uint32_t len,
                          unsigned flags) {
    header->start = BUF_HEADROOM;
    uint8_t *p = buf_data(header);
    size_t options = write_options(tcp, p + TCP_HEADER_LEN, flags, len);
    struct tcp_fields fields = {
        .local_port = tcp->node.local_port,
        .remote_port = tcp->node.remote_port,
        .seq = seq,
        .ack = (flags & TCP_ACK) ? tcp->rcv_nxt : 0,
        .flags = (uint8_t) flags,
        .window = window_field(tcp, flags),
    };
    tcp_write_header(p, &fields, options);
    header->len = (uint16_t) (TCP_HEADER_LEN + options);
}

/// What is acknowledged now needs no other acknowledgement.
static void note_acknowledged(struct tcp *tcp) {
    tcp->ack_now = false;
    tcp->ack_at = 0;
    tcp->unacked = 0;
    tcp->last_ack_sent = tcp->rcv_nxt;
}

static error_t note_failure(struct tcp *tcp, error_t err) {
    switch (err) {
    case ERR_WOULD_BLOCK:
    case ERR_NO_MEMORY:
        tcp->blocked = true;
        return err;
    case ERR_TOO_LARGE:
    case ERR_TRY_AGAIN:
        // The path has become narrower, or leads to a device that can do less.
        tcp->route.generation = ip_generation() - 1;
        return err;
    default:
        tcp->soft_error = err;
        return OK;  // As good as lost on the way.
    }
}

static error_t send_packet(struct tcp *tcp, struct buf *header, const struct ip_slice *slices,
                           unsigned num_slices, uint16_t mss) {
    struct ip_packet packet = {
        .route = &tcp->route,
        .dst = tcp->node.remote,
        .protocol = IP_PROTO_TCP,
        .ttl = tcp->ttl,
        .dont_fragment = !tcp->fragment,
        .checksum_at = TCP_CHECKSUM_AT,
        .mss = mss,
        .header = header,
        .slices = slices,
        .num_slices = num_slices,
    };
    error_t err = ip_send(&packet);
    if (err != OK) {
        return note_failure(tcp, err);
    }
    tcp_count(TCP_COUNT_OUT);
    return OK;
}

/// Copies payload behind the header.
static void copy_payload(struct tcp *tcp, struct buf *header, uint32_t seq, uint32_t len) {
    tcp_queue_copy(tcp, seq, buf_data(header) + header->len, len);
    header->len += (uint16_t) len;
}

/// What a header's buffer takes besides.
#define COPY_ROOM (NET_BUFFER_LEN - BUF_HEADROOM - TCP_HEADER_MAX)

/// Finds the payload, as much as one frame takes, in whole segments. Returns how much.
static uint32_t find_payload(struct tcp *tcp, uint32_t seq, uint32_t len, struct ip_slice *slices,
                             unsigned *count) {
    unsigned most = MIN(MAX(tcp->route.max_pieces, 2u), NET_PIECES_MAX) - 1;
    if (len > tcp->mss) {
        uint32_t found = tcp_queue_slices(tcp, seq, len, slices, most, count);
        if (found == len) {
            return found;
        }
        len = MAX(found - found % tcp->mss, (uint32_t) tcp->mss);
    }
    // What can be copied may be in any number of pieces.
    return tcp_queue_slices(tcp, seq, len, slices, (len <= COPY_ROOM) ? NET_PIECES_MAX : most,
                            count);
}

/// Whether a segment has to be copied: it is in more pieces than the device takes.
static bool is_scattered(const struct tcp *tcp, uint32_t len, unsigned count) {
    return count >= tcp->route.max_pieces && len <= COPY_ROOM;
}

error_t tcp_transmit(struct tcp *tcp, uint32_t seq, uint32_t len, unsigned flags, uint32_t *sent) {
    *sent = 0;
    struct buf *header = buf_alloc(len == 0);
    if (header == NULL) {
        tcp_count(TCP_COUNT_NO_MEMORY);
        return note_failure(tcp, ERR_NO_MEMORY);
    }
    struct ip_slice slices[NET_PIECES_MAX];
    unsigned count = 0;
    uint32_t found = len;
    if (len > TCP_COPY_MAX) {
        found = find_payload(tcp, seq, len, slices, &count);
        flags = (found < len) ? flags & ~(TCP_FIN | TCP_PSH) : flags;
    }
    write_headers(tcp, header, seq, len, flags);
    if (found > 0 && (count == 0 || is_scattered(tcp, found, count))) {
        copy_payload(tcp, header, seq, found);
        count = 0;
    }
    error_t err = send_packet(tcp, header, slices, count, (found > tcp->mss) ? tcp->mss : 0);
    if (err != OK) {
        return err;
    }
    if (flags & TCP_ACK) {
        note_acknowledged(tcp);
    }
    *sent = found + ((flags & TCP_FIN) ? 1 : 0);
    return OK;
}

/// Sends a segment without payload.
static void send_empty(struct tcp *tcp, uint32_t seq, unsigned flags) {
    if (tcp_refresh_route(tcp) != OK) {
        return;
    }
    uint32_t sent;
    (void) tcp_transmit(tcp, seq, 0, flags, &sent);
}

void tcp_send_ack(struct tcp *tcp) {
    tcp->ack_now = true;  // If it can't be sent now, it is sent later.
    send_empty(tcp, tcp->snd_nxt, TCP_ACK);
}

void tcp_send_challenge(struct tcp *tcp) {
    if (tcp->challenged != 0 && tcp_now - tcp->challenged < TCP_CHALLENGE_EVERY) {
        return;
    }
    tcp->challenged = MAX(tcp_now, 1u);
    tcp_count(TCP_COUNT_CHALLENGES);
    tcp_send_ack(tcp);
}

void tcp_send_reset(struct tcp *tcp) {
    tcp_count(TCP_COUNT_RESETS_OUT);
    send_empty(tcp, tcp->snd_nxt, TCP_RST | TCP_ACK);
}

void tcp_send_syn(struct tcp *tcp) {
    tcp->snd_nxt = tcp->iss + 1;
    send_empty(tcp, tcp->iss, TCP_SYN | ((tcp->state == TCP_SYN_RECEIVED) ? TCP_ACK : 0));
    tcp_set_resend(tcp);
}

void tcp_send_keepalive(struct tcp *tcp) {
    // A number that was acknowledged already makes the peer answer (RFC 9293, 3.8.4).
    send_empty(tcp, tcp->snd_una - 1, TCP_ACK);
}

void tcp_send_probe(struct tcp *tcp) {
    uint32_t sent;
    bool fin = tcp->snd_nxt == tcp_data_end(tcp);
    if (tcp_refresh_route(tcp) != OK) {
        return;
    }
    tcp_count(TCP_COUNT_PROBES);
    tcp->probing = true;
    (void) tcp_transmit(tcp, tcp->snd_nxt, fin ? 0 : 1, TCP_ACK | (fin ? TCP_FIN : 0), &sent);
}
