#include "card.h"

#include <driver/dma.h>
#include <driver/io.h>
#include <resea/timer.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../registers.h"

#define NUM_REGS    (0x6000 / 4)
#define DESC_LEN    16
#define SEGMENT_MAX (64 * 1024 + 256)

struct card card;

static uint32_t regs[NUM_REGS];
static uint32_t icr, ims;

/// What contexts say (3.3.6).
struct context {
    unsigned ip_start, ip_checksum, ip_end, start, checksum;
    unsigned payload_len, header_len, mss;
    bool tcp, ipv4;
};
static struct context checksum_context, segment_context;

/// The frame that is being put together.
static uint8_t assembled[SEGMENT_MAX];
static size_t assembled_len;
static uint64_t frame_options;  ///< Of its first descriptor.
static bool inside;

#define DMAS_MAX 4
struct dma {
    void *memory;
};
static struct dma dmas[DMAS_MAX];
static unsigned num_dmas;

static void reset_registers(void) {
    memset(regs, 0, sizeof(regs));
    icr = ims = 0;
    inside = false;
    assembled_len = 0;
    regs[E1000_RAL0 / 4] = card.eeprom[0] | (uint32_t) card.eeprom[1] << 16;
    regs[E1000_RAH0 / 4] = card.eeprom[2] | E1000_RAH_VALID;
    if (card.has_no_address) {
        regs[E1000_RAL0 / 4] = regs[E1000_RAH0 / 4] = 0;
    }
}

void card_begin(void) {
    memset(&card, 0, sizeof(card));
    for (; num_dmas > 0; num_dmas--) {
        free(dmas[num_dmas - 1].memory);
    }
    card.eeprom[0] = 0x5452;
    card.eeprom[1] = 0x1200;
    card.eeprom[2] = 0x5634;
    card.status = E1000_STATUS_LINK | 2u << 6;
    reset_registers();
}

uint32_t card_interrupts(void) {
    return icr & ims;
}

void card_raise(uint32_t causes) {
    icr |= causes;
}

uint32_t card_register(unsigned reg) {
    return regs[reg / 4];
}

static unsigned sum_of(const uint8_t *bytes, size_t len) {
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += (i % 2 == 0) ? (uint32_t) bytes[i] << 8 : bytes[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static unsigned get16(const uint8_t *bytes) {
    return (unsigned) bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, unsigned value) {
    bytes[0] = (uint8_t) (value >> 8);
    bytes[1] = (uint8_t) value;
}

static void put_checksum(uint8_t *frame, unsigned start, unsigned end, unsigned place) {
    TEST_EXPECT_LE(end, CARD_FRAME_LEN);
    TEST_EXPECT_LE(place + 2, end);
    put16(&frame[place], ~sum_of(&frame[start], end - start) & 0xffff);
}

static void emit(const uint8_t *bytes, size_t len, const struct context *context) {
    TEST_EXPECT_LT(card.num_sent, CARD_FRAMES_MAX);
    TEST_EXPECT_LE(len, 1514);
    struct card_frame *frame = &card.sent[card.num_sent++];
    frame->len = len;
    memcpy(frame->bytes, bytes, len);
    if (frame_options & E1000_TX_IP_CHECKSUM) {
        put_checksum(frame->bytes, context->ip_start, context->ip_end + 1, context->ip_checksum);
    }
    if (frame_options & E1000_TX_TCP_CHECKSUM) {
        put_checksum(frame->bytes, context->start, (unsigned) len, context->checksum);
    }
}

/// One frame of a segment, with the headers as 3.5.9 says.
static void emit_part(size_t offset, size_t len, unsigned number) {
    const struct context *context = &segment_context;
    static uint8_t part[CARD_FRAME_LEN];
    size_t header_len = context->header_len;
    TEST_EXPECT_LE(header_len + len, sizeof(part));
    memcpy(part, assembled, header_len);
    memcpy(&part[header_len], &assembled[header_len + offset], len);
    uint8_t *ip = &part[context->ip_start], *tcp = &part[context->start];
    size_t total = header_len + len;
    put16(&ip[2], (unsigned) (total - context->ip_start));
    put16(&ip[4], get16(&ip[4]) + number);
    uint32_t sequence = get16(&tcp[4]) << 16 | get16(&tcp[6]);
    sequence += (uint32_t) offset;
    put16(&tcp[4], sequence >> 16);
    put16(&tcp[6], sequence & 0xffff);
    if (offset + len < context->payload_len) {
        tcp[13] &= (uint8_t) ~9;
    }
    uint8_t *checksum = &part[context->checksum];
    uint32_t sum = get16(checksum) + (uint32_t) (total - context->start);
    put16(checksum, (sum & 0xffff) + (sum >> 16));
    emit(part, total, context);
}

static void emit_segment(void) {
    const struct context *context = &segment_context;
    TEST_EXPECT(context->tcp && context->ipv4);
    TEST_EXPECT_GT(context->mss, 0);
    TEST_EXPECT_EQ(context->payload_len + context->header_len, assembled_len);
    unsigned number = 0;
    for (size_t offset = 0; offset < context->payload_len; offset += context->mss) {
        emit_part(offset, MIN((size_t) context->mss, context->payload_len - offset), number);
        number++;
    }
}

static void read_context(uint64_t first, uint64_t second) {
    struct context *context = (second & E1000_TX_SEGMENT) ? &segment_context : &checksum_context;
    card.num_contexts++;
    *context = (struct context){
        .ip_start = first & 0xff,
        .ip_checksum = (first >> 8) & 0xff,
        .ip_end = (first >> 16) & 0xffff,
        .start = (first >> 32) & 0xff,
        .checksum = (first >> 40) & 0xff,
        .payload_len = second & 0xfffff,
        .header_len = (second >> 40) & 0xff,
        .mss = (second >> 48) & 0xffff,
        .tcp = (second & E1000_TX_TCP) != 0,
        .ipv4 = (second & E1000_TX_IPV4) != 0,
    };
    TEST_EXPECT_EQ(first >> 48, 0);
}

static void read_data(uint64_t first, uint64_t second) {
    size_t len = second & 0xfffff;
    if (!inside) {
        frame_options = second;
        assembled_len = 0;
        inside = true;
    }
    TEST_EXPECT_EQ(second & E1000_TX_SEGMENT, frame_options & E1000_TX_SEGMENT);
    TEST_EXPECT(second & E1000_TX_CRC);
    TEST_EXPECT_GT(len, 0);
    TEST_EXPECT_LE(assembled_len + len, sizeof(assembled));
    memcpy(&assembled[assembled_len], (const void *) first, len);
    assembled_len += len;
    if (second & E1000_TX_END) {
        inside = false;
        if (frame_options & E1000_TX_SEGMENT) {
            emit_segment();
        } else {
            emit(assembled, assembled_len, &checksum_context);
        }
    }
}

static uint64_t *ring(unsigned low, unsigned high) {
    return (uint64_t *) (regs[low / 4] | (uint64_t) regs[high / 4] << 32);
}

static void send_next(void) {
    unsigned head = regs[E1000_TDH / 4];
    uint64_t *desc = &ring(E1000_TDBAL, E1000_TDBAH)[head * 2];
    TEST_EXPECT(desc[1] & E1000_TX_EXTENDED);
    TEST_EXPECT(!(desc[1] & E1000_TX_DONE));
    if (((desc[1] >> 20) & 0xf) == 0) {
        TEST_EXPECT(!inside);
        read_context(desc[0], desc[1]);
    } else {
        read_data(desc[0], desc[1]);
    }
    if (desc[1] & E1000_TX_REPORT) {
        card.delayed += (desc[1] & E1000_TX_DELAY) != 0;
        desc[1] |= E1000_TX_DONE;
        icr |= E1000_CAUSE_SENT;
    }
    regs[E1000_TDH / 4] = (head + 1) % (regs[E1000_TDLEN / 4] / DESC_LEN);
}

void card_send(unsigned num_descs) {
    bool enabled = regs[E1000_TCTL / 4] & E1000_TCTL_EN;
    while (enabled && num_descs > 0 && regs[E1000_TDH / 4] != regs[E1000_TDT / 4]) {
        send_next();
        num_descs--;
    }
}

static bool miss(void) {
    regs[E1000_MPC / 4]++;
    icr |= E1000_CAUSE_MISSED;
    return false;
}

bool card_receive(const void *frame, size_t len, uint64_t result) {
    unsigned head = regs[E1000_RDH / 4];
    if (!(regs[E1000_RCTL / 4] & E1000_RCTL_EN)) {
        return false;
    }
    if (head == regs[E1000_RDT / 4]) {
        return miss();
    }
    uint64_t *desc = &ring(E1000_RDBAL, E1000_RDBAH)[head * 2];
    TEST_EXPECT_EQ(desc[1], 0);
    memcpy((void *) desc[0], frame, MIN(len, (size_t) 2048));
    desc[1] = (len & 0xffff) | result | E1000_RX_DONE;
    icr |= E1000_CAUSE_RX;
    regs[E1000_RDH / 4] = (head + 1) % (regs[E1000_RDLEN / 4] / DESC_LEN);
    return true;
}

static uint32_t read_eerd(void) {
    uint32_t asked = regs[E1000_EERD / 4];
    unsigned word = card.is_82574 ? asked >> 2 : asked >> 8;
    if (!(asked & E1000_EERD_START) || word >= 3 || card.eeprom_is_silent) {
        return asked;
    }
    return (uint32_t) card.eeprom[word] << 16 | (card.is_82574 ? 1u << 1 : 1u << 4);
}

static uint32_t take(uint32_t *value) {
    uint32_t before = *value;
    *value = 0;
    return before;
}

uint32_t io_read32(io_t io, offset_t offset) {
    TEST_EXPECT_EQ(io, CARD_IO);
    switch (offset) {
    case E1000_ICR:
        return take(&icr);
    case E1000_MPC:
        return take(&regs[E1000_MPC / 4]);
    case E1000_STATUS:
        return card.status;
    case E1000_EERD:
        return read_eerd();
    default:
        TEST_EXPECT_LT(offset, sizeof(regs));
        return regs[offset / 4];
    }
}

static void write_ctrl(uint32_t value) {
    if (value & E1000_CTRL_RESET) {
        card.num_resets++;
        if (!card.is_not_reset) {
            reset_registers();
        }
        regs[E1000_CTRL / 4] = card.stays_in_reset ? E1000_CTRL_RESET : 0;
    } else {
        regs[E1000_CTRL / 4] = value;
    }
}

void io_write32(io_t io, offset_t offset, uint32_t value) {
    TEST_EXPECT_EQ(io, CARD_IO);
    TEST_EXPECT_LT(offset, sizeof(regs));
    switch (offset) {
    case E1000_CTRL:
        write_ctrl(value);
        return;
    case E1000_IMS:
        ims |= value;
        return;
    case E1000_IMC:
        ims &= ~value;
        return;
    default:
        regs[offset / 4] = value;
    }
    if (offset == E1000_TDT && !card.slow) {
        card_send(UINT32_MAX);
    }
}

dma_t dma_alloc(size_t len, unsigned flags) {
    TEST_EXPECT_EQ(flags, DMA_ALLOC_TO_DEV | DMA_ALLOC_FROM_DEV);
    if (card.no_memory) {
        return NULL;
    }
    TEST_EXPECT_LT(num_dmas, DMAS_MAX);
    struct dma *dma = &dmas[num_dmas++];
    dma->memory = aligned_alloc(4096, len);
    memset(dma->memory, 0, len);
    return dma;
}

paddr_t dma_daddr(dma_t dma) {
    return (paddr_t) dma->memory;
}

uint8_t *dma_buf(dma_t dma) {
    return dma->memory;
}

void timer_sleep(msec_t ms) {
    TEST_EXPECT_GT(ms, 0);
}
