#include "answer.h"

#include <endian.h>
#include <string.h>

#define MAC_LEN        6
#define HEADER_LEN     16
#define ARGUMENTS_LEN  12
#define ETHER_TYPE_IP4 0x0800u
#define STATS_LEN      64

static uint8_t *pool;

static uint16_t get16(const uint8_t *bytes) {
    return (uint16_t) (bytes[0] << 8 | bytes[1]);
}

static uint32_t get32(const uint8_t *bytes) {
    return (uint32_t) get16(bytes) << 16 | get16(&bytes[2]);
}

static void put32(uint8_t *bytes, uint32_t value) {
    value = hton32(value);
    memcpy(bytes, &value, sizeof(value));
}

void answer_init(uint8_t *pool_start) {
    pool = pool_start;
    uint8_t *payload = &pool[NUM_BUFFERS * NET_BUFFER_LEN];
    for (unsigned i = 0; i < PAYLOAD_BUFFERS * NET_BUFFER_LEN; i++) {
        payload[i] = PATTERN(i);
    }
}

static void exchange_addresses(uint8_t *frame) {
    uint8_t mac[MAC_LEN];
    memcpy(mac, frame, MAC_LEN);
    memcpy(frame, &frame[MAC_LEN], MAC_LEN);
    memcpy(&frame[MAC_LEN], mac, MAC_LEN);
}

/// The frame from `place` on, in so many pieces.
static unsigned cut(uint32_t place, uint16_t len, unsigned num_pieces,
                    struct net_desc descs[NET_PIECES_MAX]) {
    num_pieces = MAX(1u, MIN(MIN(num_pieces, NET_PIECES_MAX), (unsigned) len));
    for (unsigned i = 0; i < num_pieces; i++) {
        // The last one has what is left.
        uint16_t piece = (i + 1 < num_pieces) ? (uint16_t) (len / (num_pieces - i)) : len;
        descs[i] = (struct net_desc){.place = place, .len = piece};
        place += piece;
        len = (uint16_t) (len - piece);
    }
    return num_pieces;
}

static void read_arguments(const uint8_t *arguments, unsigned flags, struct net_desc *desc) {
    desc->flags = (uint16_t) flags;
    desc->csum_start = get16(arguments);
    desc->csum_offset = get16(&arguments[2]);
    desc->mss = get16(&arguments[4]);
    desc->header_len = get16(&arguments[6]);
}

/// The pieces of a segment's payload.
static unsigned add_payload(uint32_t len, struct net_desc *descs) {
    unsigned count = 0;
    for (uint32_t offset = 0; offset < len; offset += NET_BUFFER_LEN) {
        descs[count] = (struct net_desc){
            .place = NUM_BUFFERS * NET_BUFFER_LEN + offset,
            .len = (uint16_t) MIN(len - offset, NET_BUFFER_LEN),
        };
        count++;
    }
    return count;
}

static unsigned answer_segment(const uint8_t *arguments, uint32_t place,
                               struct net_desc descs[NET_PIECES_MAX]) {
    uint32_t len = MIN(get32(&arguments[8]), PAYLOAD_BUFFERS * NET_BUFFER_LEN);
    descs[0] = (struct net_desc){.place = place, .len = get16(&arguments[6])};
    read_arguments(arguments, NET_DESC_TX_SEGMENT, &descs[0]);
    return 1 + add_payload(len, &descs[1]);
}

static unsigned answer_stats(uint8_t *frame, const struct stats *stats) {
    const uint32_t numbers[] = {stats->features, stats->mtu, stats->attached, stats->received,
                                stats->dropped};
    bzero(&frame[HEADER_LEN], STATS_LEN - HEADER_LEN);
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        put32(&frame[HEADER_LEN + 4 * i], numbers[i]);
    }
    return STATS_LEN;
}

static unsigned obey(uint8_t *frame, uint32_t place, uint16_t len, const struct stats *stats,
                     struct net_desc descs[NET_PIECES_MAX]) {
    bool has_arguments = len > HEADER_LEN + ARGUMENTS_LEN;
    switch (frame[14]) {
    case COMMAND_ECHO:
        return cut(place, len, 1, descs);
    case COMMAND_PIECES:
        return cut(place, len, frame[15], descs);
    case COMMAND_STATS:
        return cut(place, (uint16_t) answer_stats(frame, stats), 1, descs);
    case COMMAND_CHECKSUM:
        if (has_arguments) {
            place += HEADER_LEN + ARGUMENTS_LEN;
            len = (uint16_t) (len - HEADER_LEN - ARGUMENTS_LEN);
            (void) cut(place, len, 1, descs);
            read_arguments(&frame[HEADER_LEN], NET_DESC_TX_CHECKSUM, &descs[0]);
            return 1;
        }
        return 0;
    case COMMAND_SEGMENT:
        return has_arguments
                   ? answer_segment(&frame[HEADER_LEN], place + HEADER_LEN + ARGUMENTS_LEN, descs)
                   : 0;
    default:
        return 0;
    }
}

unsigned answer(const struct net_received *received, const struct stats *stats,
                struct net_desc descs[NET_PIECES_MAX]) {
    uint32_t place = received->buffer * NET_BUFFER_LEN + received->offset;
    uint8_t *frame = &pool[place];
    if (received->len < HEADER_LEN) {
        return 0;
    }
    exchange_addresses(frame);
    uint16_t type = get16(&frame[2 * MAC_LEN]);
    if (type == ETHER_TYPE_IP4) {
        frame[12] = ETHER_TYPE >> 8;
        frame[13] = ETHER_TYPE & 0xff;
        frame[14] = COMMAND_CHECKED;
        frame[15] = (received->flags & NET_DESC_RX_CHECKED) != 0;
        return cut(place, received->len, 1, descs);
    }
    return (type == ETHER_TYPE) ? obey(frame, place, received->len, stats, descs) : 0;
}
