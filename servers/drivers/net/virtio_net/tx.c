#include "tx.h"

#include <driver/dma.h>
#include <endian.h>
#include <resea/printf.h>
#include <string.h>

#include "header.h"

/// Frames under way, at most: each has its header, and one piece at least.
#define FRAMES_MAX (NET_TX_LEN / 2)
/// With so many pieces under way the device interrupts when half of the frames are sent.
#define MANY_PIECES 64

/// A frame under way. The device may be through with them in any order.
struct frame {
    uint16_t num_descs;
    bool is_sent;
};

/// The headers, one for each of the frames: the device only reads them.
static dma_t dma;
static struct header *headers;

static struct nic nic;
static unsigned max_pieces;
static unsigned queue_len;

static struct frame frames[FRAMES_MAX];
static unsigned first_frame;
static unsigned num_frames;
static bool interrupts;

error_t tx_init(void) {
    dma = dma_alloc(FRAMES_MAX * sizeof(struct header), DMA_ALLOC_TO_DEV);
    if (dma == NULL) {
        return ERR_NO_MEMORY;
    }
    headers = (struct header *) dma_buf(dma);
    return OK;
}

void tx_start(const struct nic *started, const struct net_device *device) {
    nic = *started;
    max_pieces = device->max_pieces;
    queue_len = virtq_num_free(nic.tx);
    first_frame = num_frames = 0;
    interrupts = false;
}

/// The kind of a segment, which the driver has to look up; GSO_NONE if the device can't cut it.
static uint8_t segment_type(const struct net_frame *frame) {
    switch (frame->pieces[0].buf[NET_HEADER_LEN] >> 4) {
    case 4:
        return nic.cuts4 ? GSO_TCPV4 : GSO_NONE;
    case 6:
        return nic.cuts6 ? GSO_TCPV6 : GSO_NONE;
    default:
        return GSO_NONE;
    }
}

/// Makes a frame's header. False: the device can't do what it would have to.
static bool fill_header(struct header *header, const struct net_frame *frame) {
    bzero(header, sizeof(*header));
    if (frame->flags == 0) {
        return true;
    }
    header->flags = HEADER_NEEDS_CSUM;
    header->csum_start = into_le16(frame->csum_start);
    header->csum_offset = into_le16(frame->csum_offset);
    if (frame->flags & NET_DESC_TX_SEGMENT) {
        header->gso_type = segment_type(frame);
        header->header_len = into_le16(frame->header_len);
        header->gso_size = into_le16(frame->mss);
        return header->gso_type != GSO_NONE;
    }
    return true;
}

/// Gives the device a frame; one that can't be is as good as sent.
static void add(const struct net_frame *frame) {
    unsigned index = (first_frame + num_frames) % FRAMES_MAX;
    bool can_be = fill_header(&headers[index], frame);
    frames[index] = (struct frame){.num_descs = (uint16_t) frame->num_descs, .is_sent = !can_be};
    num_frames++;
    if (!can_be) {
        return;
    }
    struct virtq_piece pieces[1 + NET_PIECES_MAX];
    pieces[0] = (struct virtq_piece){
        .addr = dma_daddr(dma) + index * sizeof(struct header),
        .len = nic.header_len,
    };
    for (unsigned i = 0; i < frame->num_pieces; i++) {
        pieces[1 + i] = (struct virtq_piece){frame->pieces[i].paddr, frame->pieces[i].len};
    }
    ASSERT_OK(virtq_add(nic.tx, pieces, 1 + frame->num_pieces, 0, &frames[index]));
}

/// Takes back what was sent.
static void collect(void) {
    struct frame *frame;
    uint32_t len;
    while ((frame = virtq_take(nic.tx, &len)) != NULL) {
        frame->is_sent = true;
    }
    if (virtq_is_broken(nic.tx)) {
        PANIC("the device breaks the rules of its queue");
    }
    while (num_frames > 0 && frames[first_frame].is_sent) {
        net_tx_done(frames[first_frame].num_descs);
        first_frame = (first_frame + 1) % FRAMES_MAX;
        num_frames--;
    }
}

static bool has_room(void) {
    return num_frames < FRAMES_MAX && virtq_num_free(nic.tx) > max_pieces;
}

/// Decides whether the device interrupts for what is under way. False: it is through with some of that already.
static bool set_interrupts(void) {
    bool wanted = !has_room() || queue_len - virtq_num_free(nic.tx) >= MANY_PIECES;
    if (wanted) {
        interrupts = true;
        return virtq_interrupt_after(nic.tx, MAX(virtq_num_under_way(nic.tx) / 2, 1u));
    }
    if (interrupts) {
        interrupts = false;
        virtq_no_interrupts(nic.tx);
    }
    return true;
}

bool tx_work(void) {
    static struct net_frame frame;
    collect();
    bool more = true;
    while (more && has_room()) {
        more = net_tx_next(&frame);
        if (more) {
            add(&frame);
        }
    }
    virtq_kick(nic.tx);
    collect();
    return (more && has_room()) || !set_interrupts();
}

bool tx_is_silent(void) {
    return num_frames > 0 && !interrupts;
}
