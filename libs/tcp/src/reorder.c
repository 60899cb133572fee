// Received bytes that came before what is in front of them. What describes them is not kept in the packets: those
// are in memory that drivers can write to.

#include <inet/bytes.h>
#include <resea/malloc.h>

#include "tcp_impl.h"

void tcp_reorder_free(struct tcp *tcp) {
    if (tcp->reorder == NULL) {
        return;
    }
    for (unsigned i = 0; i < tcp->reorder->count; i++) {
        buf_free(tcp->reorder->ranges[i].head);
    }
    free(tcp->reorder);
    tcp->reorder = NULL;
}

static struct tcp_reorder *get(struct tcp *tcp) {
    if (tcp->reorder == NULL) {
        tcp->reorder = malloc(sizeof(*tcp->reorder));
        if (tcp->reorder != NULL) {
            tcp->reorder->count = 0;
            tcp->reorder->stamp = 0;
        }
    }
    return tcp->reorder;
}

static void remove_range(struct tcp_reorder *reorder, unsigned at) {
    reorder->count--;
    memmove(&reorder->ranges[at], &reorder->ranges[at + 1],
            (reorder->count - at) * sizeof(reorder->ranges[0]));
}

/// Drops ranges from `at` on that lie inside `new` altogether.
static void drop_covered(struct tcp_reorder *reorder, unsigned at, const struct tcp_range *new) {
    while (at < reorder->count && seq_le(new->start, reorder->ranges[at].range.start)
           && seq_le(reorder->ranges[at].range.end, new->end)) {
        buf_free(reorder->ranges[at].head);
        remove_range(reorder, at);
    }
}

/// Cuts off what the neighbours have. False: nothing is left.
static bool fit(struct tcp_reorder *reorder, unsigned at, struct tcp_range *new,
                struct buf *packet) {
    if (at > 0 && seq_lt(new->start, reorder->ranges[at - 1].range.end)) {
        uint32_t known = reorder->ranges[at - 1].range.end - new->start;
        known = MIN(known, new->end - new->start);
        buf_trim_front(packet, known);
        new->start += known;
    }
    if (at < reorder->count && seq_lt(reorder->ranges[at].range.start, new->end)) {
        uint32_t known = MIN(new->end - reorder->ranges[at].range.start, new->end - new->start);
        buf_trim_back(packet, known);
        new->end -= known;
    }
    return new->start != new->end;
}

static void append(struct tcp_reorder_range *to, const struct tcp_reorder_range *from) {
    to->tail->next = from->head;
    to->tail = from->tail;
    to->head->total += from->range.end - from->range.start;
    to->range.end = from->range.end;
    to->stamp = MAX(to->stamp, from->stamp);
}

/// Makes one of two that touch.
static void join(struct tcp_reorder *reorder, unsigned at) {
    struct tcp_reorder_range *ranges = reorder->ranges;
    if (at + 1 < reorder->count && ranges[at].range.end == ranges[at + 1].range.start) {
        append(&ranges[at], &ranges[at + 1]);
        remove_range(reorder, at + 1);
    }
}

static bool insert(struct tcp_reorder *reorder, unsigned at, struct tcp_reorder_range new) {
    if (at > 0 && reorder->ranges[at - 1].range.end == new.range.start) {
        append(&reorder->ranges[at - 1], &new);
        join(reorder, at - 1);
        return true;
    }
    if (reorder->count == TCP_REORDER_MAX) {
        return false;
    }
    memmove(&reorder->ranges[at + 1], &reorder->ranges[at],
            (reorder->count - at) * sizeof(reorder->ranges[0]));
    reorder->ranges[at] = new;
    reorder->count++;
    join(reorder, at);
    return true;
}

/// What came again is in the block that is to be told first (RFC 2018, 4).
static void touch(struct tcp_reorder *reorder, uint32_t seq) {
    for (unsigned i = 0; i < reorder->count; i++) {
        struct tcp_reorder_range *range = &reorder->ranges[i];
        if (seq_le(range->range.start, seq) && seq_lt(seq, range->range.end)) {
            range->stamp = reorder->stamp;
        }
    }
}

static struct buf *last_of(struct buf *chain) {
    while (chain->next != NULL) {
        chain = chain->next;
    }
    return chain;
}

/// Whether there is memory for what may never be read: not if others lack it.
static bool may_keep(void) {
    return buf_num_free() > buf_count() / 8;
}

void tcp_reorder_add(struct tcp *tcp, uint32_t start, struct buf *packet) {
    struct tcp_range new = {start, start + packet->total};
    struct tcp_reorder *reorder = may_keep() ? get(tcp) : NULL;
    if (reorder == NULL) {
        tcp_count(TCP_COUNT_NO_MEMORY);
        buf_free(packet);
        return;
    }
    unsigned at = 0;
    while (at < reorder->count && seq_lt(reorder->ranges[at].range.start, new.start)) {
        at++;
    }
    drop_covered(reorder, at, &new);
    struct tcp_reorder_range range = {new, packet, last_of(packet), ++reorder->stamp};
    bool is_new = fit(reorder, at, &range.range, packet);
    range.tail = last_of(packet);
    if (!is_new) {
        touch(reorder, start);
    }
    if (!is_new || !insert(reorder, at, range)) {
        buf_free(packet);
    }
}

struct buf *tcp_reorder_take(struct tcp *tcp, uint32_t *len) {
    struct tcp_reorder *reorder = tcp->reorder;
    while (reorder->count > 0 && seq_le(reorder->ranges[0].range.start, tcp->rcv_nxt)) {
        struct tcp_reorder_range first = reorder->ranges[0];
        remove_range(reorder, 0);
        if (seq_lt(tcp->rcv_nxt, first.range.end)) {
            *len = first.range.end - tcp->rcv_nxt;
            if (reorder->count == 0) {
                tcp_reorder_free(tcp);
            }
            return first.head;
        }
        buf_free(first.head);
    }
    if (reorder->count == 0) {
        tcp_reorder_free(tcp);
    }
    return NULL;
}

unsigned tcp_reorder_blocks(const struct tcp *tcp, struct tcp_range *blocks, unsigned max) {
    const struct tcp_reorder *reorder = tcp->reorder;
    if (reorder == NULL) {
        return 0;
    }
    uint32_t before = UINT32_MAX;
    unsigned count = 0;
    while (count < max && count < reorder->count) {
        // The latest of those that aren't there yet; no two have the same stamp.
        const struct tcp_reorder_range *latest = NULL;
        for (unsigned i = 0; i < reorder->count; i++) {
            const struct tcp_reorder_range *range = &reorder->ranges[i];
            if (range->stamp < before && (latest == NULL || range->stamp > latest->stamp)) {
                latest = range;
            }
        }
        if (latest == NULL) {
            break;
        }
        blocks[count++] = latest->range;
        before = latest->stamp;
    }
    return count;
}
