#ifndef __TCP_IMPL_H__
#define __TCP_IMPL_H__

/// \file
/// TCP's own: what its files share. docs/tcp.md tells which file does what.
///
/// Sequence numbers are compared modulo 2^32 (RFC 9293, 3.4). All times are milliseconds; those that are kept
/// in 32 bits wrap and are compared in the same way.
///
/// Nobody calls back into TCP: ip_send doesn't, tcp_event doesn't. So a connection that is worked on stays,
/// unless the function that works on it ends it.

#include <inet/env.h>
#include <inet/ip.h>
#include <inet/tcp.h>
#include <list.h>
#include <types.h>

#include "constants.h"

enum tcp_counter_id {
    TCP_COUNT_IN,
    TCP_COUNT_OUT,
    TCP_COUNT_BAD_CHECKSUM,
    TCP_COUNT_BAD_HEADER,
    TCP_COUNT_CONNECTS,
    TCP_COUNT_ACCEPTS,
    TCP_COUNT_RESETS_IN,
    TCP_COUNT_RESETS_OUT,
    TCP_COUNT_RETRANSMITS,
    TCP_COUNT_TIMEOUTS,
    TCP_COUNT_RECOVERIES,
    TCP_COUNT_UNDONE,
    TCP_COUNT_OUT_OF_ORDER,
    TCP_COUNT_DUPLICATES,
    TCP_COUNT_NO_MEMORY,
    TCP_COUNT_PAWS,
    TCP_COUNT_CHALLENGES,
    TCP_COUNT_PROBES,
    TCP_COUNT_SYN_DROPPED,
    TCP_COUNT_COOKIES_SENT,
    TCP_COUNT_COOKIES_TAKEN,
    TCP_COUNT_BLACK_HOLES,
    TCP_NUM_COUNTERS,
};

/// Sequence numbers from `start` up to, not including, `end`.
struct tcp_range {
    uint32_t start;
    uint32_t end;
};

/// What stands in the table of connections.
enum tcp_kind {
    TCP_KIND_CONNECTION,
    TCP_KIND_HALF_OPEN,
    TCP_KIND_TIME_WAIT,
};

struct tcp_node {
    struct tcp_node *next;  ///< Of the same hash.
    struct ip_addr local;
    struct ip_addr remote;
    uint16_t local_port;
    uint16_t remote_port;
    uint8_t kind;  ///< enum tcp_kind
    bool hashed;
};

/// A segment that was received, taken apart. Its header is in memory that drivers reach: it is read once.
struct tcp_segment {
    const struct ip_info *info;
    struct buf *packet;  ///< The payload. Who takes it over sets it to NULL.
    uint32_t seq;
    uint32_t ack;
    uint32_t len;     ///< Of the payload.
    uint32_t window;  ///< As it is in the header, not shifted.
    uint16_t local_port;
    uint16_t remote_port;
    uint8_t flags;
    bool has_timestamps;
    bool sack_permitted;
    uint8_t shift;  ///< Of windows, or TCP_NO_SHIFT.
    uint8_t num_sacks;
    uint16_t mss;  ///< 0: not told.
    uint32_t timestamp;
    uint32_t echo;
    struct tcp_range sacks[4];
};
#define TCP_NO_SHIFT 0xffu

/// What both sides have agreed on with their SYNs.
struct tcp_terms {
    uint16_t mss;  ///< What the peer takes.
    bool timestamps;
    bool sack;
    bool scaling;
    uint8_t shift;  ///< The peer's.
};

/// Ranges that have come before what is in front of them, in order; no two touch.
struct tcp_reorder_range {
    struct tcp_range range;
    struct buf *head;
    struct buf *tail;  ///< The last buffer of the chain.
    uint32_t stamp;    ///< The larger, the later something was added.
};

struct tcp_reorder {
    unsigned count;
    uint32_t stamp;
    struct tcp_reorder_range ranges[TCP_REORDER_MAX];
};

enum tcp_phase {
    TCP_PHASE_OPEN,      ///< No loss is known.
    TCP_PHASE_RECOVERY,  ///< Fast recovery (RFC 6582, RFC 6675).
    TCP_PHASE_LOSS,      ///< After a time-out: all that is on the way counts as lost.
};

struct tcp {
    struct tcp_node node;  ///< First.
    list_elem_t in_all;
    list_elem_t in_dirty;    ///< Of those that tcp_flush looks at.
    list_elem_t in_waiting;  ///< Of those that wait to be accepted by `listener`.
    struct tcp *listener;
    void *user;
    bool has_user;
    bool orphan;  ///< tcp_close was called.
    uint8_t state;
    uint8_t phase;  ///< enum tcp_phase
    uint8_t told;   ///< Events that hold and that the user was told of.
    error_t error;
    error_t soft_error;  ///< What ICMP said, which may be gone by now: told if time runs out.

    // A listening socket's.
    list_t waiting;
    unsigned num_waiting;
    unsigned backlog;
    unsigned num_half_open;

    struct tcp_terms terms;
    struct ip_route route;
    uint16_t mss;  ///< Payload of a full segment now: path, peer, and options taken into account.
    uint32_t largest;    ///< What one call of ip_send takes, in whole segments.
    uint16_t mss_limit;  ///< What black-hole detection and ICMP leave.
    bool fragment;       ///< Black hole: routers may cut what we send.
    uint8_t ttl;         ///< 0: the usual.

    // Sending (RFC 9293, 3.3.1). send_head has the bytes from send_seq on.
    uint32_t iss;
    uint32_t snd_una;
    uint32_t snd_nxt;
    uint32_t snd_wnd;
    uint32_t snd_wl1;
    uint32_t snd_wl2;
    uint32_t max_wnd;
    uint32_t
        small_end;  ///< Where the last segment ended that wasn't full (Minshall's variant of Nagle's).
    struct buf *send_head;
    struct buf *send_tail;
    struct buf
        *cursor;  ///< Where the last segment sent began, and its sequence number. NULL: nowhere.
    uint32_t cursor_seq;
    uint32_t send_seq;
    uint32_t send_bytes;
    uint32_t send_limit;
    bool fin_queued;  ///< FIN comes after the last byte.
    bool nodelay;
    bool
        probing;  ///< The byte at snd_nxt was sent into a closed window, and doesn't count as sent.
    bool blocked;  ///< ip_send had no room, or there was no buffer.

    // Loss (RFC 6675).
    uint8_t num_sacked;
    uint8_t dup_acks;
    bool resend_now;     ///< The first hole may be sent whatever the window says.
    bool was_full;       ///< The congestion window was what held the last transmission back.
    uint32_t recover;    ///< The phase ends when that is acknowledged.
    uint32_t high_rxt;   ///< What is before it was sent again.
    uint32_t lost_edge;  ///< What is before it, and not sacked, is lost.
    uint32_t dup_bytes;  ///< Without SACK: what duplicate acknowledgements say has arrived.
    struct tcp_range sacked[TCP_SACKED_MAX];

    // What to go back to if nothing was lost after all (RFC 3522).
    bool may_undo;  ///< What is below is of the last reduction, and nothing was acknowledged since.
    bool has_resent;  ///< Something was sent again since: at `resent_at`, as timestamps count.
    uint32_t resent_at;
    uint32_t undo_cwnd;
    uint32_t undo_ssthresh;
    uint32_t undo_cubic_max;

    // Congestion control, in bytes (RFC 5681, RFC 9438).
    uint32_t cwnd;
    uint32_t ssthresh;
    uint32_t cubic_max;
    uint32_t cubic_estimate;
    uint32_t cubic_prior;
    uint32_t cubic_k;
    uint64_t cubic_epoch;  ///< 0: none has begun.

    // Time.
    uint32_t srtt;    ///< In 1/8 ms; 0: nothing was measured.
    uint32_t rttvar;  ///< In 1/4 ms.
    uint32_t rto;
    uint8_t backoff;
    bool timing;         ///< Without timestamps: rtt_seq is on its way since rtt_start.
    bool syn_resent;     ///< A SYN was.
    uint8_t keepalives;  ///< Unanswered.
    uint32_t rtt_seq;
    uint64_t rtt_start;
    uint64_t heard;      ///< When the peer sent something last.
    uint64_t confirmed;  ///< When its route was said to work.
    uint64_t
        progress;   ///< When it acknowledged something, or there was nothing to be acknowledged.
    uint64_t sent;  ///< When data was sent last.
    uint64_t
        resend_at;  ///< Retransmission, or probe of a closed window. 0, for all of them: never.
    uint64_t ack_at;
    uint64_t tell_at;  ///< The user wants to write, and others have all buffers.
    uint64_t idle_at;  ///< Keep-alive, end of FIN-WAIT-2.
    uint32_t keepalive_s;

    // Receiving.
    uint32_t irs;
    uint32_t rcv_nxt;
    uint32_t rcv_adv;  ///< The window's right edge as the peer knows it.
    uint32_t rcv_mss;  ///< What it sends at most, as far as we have seen.
    uint32_t receive_limit;
    uint32_t recv_bytes;
    uint32_t unacked;  ///< Bytes that came since the last acknowledgement.
    struct buf *recv_head;
    struct buf *recv_tail;
    struct tcp_reorder *reorder;  ///< NULL: nothing is out of order.
    uint32_t fin_seq;
    bool fin_seen;      ///< FIN stands at fin_seq.
    bool fin_received;  ///< It is in order.
    bool discard;       ///< tcp_shutdown_receive
    bool ack_now;
    uint32_t ts_recent;
    uint32_t ts_offset;
    uint64_t ts_recent_at;
    uint32_t last_ack_sent;
    uint64_t challenged;
};

/// A connection that somebody has asked for and not confirmed yet: SYN-RECEIVED of a listening socket.
struct tcp_half_open {
    struct tcp_node node;  ///< First.
    list_elem_t in_all;
    struct tcp *listener;
    struct tcp_terms terms;
    uint32_t iss;
    uint32_t irs;
    uint32_t ts_recent;
    uint64_t resend_at;
    uint64_t sent;
    uint8_t resends;
};

/// The end of a connection (RFC 9293, 3.10.7.4; RFC 6191).
struct tcp_time_wait {
    struct tcp_node node;  ///< First.
    list_elem_t in_all;    ///< Oldest first.
    uint32_t snd_nxt;
    uint32_t rcv_nxt;
    uint32_t rcv_wnd;
    uint32_t ts_recent;
    uint32_t ts_offset;
    bool timestamps;
    uint64_t started;
    uint64_t ends;
};

static inline bool seq_lt(uint32_t a, uint32_t b) {
    return (int32_t) (a - b) < 0;
}

static inline bool seq_le(uint32_t a, uint32_t b) {
    return (int32_t) (a - b) <= 0;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b) {
    return seq_lt(a, b) ? b : a;
}

static inline uint32_t seq_min(uint32_t a, uint32_t b) {
    return seq_lt(a, b) ? a : b;
}

/// Sequence numbers that a segment takes.
static inline uint32_t tcp_segment_span(const struct tcp_segment *seg) {
    return seg->len + ((seg->flags & TCP_SYN) ? 1 : 0) + ((seg->flags & TCP_FIN) ? 1 : 0);
}

static inline uint32_t tcp_flight(const struct tcp *tcp) {
    return tcp->snd_nxt - tcp->snd_una;
}

/// The sequence number behind all that was written; FIN's, if there is one.
static inline uint32_t tcp_data_end(const struct tcp *tcp) {
    return tcp->send_seq + tcp->send_bytes;
}

/// What could be sent if windows allowed: bytes, and FIN.
static inline uint32_t tcp_unsent(const struct tcp *tcp) {
    return tcp_data_end(tcp) + (tcp->fin_queued ? 1 : 0) - tcp->snd_nxt;
}

static inline uint32_t tcp_receive_window(const struct tcp *tcp) {
    return tcp->rcv_adv - tcp->rcv_nxt;
}

/// Whether there is something to send, or to send again.
static inline bool tcp_is_busy(const struct tcp *tcp) {
    return tcp->phase != TCP_PHASE_OPEN || tcp_unsent(tcp) > 0;
}

/// States in which there is a connection with both sequence numbers known.
static inline bool tcp_is_synchronized(const struct tcp *tcp) {
    return tcp->state >= TCP_ESTABLISHED && tcp->state <= TCP_LAST_ACK;
}

// table.c

/// The time, as of the outermost call into TCP.
extern uint64_t tcp_now;
extern list_t tcp_all;  ///< Connections.
extern list_t tcp_listeners;
extern list_t tcp_dirty;
extern list_t tcp_half_opens;
extern list_t tcp_time_waits;
extern uint64_t tcp_counters[TCP_NUM_COUNTERS];

static inline void tcp_count(enum tcp_counter_id id) {
    tcp_counters[id]++;
}

struct tcp_node *tcp_find(const struct ip_addr *local, uint16_t local_port,
                          const struct ip_addr *remote, uint16_t remote_port);
void tcp_hash_insert(struct tcp_node *node);
void tcp_hash_remove(struct tcp_node *node);
struct tcp *tcp_find_listener(const struct ip_addr *local, uint16_t local_port);
/// Whether somebody listens on just that address.
bool tcp_is_listening(const struct ip_addr *local, uint16_t local_port);
/// A block with what all begin with, not in the table yet. NULL: no memory.
struct tcp *tcp_new(void);
/// Frees a block and all it holds. Nobody has it any more.
void tcp_free(struct tcp *tcp);
void tcp_mark_dirty(struct tcp *tcp);
/// Nobody has it any more: it frees itself when it ends.
void tcp_make_orphan(struct tcp *tcp);
extern unsigned tcp_num_orphans;
/// Takes a connection away from those that wait to be accepted.
void tcp_unqueue(struct tcp *tcp);
/// Chooses a port (RFC 6056) for a connection to `remote`. 0: all are in use.
uint16_t tcp_choose_port(const struct ip_addr *local, const struct ip_addr *remote,
                         uint16_t remote_port);
/// Tells the user of what has begun to hold.
void tcp_tell(struct tcp *tcp);
/// RFC 6528: the clock, and a hash of both ends.
uint32_t tcp_choose_iss(const struct tcp_node *node);
/// The same for timestamps, so that a pair of ends' clock goes on from one connection to the next.
uint32_t tcp_timestamp_offset(const struct tcp_node *node);

// input.c

/// The rest of what is done with a segment for a connection that isn't in SYN-SENT. Takes the packet over.
void tcp_process(struct tcp *tcp, struct tcp_segment *seg);
/// The payload and FIN of an acceptable segment (receive.c).
void tcp_receive(struct tcp *tcp, struct tcp_segment *seg);
/// Frees what came early. Whoever sent it will do so again.
void tcp_reorder_free(struct tcp *tcp);
/// The blocks for a SACK option, latest first. Returns how many.
unsigned tcp_reorder_blocks(const struct tcp *tcp, struct tcp_range *blocks, unsigned max);
/// Keeps the part [start, start + len) that came early, which is `packet`, and takes it over.
void tcp_reorder_add(struct tcp *tcp, uint32_t start, struct buf *packet);
/// The chain that begins at rcv_nxt or before and its length; NULL: it hasn't come.
struct buf *tcp_reorder_take(struct tcp *tcp, uint32_t *len);

// state.c

void tcp_process_syn_sent(struct tcp *tcp, struct tcp_segment *seg);
/// Our SYN was acknowledged.
void tcp_established(struct tcp *tcp);
/// The peer's FIN is in order, or ours was acknowledged: goes on to the next state. False: the block is gone.
bool tcp_fin_received(struct tcp *tcp);
bool tcp_fin_acked(struct tcp *tcp);
/// The connection is over. Its buffers are freed, what can be read excepted; the block itself if it is an orphan, or
/// nobody has accepted it.
void tcp_end(struct tcp *tcp, error_t err);

// time_wait.c

/// Remembers the connection, whose block may be freed then.
void tcp_time_wait_add(const struct tcp *tcp, uint32_t window);
/// Answers a segment for a connection in TIME-WAIT. True: it is a SYN that may begin a new one, the block is gone,
/// and the new ISN must be `*iss` or later.
bool tcp_time_wait_input(struct tcp_time_wait *block, const struct tcp_segment *seg, uint32_t *iss);
/// Whether tcp_connect may take over its ends.
bool tcp_time_wait_reusable(const struct tcp_time_wait *block);
void tcp_time_wait_free(struct tcp_time_wait *block);

// ack.c

/// The acknowledgement of an acceptable segment. False: it is to be dropped, or the connection is gone.
bool tcp_process_ack(struct tcp *tcp, const struct tcp_segment *seg);
/// A time that the peer has echoed. What can't be ours measures nothing.
void tcp_measure_echo(struct tcp *tcp, uint32_t echo);
/// What holds of the peer's window.
void tcp_update_window(struct tcp *tcp, const struct tcp_segment *seg);
/// Bytes that are believed to be on their way (RFC 6675, 4).
uint32_t tcp_pipe_with_losses(const struct tcp *tcp);
static inline uint32_t tcp_pipe(const struct tcp *tcp) {
    bool losses = tcp->phase != TCP_PHASE_OPEN || tcp->dup_acks > 0;
    return UNLIKELY(losses) ? tcp_pipe_with_losses(tcp) : tcp_flight(tcp);
}
/// A retransmission time-out, or a path that takes less: all that is on its way is lost.
void tcp_all_lost(struct tcp *tcp);

// sack.c

/// Notes what was sacked. Returns how many bytes are new.
uint32_t tcp_sack_add(struct tcp *tcp, const struct tcp_segment *seg);
/// Forgets what is before snd_una.
void tcp_sack_advance(struct tcp *tcp);
/// Bytes from snd_una to `seq` that weren't sacked.
uint32_t tcp_sack_missing(const struct tcp *tcp, uint32_t seq);
/// Where RFC 6675's IsLost ends to hold.
uint32_t tcp_sack_lost_edge(const struct tcp *tcp);
/// The first hole from `seq` on, before `limit`. False: there is none.
bool tcp_sack_hole(const struct tcp *tcp, uint32_t seq, uint32_t limit, struct tcp_range *hole);

// congestion.c

void tcp_congestion_init(struct tcp *tcp);
void tcp_congestion_acked(struct tcp *tcp, uint32_t acked);
/// Loss that duplicate acknowledgements have told; that a time-out has.
void tcp_congestion_loss(struct tcp *tcp);
void tcp_congestion_timeout(struct tcp *tcp);
/// Nothing was lost: the windows are what they were before the last reduction.
void tcp_congestion_undo(struct tcp *tcp);
/// RFC 5681, 4.1: the window is no longer known after a pause.
void tcp_congestion_idle(struct tcp *tcp);

// output.c

/// Sends what may be sent, and an acknowledgement if one is due.
void tcp_output(struct tcp *tcp);
/// Sends one segment of `len` bytes from `seq` on, less if it doesn't fit (`*sent`). `seq` may be before
/// send_seq, then there is no payload.
error_t tcp_transmit(struct tcp *tcp, uint32_t seq, uint32_t len, unsigned flags, uint32_t *sent);
void tcp_send_ack(struct tcp *tcp);
/// RFC 5961: an acknowledgement that whoever really is there will put right.
void tcp_send_challenge(struct tcp *tcp);
void tcp_send_reset(struct tcp *tcp);
void tcp_send_syn(struct tcp *tcp);
/// The byte behind what was sent, into a window that has no room (or that won't say that it has).
void tcp_send_probe(struct tcp *tcp);
/// Sends what the window takes though it isn't much (RFC 9293, 3.8.6.2.1, the override).
void tcp_send_forced(struct tcp *tcp);
void tcp_send_keepalive(struct tcp *tcp);
/// Bytes that one connection may have waiting to be read. What is free is shared: the less there is, the less of
/// it each gets.
static inline uint32_t tcp_receive_share(void) {
    return buf_num_free() * (NET_BUFFER_LEN / 8);
}

/// How far the window could go now.
uint32_t tcp_new_edge(const struct tcp *tcp);
/// Looks the route up if it may have changed, and with it the size of segments.
error_t __mustuse tcp_refresh_route(struct tcp *tcp);
void tcp_update_mss(struct tcp *tcp);

// queue.c

/// Appends copies of bytes. Returns how many: less if there is no buffer left.
size_t tcp_queue_append(struct tcp *tcp, const uint8_t *src, size_t len);
/// Drops what was acknowledged.
void tcp_queue_drop(struct tcp *tcp, uint32_t len);
void tcp_queue_free(struct tcp *tcp);
/// The parts of buffers that have `len` bytes from `seq` on, at most `max`. Returns the bytes found.
uint32_t tcp_queue_slices(struct tcp *tcp, uint32_t seq, uint32_t len, struct ip_slice *slices,
                          unsigned max, unsigned *count);
/// Copies bytes that are there.
void tcp_queue_copy(struct tcp *tcp, uint32_t seq, uint8_t *dst, uint32_t len);
/// Takes over a chain of received bytes.
void tcp_queue_received(struct tcp *tcp, struct buf *packet, uint32_t len);
size_t tcp_queue_read(struct tcp *tcp, uint8_t *dst, size_t len);

// bare.c: segments without a connection.

/// The header's fixed part, the rest of which is computed.
struct tcp_fields {
    uint16_t local_port;
    uint16_t remote_port;
    uint32_t seq;
    uint32_t ack;
    uint8_t flags;
    uint16_t window;
};

struct tcp_bare {
    const struct ip_addr *local;
    const struct ip_addr *remote;
    struct tcp_fields fields;
    bool timestamps;
    uint32_t timestamp;
    uint32_t echo;
    const struct tcp_terms *terms;  ///< With SYN: options that answer these. NULL: none.
};
void tcp_send_bare(const struct tcp_bare *bare);
/// RST as RFC 9293, 3.10.7.1 has it; nothing, if the segment is one.
void tcp_refuse(const struct tcp_segment *seg);

// options.c

/// Takes the header apart and cuts it off. False: it is malformed.
bool tcp_parse(struct tcp_segment *seg);
/// Writes options to where there is room for 40 bytes. Returns how many, a multiple of 4.
size_t tcp_write_syn_options(uint8_t *p, const struct tcp_terms *terms, uint16_t mss,
                             uint32_t timestamp, uint32_t echo);
size_t tcp_write_timestamps(uint8_t *p, uint32_t timestamp, uint32_t echo);
size_t tcp_write_sacks(uint8_t *p, const struct tcp_range *blocks, unsigned count);
void tcp_write_header(uint8_t *p, const struct tcp_fields *fields, size_t options_len);
/// What both sides have, of the peer's SYN.
void tcp_agree(const struct tcp_segment *seg, struct tcp_terms *terms);
/// What we offer with our SYN.
extern const struct tcp_terms tcp_offer;
/// What to tell as our MSS on a route.
uint16_t tcp_mss_of(const struct ip_route *route, const struct ip_addr *remote);

// listen.c

/// A SYN for a listening socket. `iss` is what the first sequence number mustn't be before, if not 0.
void tcp_listen_input(struct tcp *listener, const struct tcp_segment *seg, uint32_t iss);
/// An ACK or RST for a half-open connection.
void tcp_half_open_input(struct tcp_half_open *half, struct tcp_segment *seg);
/// An ACK that nobody knows; maybe a cookie's. Returns the new connection or NULL.
struct tcp *tcp_cookie_input(struct tcp *listener, const struct tcp_segment *seg);
void tcp_half_open_tick(struct tcp_half_open *half);
void tcp_half_open_free(struct tcp_half_open *half);
/// The listening socket goes away with all that wait for it.
void tcp_listen_close(struct tcp *listener);

// cookie.c

uint32_t tcp_cookie_make(const struct tcp_segment *seg, uint16_t mss);
/// The MSS in the cookie; 0: it is none of ours, or too old.
uint16_t tcp_cookie_check(const struct tcp_segment *seg, uint32_t cookie);
/// A timestamp that carries the terms in its low bits, and the terms out of one that is echoed.
uint32_t tcp_cookie_timestamp(const struct tcp_terms *terms, uint32_t timestamp);
void tcp_cookie_terms(uint32_t timestamp, struct tcp_terms *terms);

// timer.c

/// Asks for a tick at that time. Times may be put off later without a word: the tick comes, and finds nothing.
void tcp_call_at(uint64_t when);
void tcp_set_resend(struct tcp *tcp);
void tcp_set_ack_timer(struct tcp *tcp);
void tcp_set_idle_timer(struct tcp *tcp);
void tcp_measured(struct tcp *tcp, uint32_t rtt_ms);
uint32_t tcp_resend_delay(const struct tcp *tcp);

#endif
