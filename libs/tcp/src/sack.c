// What the peer has told to have of what was sent (RFC 2018): ranges behind snd_una, in order. The peer may take
// back what it told, so nothing is dropped from the send queue before it is acknowledged.

#include <inet/bytes.h>

#include "tcp_impl.h"

static uint32_t sacked_bytes(const struct tcp *tcp) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < tcp->num_sacked; i++) {
        sum += tcp->sacked[i].end - tcp->sacked[i].start;
    }
    return sum;
}

static void remove_ranges(struct tcp *tcp, unsigned at, unsigned count) {
    memmove(&tcp->sacked[at], &tcp->sacked[at + count],
            (tcp->num_sacked - at - count) * sizeof(tcp->sacked[0]));
    tcp->num_sacked -= (uint8_t) count;
}

/// Puts a range in, and makes one of those that it touches. If there are too many already it is forgotten, and
/// something will be sent in vain.
static void add_range(struct tcp *tcp, struct tcp_range new) {
    unsigned at = 0;
    while (at < tcp->num_sacked && seq_lt(tcp->sacked[at].end, new.start)) {
        at++;
    }
    unsigned touched = 0;
    while (at + touched < tcp->num_sacked && seq_le(tcp->sacked[at + touched].start, new.end)) {
        new.start = seq_min(new.start, tcp->sacked[at + touched].start);
        new.end = seq_max(new.end, tcp->sacked[at + touched].end);
        touched++;
    }
    if (touched == 0) {
        if (tcp->num_sacked == TCP_SACKED_MAX) {
            return;
        }
        memmove(&tcp->sacked[at + 1], &tcp->sacked[at],
                (tcp->num_sacked - at) * sizeof(tcp->sacked[0]));
        tcp->num_sacked++;
        touched = 1;
    }
    tcp->sacked[at] = new;
    remove_ranges(tcp, at + 1, touched - 1);
}

uint32_t tcp_sack_add(struct tcp *tcp, const struct tcp_segment *seg) {
    if (!tcp->terms.sack) {
        return 0;
    }
    uint32_t before = sacked_bytes(tcp);
    for (unsigned i = 0; i < seg->num_sacks; i++) {
        struct tcp_range range = seg->sacks[i];
        // What is acknowledged already (RFC 2883's duplicates among it) or wasn't sent is none.
        if (seq_lt(tcp->snd_una, range.start) && seq_lt(range.start, range.end)
            && seq_le(range.end, tcp->snd_nxt)) {
            add_range(tcp, range);
        }
    }
    return sacked_bytes(tcp) - before;
}

void tcp_sack_advance(struct tcp *tcp) {
    unsigned gone = 0;
    while (gone < tcp->num_sacked && seq_le(tcp->sacked[gone].end, tcp->snd_una)) {
        gone++;
    }
    remove_ranges(tcp, 0, gone);
    if (tcp->num_sacked > 0) {
        tcp->sacked[0].start = seq_max(tcp->sacked[0].start, tcp->snd_una);
    }
}

uint32_t tcp_sack_missing(const struct tcp *tcp, uint32_t seq) {
    if (seq_le(seq, tcp->snd_una)) {
        return 0;
    }
    uint32_t missing = seq - tcp->snd_una;
    for (unsigned i = 0; i < tcp->num_sacked && seq_lt(tcp->sacked[i].start, seq); i++) {
        missing -= seq_min(tcp->sacked[i].end, seq) - tcp->sacked[i].start;
    }
    return missing;
}

uint32_t tcp_sack_lost_edge(const struct tcp *tcp) {
    uint32_t bytes = 0;
    unsigned ranges = 0;
    for (unsigned i = tcp->num_sacked; i-- > 0;) {
        bytes += tcp->sacked[i].end - tcp->sacked[i].start;
        ranges++;
        if (ranges >= TCP_DUP_ACKS_MAX || bytes > (TCP_DUP_ACKS_MAX - 1) * (uint32_t) tcp->mss) {
            return tcp->sacked[i].start;
        }
    }
    return tcp->snd_una;
}

bool tcp_sack_hole(const struct tcp *tcp, uint32_t seq, uint32_t limit, struct tcp_range *hole) {
    hole->start = seq;
    hole->end = limit;
    for (unsigned i = 0; i < tcp->num_sacked; i++) {
        if (seq_lt(hole->start, tcp->sacked[i].start)) {
            hole->end = seq_min(limit, tcp->sacked[i].start);
            break;
        }
        hole->start = seq_max(hole->start, tcp->sacked[i].end);
    }
    return seq_lt(hole->start, hole->end);
}
