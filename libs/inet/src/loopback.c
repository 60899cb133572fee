// The interface to this machine itself. What is sent is copied, and delivered with the next inet_tick: the
// protocols are never called by ip_send.

#include <inet/bytes.h>
#include <inet/env.h>
#include <inet/tcp.h>
#include <net/ring.h>

#include "addr.h"
#include "ip.h"
#include "netif.h"

#define LOOPBACK_MTU 16384
/// Bytes that may wait.
#define QUEUE_MAX 262144

static struct {
    struct netif *netif;
    struct buf *first, *last;  ///< Packets: by `last_piece`'s `next`, one behind the other.
    size_t bytes;
} loopback;

/// The last piece of a packet, behind which the next packet of the queue is.
static struct buf *last_piece(struct buf *packet) {
    size_t left = packet->total;
    while (left > packet->len) {
        left -= packet->len;
        packet = packet->next;
    }
    return packet;
}

static bool append(struct buf **last, const uint8_t *data, size_t len) {
    while (len > 0) {
        size_t room = NET_BUFFER_LEN - (size_t) (*last)->start - (*last)->len;
        if (room == 0) {
            (*last)->next = buf_alloc(false);
            if ((*last)->next == NULL) {
                return false;
            }
            *last = (*last)->next;
            room = NET_BUFFER_LEN;
        }
        size_t piece = MIN(room, len);
        memcpy(buf_data(*last) + (*last)->len, data, piece);
        (*last)->len = (uint16_t) ((*last)->len + piece);
        data += piece;
        len -= piece;
    }
    return true;
}

/// A copy of a frame. NULL: no memory.
static struct buf *copy(const struct netif_frame *frame) {
    struct buf *first = buf_alloc(false), *last = first;
    if (first == NULL) {
        return NULL;
    }
    // An answer may take the buffer over, with Ethernet's header in front.
    first->start = BUF_HEADROOM;
    for (unsigned i = 0; i < frame->num_pieces; i++) {
        const struct net_desc *desc = &frame->descs[i];
        first->total += desc->len;
        const uint8_t *data = frame->bufs[i]->base + desc->place % NET_BUFFER_LEN;
        if (!append(&last, data, desc->len)) {
            buf_free(first);
            return NULL;
        }
    }
    first->flags = NET_DESC_RX_TRUSTED;
    return first;
}

static error_t loopback_send(void *device __unused, const struct netif_frame *frame) {
    if (loopback.bytes >= QUEUE_MAX) {
        return ERR_WOULD_BLOCK;
    }
    struct buf *packet = copy(frame);
    for (unsigned i = 0; i < frame->num_pieces; i++) {
        buf_unref(frame->bufs[i]);
    }
    if (packet == NULL) {
        loopback.netif->traffic.tx_dropped++;
        return OK;
    }
    loopback.bytes += packet->total;
    if (loopback.first == NULL) {
        loopback.first = packet;
        inet_call_at(inet_now());
    } else {
        last_piece(loopback.last)->next = packet;
    }
    loopback.last = packet;
    return OK;
}

static struct buf *take(void) {
    struct buf *packet = loopback.first, *end = last_piece(packet);
    loopback.first = end->next;
    end->next = NULL;
    loopback.bytes -= packet->total;
    return packet;
}

void loopback_run(void) {
    if (loopback.first == NULL) {
        return;
    }
    // What is sent meanwhile waits for the next time, so that this ends.
    const struct buf *last = loopback.last;
    struct buf *packet;
    do {
        packet = take();
        netif_input(loopback.netif, packet);
    } while (packet != last);
    tcp_flush();
    netif_writable(loopback.netif);
    if (loopback.first != NULL) {
        inet_call_at(inet_now());
    }
}

error_t loopback_init(void) {
    static const struct netif_ops ops = {.send = loopback_send};
    static const uint8_t no_mac[MAC_LEN];
    loopback.netif =
        netif_add("lo", no_mac, IPV4_HEADER_LEN, NET_TX_CHECKSUM, NET_PIECES_MAX, &ops, NULL);
    if (loopback.netif == NULL) {
        return ERR_NO_MEMORY;
    }
    loopback.first = NULL;
    loopback.bytes = 0;
    struct netif *netif = loopback.netif;
    netif->loopback = netif->link = netif->up = true;
    netif->mtu = LOOPBACK_MTU;
    strncpy2(netif->name, "lo", sizeof(netif->name));
    struct ip_addr v4 = ip_addr_from_v4(0x7f000001), v6 = {.bytes = {[IP_ADDR_LEN - 1] = 1}};
    bool added = netif_add_addr(netif, &v4, V4_PREFIX_BITS + 8, INET_STATIC) != NULL
                 && netif_add_addr(netif, &v6, 128, INET_STATIC) != NULL;
    return added ? OK : ERR_NO_MEMORY;
}
