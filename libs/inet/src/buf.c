#include <inet/buf.h>
#include <inet/bytes.h>
#include <resea/malloc.h>

/// buf_pull_up's limit.
#define PULL_UP_MAX 256u

static struct {
    struct buf *bufs;
    struct buf *free;
    unsigned count;
    unsigned num_free;
    unsigned reserve;
} pool;

error_t buf_init(uint8_t *memory, size_t len) {
    size_t count = len / NET_BUFFER_LEN;
    struct buf *bufs = malloc(MAX(count, 1) * sizeof(*bufs));
    if (bufs == NULL) {
        return ERR_NO_MEMORY;
    }

    free(pool.bufs);
    memset(bufs, 0, count * sizeof(*bufs));
    pool.bufs = bufs;
    pool.free = NULL;
    pool.count = pool.num_free = (unsigned) count;
    pool.reserve = (unsigned) count / BUF_RESERVE_SHARE;
    for (size_t i = count; i-- > 0;) {
        bufs[i].base = memory + i * NET_BUFFER_LEN;
        bufs[i].next = pool.free;
        pool.free = &bufs[i];
    }
    return OK;
}

struct buf *buf_alloc(bool urgent) {
    struct buf *buf = pool.free;
    if (buf == NULL || (!urgent && pool.num_free <= pool.reserve)) {
        return NULL;
    }
    pool.free = buf->next;
    pool.num_free--;
    buf->next = NULL;
    buf->start = buf->len = buf->flags = 0;
    buf->total = 0;
    buf->refs = 1;
    return buf;
}

void buf_ref(struct buf *buf) {
    buf->refs++;
}

void buf_unref(struct buf *buf) {
    buf->refs--;
    if (buf->refs == 0) {
        buf->next = pool.free;
        pool.free = buf;
        pool.num_free++;
    }
}

void buf_free(struct buf *chain) {
    while (chain != NULL) {
        struct buf *next = chain->next;
        buf_unref(chain);
        chain = next;
    }
}

unsigned buf_number(const struct buf *buf) {
    return (unsigned) (buf - pool.bufs);
}

struct buf *buf_numbered(unsigned number) {
    return &pool.bufs[number];
}

unsigned buf_count(void) {
    return pool.count;
}

unsigned buf_num_free(void) {
    return pool.num_free;
}

/// Makes room for `len` bytes behind a buffer's start.
static void make_room(struct buf *buf, size_t len) {
    if (buf->start + len <= NET_BUFFER_LEN) {
        return;
    }
    size_t kept = MIN(buf->start, (size_t) BUF_KEPT_IN_FRONT);
    memmove(buf->base, buf_data(buf) - kept, kept + buf->len);
    buf->start = (uint16_t) kept;
}

bool buf_pull_up_more(struct buf *packet, size_t len) {
    if (packet->total < len || len > PULL_UP_MAX) {
        return false;
    }

    make_room(packet, len);
    while (packet->len < len) {
        struct buf *next = packet->next;
        size_t piece = MIN(len - packet->len, next->len);
        memcpy(buf_data(packet) + packet->len, buf_data(next), piece);
        packet->len = (uint16_t) (packet->len + piece);
        next->start = (uint16_t) (next->start + piece);
        next->len = (uint16_t) (next->len - piece);
        if (next->len == 0) {
            packet->next = next->next;
            buf_unref(next);
        }
    }
    return true;
}

void buf_trim_front_more(struct buf *packet, size_t len) {
    len = MIN(len, packet->total);
    packet->total -= (uint32_t) len;
    size_t piece = MIN(len, packet->len);
    packet->start = (uint16_t) (packet->start + piece);
    packet->len = (uint16_t) (packet->len - piece);
    for (len -= piece; len > 0; len -= piece) {
        struct buf *next = packet->next;
        piece = MIN(len, next->len);
        next->start = (uint16_t) (next->start + piece);
        next->len = (uint16_t) (next->len - piece);
        if (next->len == 0) {
            packet->next = next->next;
            buf_unref(next);
        }
    }
}

void buf_trim_back_more(struct buf *packet, size_t len) {
    size_t left = packet->total - MIN(len, packet->total);
    packet->total = (uint32_t) left;
    struct buf *last = packet;
    while (left > last->len) {
        left -= last->len;
        last = last->next;
    }
    last->len = (uint16_t) left;
    buf_free(last->next);
    last->next = NULL;
}

void buf_copy_out(const struct buf *packet, size_t offset, void *dst, size_t len) {
    uint8_t *out = dst;
    for (const struct buf *buf = packet; len > 0; buf = buf->next) {
        if (offset >= buf->len) {
            offset -= buf->len;
            continue;
        }
        size_t piece = MIN(len, buf->len - offset);
        memcpy(out, buf_data(buf) + offset, piece);
        out += piece;
        len -= piece;
        offset = 0;
    }
}
