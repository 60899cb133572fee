#include <inet/bytes.h>

#include "tcp_impl.h"

/// What came in small pieces is put together, so that a peer can't fill the pool with single bytes.
#define MERGE_MAX 1000u

static uint32_t room_behind(const struct buf *buf) {
    return NET_BUFFER_LEN - buf->start - buf->len;
}

static struct buf *grow_send_queue(struct tcp *tcp) {
    struct buf *buf = buf_alloc(false);
    if (buf == NULL) {
        tcp_count(TCP_COUNT_NO_MEMORY);
        return NULL;
    }
    if (tcp->send_tail == NULL) {
        tcp->send_head = buf;
    } else {
        tcp->send_tail->next = buf;
    }
    tcp->send_tail = buf;
    return buf;
}

size_t tcp_queue_append(struct tcp *tcp, const uint8_t *src, size_t len) {
    size_t done = 0;
    while (done < len) {
        struct buf *tail = tcp->send_tail;
        if (tail == NULL || room_behind(tail) == 0) {
            tail = grow_send_queue(tcp);
            if (tail == NULL) {
                break;
            }
        }
        size_t part = MIN(len - done, (size_t) room_behind(tail));
        memcpy(buf_data(tail) + tail->len, src + done, part);
        tail->len += (uint16_t) part;
        done += part;
    }
    tcp->send_bytes += (uint32_t) done;
    return done;
}

void tcp_queue_drop(struct tcp *tcp, uint32_t len) {
    tcp->send_seq += len;
    tcp->send_bytes -= len;
    struct buf *head;
    while (len > 0 && (head = tcp->send_head) != NULL) {
        if (tcp->cursor == head) {
            tcp->cursor = NULL;
        }
        if (len < head->len) {
            head->start += (uint16_t) len;
            head->len -= (uint16_t) len;
            return;
        }
        len -= head->len;
        tcp->send_head = head->next;
        head->next = NULL;
        buf_unref(head);
    }
    if (tcp->send_head == NULL) {
        tcp->send_tail = NULL;
    }
}

void tcp_queue_free(struct tcp *tcp) {
    buf_free(tcp->send_head);
    tcp->send_head = NULL;
    tcp->send_tail = NULL;
    tcp->cursor = NULL;
    tcp->send_bytes = 0;
}

/// The buffer that has `seq`, and where in it that is.
static struct buf *seek(struct tcp *tcp, uint32_t seq, uint32_t *offset) {
    bool from_cursor = tcp->cursor != NULL && seq_le(tcp->cursor_seq, seq);
    struct buf *buf = from_cursor ? tcp->cursor : tcp->send_head;
    uint32_t at = from_cursor ? tcp->cursor_seq : tcp->send_seq;
    while (buf != NULL && seq - at >= buf->len) {
        at += buf->len;
        buf = buf->next;
    }
    tcp->cursor = buf;
    tcp->cursor_seq = at;
    *offset = seq - at;
    return buf;
}

uint32_t tcp_queue_slices(struct tcp *tcp, uint32_t seq, uint32_t len, struct ip_slice *slices,
                          unsigned max, unsigned *count) {
    uint32_t offset;
    struct buf *buf = seek(tcp, seq, &offset);
    uint32_t found = 0;
    unsigned n = 0;
    while (buf != NULL && n < max && found < len) {
        uint32_t part = MIN(len - found, buf->len - offset);
        slices[n].buf = buf;
        slices[n].offset = (uint16_t) (buf->start + offset);
        slices[n].len = (uint16_t) part;
        n++;
        found += part;
        offset = 0;
        buf = buf->next;
    }
    *count = n;
    return found;
}

void tcp_queue_copy(struct tcp *tcp, uint32_t seq, uint8_t *dst, uint32_t len) {
    uint32_t offset;
    for (struct buf *buf = seek(tcp, seq, &offset); len > 0; buf = buf->next) {
        uint32_t part = MIN(len, buf->len - offset);
        memcpy(dst, buf_data(buf) + offset, part);
        dst += part;
        len -= part;
        offset = 0;
    }
}

static struct buf *last_of(struct buf *chain) {
    while (chain->next != NULL) {
        chain = chain->next;
    }
    return chain;
}

/// Copies a small packet behind what is there already. False: it doesn't fit, or somebody else uses that buffer.
static bool merge(struct tcp *tcp, const struct buf *packet, uint32_t len) {
    struct buf *tail = tcp->recv_tail;
    if (len > MERGE_MAX || tail == NULL || tail->refs != 1 || room_behind(tail) < len) {
        return false;
    }
    buf_copy_out(packet, 0, buf_data(tail) + tail->len, len);
    tail->len += (uint16_t) len;
    return true;
}

void tcp_queue_received(struct tcp *tcp, struct buf *packet, uint32_t len) {
    tcp->recv_bytes += len;
    if (merge(tcp, packet, len)) {
        buf_free(packet);
        return;
    }
    if (tcp->recv_tail == NULL) {
        tcp->recv_head = packet;
    } else {
        tcp->recv_tail->next = packet;
    }
    tcp->recv_tail = last_of(packet);
}

size_t tcp_queue_read(struct tcp *tcp, uint8_t *dst, size_t len) {
    size_t done = 0;
    while (tcp->recv_head != NULL && done < len) {
        struct buf *head = tcp->recv_head;
        size_t part = MIN(len - done, (size_t) head->len);
        memcpy(dst + done, buf_data(head), part);
        done += part;
        head->start += (uint16_t) part;
        head->len -= (uint16_t) part;
        if (head->len == 0) {
            tcp->recv_head = head->next;
            head->next = NULL;
            buf_unref(head);
        }
    }
    if (tcp->recv_head == NULL) {
        tcp->recv_tail = NULL;
    }
    tcp->recv_bytes -= (uint32_t) done;
    return done;
}
