#ifndef __INET_BUF_H__
#define __INET_BUF_H__

/// \file
/// Packet buffers: NET_BUFFER_LEN bytes each of one pool of memory, which devices reach. A struct buf is one
/// of them, with what is in it.
/// A packet is a chain of them.
///
/// A buffer has references: the chain that it is in has one, and each frame that is being sent from it. It is
/// free when none is left.

#include <net/ring.h>
#include <types.h>

struct buf {
    struct buf *next;  ///< Of the same packet or queue.
    uint8_t *base;     ///< NET_BUFFER_LEN bytes.
    uint16_t start;    ///< Where what is in it begins,
    uint16_t len;      ///< and how long it is.
    uint16_t refs;
    uint16_t flags;  ///< NET_DESC_RX_CHECKED, NET_DESC_RX_TRUSTED: in a packet's first.
    uint32_t total;  ///< In a packet's first: bytes of the whole chain.
};

/// In front of what is sent there must be room for the headers below: Ethernet, IPv6 and VLAN, rounded up.
#define BUF_HEADROOM 64

/// Takes over `len` bytes of memory as the pool. ERR_NO_MEMORY: no room for what describes it.
error_t __mustuse buf_init(uint8_t *memory, size_t len);
/// One of so many buffers is only for received packets and acknowledgements (`urgent`), so that what is sent
/// can't use up what is needed to make it arrive.
#define BUF_RESERVE_SHARE 8
/// An empty buffer with one reference and `start` = 0. NULL: there is none, or only of those that are for
/// what is urgent.
struct buf *buf_alloc(bool urgent);
void buf_ref(struct buf *buf);
/// Takes a reference away. Doesn't look at `next`.
void buf_unref(struct buf *buf);
/// The same for a whole chain. buf_free(NULL) does nothing.
void buf_free(struct buf *chain);
static inline uint8_t *buf_data(const struct buf *buf) {
    return buf->base + buf->start;
}
/// Which of the pool's it is, and the other way.
unsigned buf_number(const struct buf *buf);
struct buf *buf_numbered(unsigned number);
unsigned buf_count(void);
unsigned buf_num_free(void);

/// buf_pull_up of what isn't there yet.
bool buf_pull_up_more(struct buf *packet, size_t len);
/// So many bytes in front of buf_data stay there when what is behind needs room: the headers, which ICMP's errors quote.
#define BUF_KEPT_IN_FRONT 192
/// Makes sure that the first `len` bytes (up to 256) of a packet are in its first buffer. False: the packet
/// is shorter.
static inline bool buf_pull_up(struct buf *packet, size_t len) {
    return packet->len >= len || buf_pull_up_more(packet, len);
}
/// The two below, for more than the first buffer.
void buf_trim_front_more(struct buf *packet, size_t len);
void buf_trim_back_more(struct buf *packet, size_t len);
/// Cuts bytes off a packet's beginning or end, at most all. The first buffer stays, even if it is empty.
static inline void buf_trim_front(struct buf *packet, size_t len) {
    if (len > packet->len) {
        buf_trim_front_more(packet, len);
        return;
    }
    packet->start = (uint16_t) (packet->start + len);
    packet->len = (uint16_t) (packet->len - len);
    packet->total -= (uint32_t) len;
}
static inline void buf_trim_back(struct buf *packet, size_t len) {
    if (packet->next != NULL || len > packet->len) {
        buf_trim_back_more(packet, len);
        return;
    }
    packet->len = (uint16_t) (packet->len - len);
    packet->total -= (uint32_t) len;
}
/// Copies out of a packet. There must be that much.
void buf_copy_out(const struct buf *packet, size_t offset, void *dst, size_t len);

#endif
