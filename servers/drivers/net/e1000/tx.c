#include "tx.h"

#include <driver/dma.h>
#include <endian.h>
#include <net/device.h>
#include <string.h>

#include "registers.h"

/// A power of two, and a multiple of 8 (13.4.38).
#define TX_LEN 256u
/// Descriptors of one frame: its pieces, and a context.
#define FRAME_DESCS_MAX (NET_PIECES_MAX + 1)
/// With so many descriptors under way, the controller is to say at once when it has sent them: somebody may wait for room,
/// or for the memory.
#define MANY_DESCS 64u

/// Otherwise it may take its time, in units of 1.024 us: whatever is done until then collects them, too.
#define DELAY_US     4000
#define DELAY_MAX_US 8000

// Where things are in a frame (3.5): headers begin at the context's offsets, which are bytes.
#define IP_START        14u
#define IPV4_LEN        2u
#define IPV4_CHECKSUM   10u
#define IPV4_HEADER_MIN 20u
#define OFFSET_MAX      255u
#define TCP_CHECKSUM    16u

/// As the controller sees it.
struct tx_desc {
    uint64_t first;
    uint64_t second;
};

/// Frames that were given to the controller together. Of their descriptors, the last one tells when they are sent.
struct batch {
    uint16_t last;
    uint16_t num_descs;
    uint16_t num_net_descs;  ///< What the stack calls them.
};

static io_t io;
static bool is_82574;
static dma_t dma;
static struct tx_desc *descs;
static unsigned tail;       ///< Where the next descriptor is written.
static unsigned num_descs;  ///< Descriptors that aren't free.

static struct batch batches[TX_LEN];
static unsigned first_batch;
static unsigned num_batches;
static struct batch current;  ///< What the controller wasn't told of yet.

/// The context that the controller has for checksums. It has another one for segments (3.3.5).
static uint64_t checksum_context;

error_t tx_init(io_t registers, bool is_82574_model) {
    io = registers;
    is_82574 = is_82574_model;
    dma = dma_alloc(TX_LEN * sizeof(struct tx_desc), DMA_ALLOC_TO_DEV | DMA_ALLOC_FROM_DEV);
    if (dma == NULL) {
        return ERR_NO_MEMORY;
    }
    descs = (struct tx_desc *) dma_buf(dma);
    return OK;
}

void tx_start(void) {
    uint64_t daddr = dma_daddr(dma);
    tail = num_descs = 0;
    first_batch = num_batches = 0;
    bzero(&current, sizeof(current));
    checksum_context = 0;
    io_write32(io, E1000_TDBAL, (uint32_t) daddr);
    io_write32(io, E1000_TDBAH, (uint32_t) (daddr >> 32));
    io_write32(io, E1000_TDLEN, TX_LEN * sizeof(struct tx_desc));
    io_write32(io, E1000_TDH, 0);
    io_write32(io, E1000_TDT, 0);
    io_write32(io, E1000_TIPG, E1000_TIPG_VALUE);
    io_write32(io, E1000_TIDV, DELAY_US);
    io_write32(io, E1000_TADV, DELAY_MAX_US);
    if (is_82574) {
        io_write32(io, E1000_TXDCTL, io_read32(io, E1000_TXDCTL) | E1000_TXDCTL_82574);
    }
    io_write32(io, E1000_TCTL,
               E1000_TCTL_EN | E1000_TCTL_PAD | E1000_TCTL_TRIES | E1000_TCTL_DISTANCE
                   | (io_read32(io, E1000_TCTL) & E1000_TCTL_MULR));
}

static void add_desc(uint64_t first, uint64_t second) {
    descs[tail].first = into_le64(first);
    descs[tail].second = into_le64(second);
    tail = (tail + 1) % TX_LEN;
    num_descs++;
    current.num_descs++;
}

/// Where the checksums are, and what they are of: the first half of a context.
static uint64_t context_offsets(const struct net_frame *frame) {
    uint64_t start = frame->csum_start;
    uint64_t ip = IP_START | (IP_START + IPV4_CHECKSUM) << 8 | (start - 1) << 16;
    // To the end of the frame: 0.
    uint64_t tcp = start | (start + frame->csum_offset) << 8;
    return ip | tcp << 32;
}

static void add_checksum_context(const struct net_frame *frame) {
    uint64_t offsets = context_offsets(frame);
    // Whether it is TCP tells the offset, too: the same offsets are the same context.
    if (offsets != checksum_context) {
        checksum_context = offsets;
        add_desc(offsets, E1000_TX_EXTENDED | E1000_TX_CONTEXT
                              | (frame->csum_offset == TCP_CHECKSUM ? E1000_TX_TCP : 0));
    }
}

static void add_segment_context(const struct net_frame *frame) {
    uint64_t payload_len = frame->len - frame->header_len;
    add_desc(context_offsets(frame), payload_len | E1000_TX_CONTEXT | E1000_TX_TCP | E1000_TX_IPV4
                                         | E1000_TX_SEGMENT | E1000_TX_EXTENDED
                                         | E1000_TX_HEADER_LEN(frame->header_len)
                                         | E1000_TX_MSS(frame->mss));
}

static uint16_t get16(const uint8_t *bytes) {
    return (uint16_t) (bytes[0] << 8 | bytes[1]);
}

static void put16(uint8_t *bytes, uint16_t value) {
    bytes[0] = (uint8_t) (value >> 8);
    bytes[1] = (uint8_t) value;
}

/// Makes the headers of a segment what the controller wants (3.5.8): it puts in the length and the checksum of each IPv4
/// header, and the pseudo header's sum is to be without the length.
static void prepare_headers(const struct net_frame *frame) {
    uint8_t *headers = frame->pieces[0].buf;
    put16(&headers[IP_START + IPV4_LEN], 0);
    put16(&headers[IP_START + IPV4_CHECKSUM], 0);
    uint8_t *checksum = &headers[frame->csum_start + frame->csum_offset];
    uint32_t tcp_len = frame->len - frame->csum_start;
    uint32_t sum = get16(checksum) + (~tcp_len & 0xffff);
    put16(checksum, (uint16_t) (sum + (sum >> 16)));
}

/// The frame's pieces; `options` belong into the first one's descriptor.
static void add_pieces(const struct net_frame *frame, uint64_t options, uint64_t segment) {
    uint64_t common = E1000_TX_DATA | E1000_TX_EXTENDED | E1000_TX_CRC | segment;
    unsigned last = frame->num_pieces - 1;
    for (unsigned i = 0; i <= last; i++) {
        const struct net_piece *piece = &frame->pieces[i];
        add_desc(piece->paddr,
                 common | piece->len | (i == 0 ? options : 0) | (i == last ? E1000_TX_END : 0));
    }
}

/// Whether a context can say where the checksum is, and, of a segment, whether its headers are such that the controller
/// can change them.
static bool fits_context(const struct net_frame *frame) {
    if (frame->csum_start < IP_START + IPV4_HEADER_MIN
        || (uint32_t) frame->csum_start + frame->csum_offset > OFFSET_MAX) {
        return false;
    }
    return !(frame->flags & NET_DESC_TX_SEGMENT)
           || (frame->header_len <= OFFSET_MAX && frame->pieces[0].buf[IP_START] >> 4 == 4);
}

/// Adds a frame; one that can't be is as good as sent.
static void add_frame(const struct net_frame *frame) {
    current.num_net_descs += (uint16_t) frame->num_descs;
    if (frame->flags == 0) {
        add_pieces(frame, 0, 0);
    } else if (!fits_context(frame)) {
        return;
    } else if (frame->flags & NET_DESC_TX_SEGMENT) {
        prepare_headers(frame);
        add_segment_context(frame);
        add_pieces(frame, E1000_TX_TCP_CHECKSUM | E1000_TX_IP_CHECKSUM, E1000_TX_SEGMENT);
    } else {
        add_checksum_context(frame);
        add_pieces(frame, E1000_TX_TCP_CHECKSUM, 0);
    }
}

/// Tells the controller of the frames that were added.
static void flush(void) {
    if (current.num_descs > 0) {
        current.last = (uint16_t) ((tail + TX_LEN - 1) % TX_LEN);
        bool may_wait = num_descs < MANY_DESCS;
        descs[current.last].second |= into_le64(E1000_TX_REPORT | (may_wait ? E1000_TX_DELAY : 0));
        batches[(first_batch + num_batches) % TX_LEN] = current;
        num_batches++;
        __atomic_thread_fence(__ATOMIC_RELEASE);
        io_write32(io, E1000_TDT, tail);
    } else if (current.num_net_descs > 0) {
        // Nothing but frames that can't be sent.
        if (num_batches == 0) {
            net_tx_done(current.num_net_descs);
        } else {
            batches[(first_batch + num_batches - 1) % TX_LEN].num_net_descs +=
                current.num_net_descs;
        }
    }
    current = (struct batch){.num_descs = 0};
}

/// Takes back what the controller has sent.
static void collect(void) {
    while (num_batches > 0) {
        const struct batch *batch = &batches[first_batch];
        uint64_t second = __atomic_load_n(&descs[batch->last].second, __ATOMIC_ACQUIRE);
        if (!(from_le64(second) & E1000_TX_DONE)) {
            return;
        }
        num_descs -= batch->num_descs;
        net_tx_done(batch->num_net_descs);
        first_batch = (first_batch + 1) % TX_LEN;
        num_batches--;
    }
}

static bool has_room(void) {
    // One of them stays free: if head and tail are the same, there is nothing to be sent.
    return num_descs + FRAME_DESCS_MAX < TX_LEN;
}

bool tx_work(void) {
    static struct net_frame frame;
    collect();
    bool more = true;
    while (more && has_room()) {
        more = net_tx_next(&frame);
        if (more) {
            add_frame(&frame);
        }
    }
    flush();
    collect();
    return more && has_room();
}

bool tx_is_busy(void) {
    return num_batches > 0;
}
