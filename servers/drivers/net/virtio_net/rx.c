#include "rx.h"

#include <endian.h>
#include <resea/printf.h>
#include <string.h>

#include "header.h"

#define ETHER_TYPE      12
#define ETHER_TYPE_IPV4 0x0800
#define IPV4_HEADER_LEN 20
/// Version 4, a header without options.
#define IPV4_FIRST_BYTE 0x45

/// More buffers have no frame in them, whatever the device says.
#define FRAME_BUFFERS_MAX (NET_FRAME_MAX / NET_BUFFER_LEN + 2)

static struct nic nic;
static uint8_t *pool;     ///< Place 0.
static unsigned rest;     ///< Buffers of a frame that are still to come.
static bool is_dropping;  ///< The frame that they are of is damaged.

void rx_start(const struct nic *started) {
    nic = *started;
    rest = 0;
}

/// Whether the checksum of an IPv4 header is right: devices look at those of TCP and UDP only. Nothing is claimed of headers
/// with options.
static bool ip_header_is_right(const uint8_t *frame, size_t len) {
    if (len < NET_HEADER_LEN + IPV4_HEADER_LEN) {
        return false;
    }
    uint16_t words[(NET_HEADER_LEN + IPV4_HEADER_LEN) / sizeof(uint16_t)];
    memcpy(words, frame, sizeof(words));
    if (words[ETHER_TYPE / sizeof(uint16_t)] != hton16(ETHER_TYPE_IPV4)) {
        // IPv6 has none there; of another protocol there is nothing to be said.
        return true;
    }
    if (frame[NET_HEADER_LEN] != IPV4_FIRST_BYTE) {
        return false;
    }
    uint32_t sum = 0;
    for (unsigned i = NET_HEADER_LEN / sizeof(uint16_t); i < sizeof(words) / sizeof(words[0]);
         i++) {
        sum += words[i];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) (sum + (sum >> 16)) == 0xffff;
}

/// What the device says of the checksums.
static uint16_t checksum_flags(const struct header *header, const uint8_t *frame, size_t len) {
    if (!nic.checks) {
        return 0;
    }
    if (header->flags & HEADER_NEEDS_CSUM) {
        return NET_DESC_RX_TRUSTED;
    }
    bool checked = (header->flags & HEADER_DATA_VALID) && ip_header_is_right(frame, len);
    return checked ? NET_DESC_RX_CHECKED : 0;
}

/// The first buffer of a frame: the header, and what follows it.
static void take_first(uint32_t place, uint32_t len) {
    // The device can change it at any time.
    struct header header;
    memcpy(&header, &pool[place], sizeof(header));
    uint16_t num_buffers = nic.merges ? from_le16(header.num_buffers) : 1;
    rest = (num_buffers > 0) ? num_buffers - 1u : 0;
    is_dropping = num_buffers == 0 || num_buffers > FRAME_BUFFERS_MAX
                  || len < nic.header_len + NET_HEADER_LEN;
    if (is_dropping) {
        net_rx_add(place, 0, 0);
        return;
    }
    place += nic.header_len;
    len -= nic.header_len;
    uint16_t flags = checksum_flags(&header, &pool[place], len);
    net_rx_add(place, (uint16_t) len, flags | (rest > 0 ? NET_DESC_MORE : 0));
}

/// Another one, which has nothing but the frame's bytes.
static void take_next(uint32_t place, uint32_t len) {
    rest--;
    if (is_dropping) {
        net_rx_add(place, 0, 0);
    } else {
        net_rx_add(place, (uint16_t) len, rest > 0 ? NET_DESC_MORE : 0);
    }
}

/// A buffer's place as a request, which isn't NULL.
static void *request_of(uint32_t place) {
    return (void *) ((uintptr_t) place + 1);
}

static uint32_t place_of(const void *request) {
    return (uint32_t) ((uintptr_t) request - 1);
}

static unsigned collect(void) {
    unsigned count = 0;
    uint32_t len;
    void *request;
    while ((request = virtq_take(nic.rx, &len)) != NULL) {
        if (rest == 0) {
            take_first(place_of(request), len);
        } else {
            take_next(place_of(request), len);
        }
        count++;
    }
    if (virtq_is_broken(nic.rx)) {
        PANIC("the device breaks the rules of its queue");
    }
    return count;
}

static void add(const struct net_piece *buffer, uint32_t place) {
    unsigned count = nic.header_is_alone ? 2 : 1;
    uint32_t first_len = nic.header_is_alone ? nic.header_len : NET_BUFFER_LEN;
    const struct virtq_piece pieces[] = {
        {.addr = buffer->paddr, .len = first_len},
        {.addr = buffer->paddr + first_len, .len = NET_BUFFER_LEN - first_len},
    };
    pool = buffer->buf - place;
    ASSERT_OK(virtq_add(nic.rx, pieces, 0, count, request_of(place)));
}

static void refill(void) {
    struct net_piece buffer;
    uint32_t place;
    while (virtq_num_free(nic.rx) >= 2 && net_buffer_next(&buffer, &place)) {
        add(&buffer, place);
    }
    virtq_kick(nic.rx);
}

unsigned rx_work(void) {
    unsigned count = collect();
    refill();
    return count;
}

bool rx_wait(void) {
    return virtq_interrupt_after(nic.rx, 1);
}
