#include "rx.h"

#include <driver/dma.h>
#include <endian.h>
#include <net/device.h>

#include "registers.h"

/// A power of two, and a multiple of 8 (13.4.27). One of them is never the controller's: if all were, head and tail would be
/// the same, which stands for none.
#define RX_LEN 256u

#define FRAME_MIN 14
#define FRAME_MAX 1518

/// As the controller sees it. Memory is what both have it for: PCI devices see the caches of a PC's CPUs.
struct rx_desc {
    uint64_t addr;
    uint64_t result;
};

static io_t io;
static dma_t dma;
static struct rx_desc *descs;
static uint32_t
    places[RX_LEN];     ///< The buffers' places in the pool. The controller can't change them.
static unsigned next;   ///< The descriptor that comes back next.
static unsigned count;  ///< So many from there on are the controller's.
static bool inside;     ///< The last one didn't end its frame.

error_t rx_init(io_t registers) {
    io = registers;
    dma = dma_alloc(RX_LEN * sizeof(struct rx_desc), DMA_ALLOC_TO_DEV | DMA_ALLOC_FROM_DEV);
    if (dma == NULL) {
        return ERR_NO_MEMORY;
    }
    descs = (struct rx_desc *) dma_buf(dma);
    return OK;
}

void rx_start(void) {
    uint64_t daddr = dma_daddr(dma);
    next = count = 0;
    inside = false;
    io_write32(io, E1000_RDBAL, (uint32_t) daddr);
    io_write32(io, E1000_RDBAH, (uint32_t) (daddr >> 32));
    io_write32(io, E1000_RDLEN, RX_LEN * sizeof(struct rx_desc));
    io_write32(io, E1000_RDH, 0);
    io_write32(io, E1000_RDT, 0);
    // ITR alone decides when interrupts come.
    io_write32(io, E1000_RDTR, 0);
    io_write32(io, E1000_RADV, 0);
    io_write32(io, E1000_RXCSUM, E1000_RXCSUM_IP | E1000_RXCSUM_TCP);
    io_write32(io, E1000_RCTL,
               E1000_RCTL_EN | E1000_RCTL_MULTICAST | E1000_RCTL_BROADCAST | E1000_RCTL_STRIP_CRC);
}

/// Whether all checksums of an IPv4 frame were found right. Of IPv6 frames the controllers say too little.
static bool is_checked(uint64_t result) {
    return !(result & (E1000_RX_NOT_CHECKED | E1000_RX_WRONG_CHECKSUM))
           && (result & E1000_RX_TCP_CHECKED) && (result & E1000_RX_IP_CHECKED);
}

/// A buffer has come back. A frame fits into one, or else it is no frame.
static void take(uint32_t place, uint64_t result) {
    uint16_t len = E1000_RX_LEN(result);
    bool is_frame = (result & E1000_RX_END) && !inside && !(result & E1000_RX_DAMAGED)
                    && len >= FRAME_MIN && len <= FRAME_MAX;
    inside = !(result & E1000_RX_END);
    net_rx_add(place, is_frame ? len : 0, is_checked(result) ? NET_DESC_RX_CHECKED : 0);
}

static unsigned collect(void) {
    unsigned num_frames = 0;
    for (; count > 0; count--) {
        uint64_t result = from_le64(__atomic_load_n(&descs[next].result, __ATOMIC_ACQUIRE));
        if (!(result & E1000_RX_DONE)) {
            break;
        }
        take(places[next], result);
        next = (next + 1) % RX_LEN;
        num_frames++;
    }
    return num_frames;
}

static void refill(void) {
    unsigned before = count;
    struct net_piece buffer;
    uint32_t place;
    while (count < RX_LEN - 1 && net_buffer_next(&buffer, &place)) {
        unsigned index = (next + count) % RX_LEN;
        places[index] = place;
        descs[index].addr = into_le64(buffer.paddr);
        descs[index].result = 0;
        count++;
    }
    if (count != before) {
        __atomic_thread_fence(__ATOMIC_RELEASE);
        io_write32(io, E1000_RDT, (next + count) % RX_LEN);
    }
}

unsigned rx_work(void) {
    unsigned num_frames = collect();
    refill();
    return num_frames;
}
