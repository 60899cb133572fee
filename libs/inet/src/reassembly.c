#include "reassembly.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <inet/timer.h>
#include <resea/malloc.h>

#include "counters.h"
#include "ip.h"

/// IPv4's longest packet; offset and length of a fragment must stay below.
#define PACKET_MAX 65535u

struct piece {
    uint32_t offset;
    uint32_t len;
    struct buf *packet;
};

/// A packet that is incomplete.
struct partial {
    struct inet_timer timer;
    struct ip_info info;  ///< Of the first fragment, once it is there.
    uint32_t id;
    uint32_t len;       ///< Of the whole; 0: the last fragment hasn't come yet.
    uint32_t received;  ///< Bytes.
    bool spoiled;       ///< Fragments overlapped: what still comes is dropped, too (RFC 5722, 4).
    unsigned count;
    unsigned buffers;
    struct piece pieces[REASSEMBLY_FRAGMENTS_MAX];  ///< By offset.
};

static struct partial *partials[REASSEMBLY_PACKETS_MAX];
static unsigned num_buffers;

static bool is_of(const struct partial *partial, const struct ip_info *info, uint32_t id) {
    return partial->id == id && partial->info.netif == info->netif
           && ip_addr_equals(&partial->info.src, &info->src)
           && ip_addr_equals(&partial->info.dst, &info->dst)
           && (!ip_addr_is_v4(&info->dst) || partial->info.protocol == info->protocol);
}

static void drop_pieces(struct partial *partial) {
    for (unsigned i = 0; i < partial->count; i++) {
        buf_free(partial->pieces[i].packet);
    }
    num_buffers -= partial->buffers;
    partial->count = partial->buffers = 0;
}

static void release(unsigned slot) {
    struct partial *partial = partials[slot];
    inet_timer_stop(&partial->timer);
    drop_pieces(partial);
    free(partial);
    partials[slot] = NULL;
}

static unsigned slot_of(const struct partial *partial) {
    unsigned slot = 0;
    while (partials[slot] != partial) {
        slot++;
    }
    return slot;
}

/// RFC 1122, 3.3.2: the sender is told if its first fragment has come.
static void expire(struct inet_timer *timer) {
    struct partial *partial = INET_TIMER_OWNER(timer, struct partial, timer);
    if (!partial->spoiled) {
        inet_count(IP_REASSEMBLY_FAILED);
    }
    if (partial->count > 0 && partial->pieces[0].offset == 0) {
        ip_refuse(&partial->info, partial->pieces[0].packet, IP_REFUSE_REASSEMBLY);
    }
    release(slot_of(partial));
}

/// A free slot; if there is none, the one whose time is up first.
static unsigned choose_slot(void) {
    unsigned oldest = 0;
    for (unsigned i = 0; i < REASSEMBLY_PACKETS_MAX; i++) {
        if (partials[i] == NULL) {
            return i;
        }
        oldest = (partials[i]->timer.when < partials[oldest]->timer.when) ? i : oldest;
    }
    inet_count(IP_REASSEMBLY_FAILED);
    release(oldest);
    return oldest;
}

static struct partial *find(const struct ip_info *info, uint32_t id) {
    for (unsigned i = 0; i < REASSEMBLY_PACKETS_MAX; i++) {
        if (partials[i] != NULL && is_of(partials[i], info, id)) {
            return partials[i];
        }
    }
    unsigned slot = choose_slot();
    struct partial *partial = malloc(sizeof(*partial));
    if (partial == NULL) {
        return NULL;
    }
    memset(partial, 0, sizeof(*partial));
    partial->info = *info;
    partial->id = id;
    partial->timer.fire = expire;
    partials[slot] = partial;
    inet_timer_start(&partial->timer, inet_now() + REASSEMBLY_MS);
    return partial;
}

static unsigned count_buffers(const struct buf *packet) {
    unsigned count = 0;
    for (; packet != NULL; packet = packet->next) {
        count++;
    }
    return count;
}

enum verdict {
    TAKE,
    IGNORE,
    SPOIL
};

/// Where a fragment goes. One that is there already is ignored (RFC 8200, 4.5); overlaps spoil the packet.
static enum verdict find_place(const struct partial *partial, uint32_t offset, uint32_t len,
                               bool more, unsigned *place) {
    unsigned i = 0;
    while (i < partial->count && partial->pieces[i].offset < offset) {
        i++;
    }
    *place = i;
    const struct piece *next = &partial->pieces[i];
    if (i < partial->count && next->offset == offset && next->len == len) {
        return IGNORE;
    }
    bool overlaps = (i > 0 && next[-1].offset + next[-1].len > offset)
                    || (i < partial->count && offset + len > next->offset);
    bool beyond = partial->len != 0 && (offset + len > partial->len || !more);
    bool short_of = !more && i < partial->count;
    bool too_many = partial->count == REASSEMBLY_FRAGMENTS_MAX;
    return (overlaps || beyond || short_of || too_many) ? SPOIL : TAKE;
}

static void insert(struct partial *partial, unsigned place, uint32_t offset,
                   const struct ip_info *info, struct buf *fragment) {
    struct piece *piece = &partial->pieces[place];
    memmove(piece + 1, piece, (partial->count - place) * sizeof(*piece));
    *piece = (struct piece){offset, fragment->total, fragment};
    partial->count++;
    partial->received += fragment->total;
    unsigned buffers = count_buffers(fragment);
    partial->buffers += buffers;
    num_buffers += buffers;
    if (offset == 0) {
        partial->info = *info;
    }
}

/// Links all fragments behind the first.
static struct buf *join(struct partial *partial, struct ip_info *info) {
    struct buf *first = partial->pieces[0].packet, *last = first;
    *info = partial->info;
    for (unsigned i = 1; i < partial->count; i++) {
        while (last->next != NULL) {
            last = last->next;
        }
        last->next = partial->pieces[i].packet;
    }
    first->total = partial->len;
    // What a device has checked was each fragment.
    first->flags &= (uint16_t) ~(NET_DESC_RX_CHECKED | NET_DESC_RX_TRUSTED);
    num_buffers -= partial->buffers;
    partial->count = partial->buffers = 0;
    inet_count(IP_REASSEMBLED);
    return first;
}

static bool is_sound(size_t offset, bool more, const struct buf *fragment) {
    uint32_t len = fragment->total;
    return len > 0 && offset + len <= PACKET_MAX && (!more || len % 8 == 0);
}

/// Puts a fragment where it belongs. False: it was not taken.
static bool add(struct partial *partial, const struct ip_info *info, size_t offset, bool more,
                struct buf *fragment) {
    unsigned place;
    uint32_t start = (uint32_t) offset, len = fragment->total;
    if (partial->spoiled) {
        return false;
    }
    enum verdict verdict = find_place(partial, start, len, more, &place);
    if (verdict == SPOIL) {
        inet_count(IP_REASSEMBLY_FAILED);
        partial->spoiled = true;
        drop_pieces(partial);
    }
    if (verdict != TAKE) {
        return false;
    }
    insert(partial, place, start, info, fragment);
    if (!more) {
        partial->len = start + len;
    }
    return true;
}

struct buf *reassemble(struct ip_info *info, uint32_t id, size_t offset, bool more,
                       struct buf *fragment) {
    inet_count(IP_FRAGMENTS);
    if (offset == 0 && !more) {
        return fragment;  // All there is (RFC 6946, 4).
    }
    bool fits = num_buffers + count_buffers(fragment) <= buf_count() / REASSEMBLY_SHARE;
    struct partial *partial = (fits && is_sound(offset, more, fragment)) ? find(info, id) : NULL;
    if (partial == NULL || !add(partial, info, offset, more, fragment)) {
        info->netif->traffic.rx_dropped++;
        buf_free(fragment);
        return NULL;
    }
    if (partial->len == 0 || partial->received < partial->len) {
        return NULL;
    }
    struct buf *packet = join(partial, info);
    release(slot_of(partial));
    return packet;
}

void reassembly_forget(void) {
    for (unsigned i = 0; i < REASSEMBLY_PACKETS_MAX; i++) {
        if (partials[i] != NULL) {
            release(i);
        }
    }
}
