#include "fake_firmware.h"

#include <driver/dma.h>
#include <driver/io.h>
#include <resea/malloc.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "../property.h"
#include "../registers.h"

struct fake_firmware fake;

/// Of the size that the driver asked for, so that the sanitizer finds what lies beyond.
static uint32_t *buffer;
static uint32_t stale[4];
static unsigned num_stale;
static bool due;
static uint64_t now;

void fake_reset(void) {
    fake = (struct fake_firmware){
        .temperature = 25000,
        .framebuffer_bus = 0xfc100000,
        .power_answer = POWER_ON,
        .depth_answer = 32,
        .clock_rate = 700000000,
        .serial = {0x89abcdef, 0x01234567},
    };
    num_stale = 0;
    due = false;
    TEST_EXPECT_EQ(property_init(), OK);
}

void fake_leave_answer(uint32_t mail) {
    stale[num_stale++] = mail;
}

// ---- The firmware -------------------------------------------------------------------------------

static size_t answer_framebuffer(uint32_t *values, uint32_t id) {
    switch (id) {
    case TAG_SET_DEPTH:
        values[0] = fake.depth_answer;
        return 4;
    case TAG_ALLOCATE_FRAMEBUFFER:
        TEST_EXPECT(IS_ALIGNED(values[0], 4096));
        values[0] = fake.framebuffer_bus;
        values[1] = 640 * 480 * 4;
        return 8;
    case TAG_GET_PITCH:
        values[0] = 640 * 4;
        return 4;
    case TAG_SET_DISPLAY_SIZE:
    case TAG_SET_VIRTUAL_SIZE:
        values[0] = 640;
        values[1] = 480;
        return 8;
    case TAG_SET_PIXEL_ORDER:
    case TAG_SET_ALPHA_MODE:
        return 4;
    default:
        return 8;
    }
}

static size_t answer_rates(uint32_t *values, uint32_t id) {
    switch (id) {
    case TAG_GET_CLOCK_RATE:
        values[1] = fake.clock_rate;
        break;
    case TAG_GET_CLOCK_MIN:
        values[1] = 600000000;
        break;
    case TAG_GET_CLOCK_MAX:
        values[1] = 1200000000;
        break;
    case TAG_SET_CLOCK_RATE:
        fake.clock_rate = values[1];
        break;
    }
    return 8;
}

/// Returns the bytes of the answer.
static size_t answer_tag(uint32_t *values, uint32_t id) {
    switch (id) {
    case TAG_GET_FIRMWARE:
    case TAG_GET_BOARD_MODEL:
        values[0] = 7;
        return 4;
    case TAG_GET_BOARD_REVISION:
        values[0] = 0xa02082;
        return 4;
    case TAG_GET_MACADDR:
        memcpy(values, "\xb8\x27\xeb\x01\x02\x03", 6);
        return 6;
    case TAG_GET_SERIAL:
        memcpy(values, fake.serial, 8);
        return 8;
    case TAG_GET_TEMPERATURE:
        values[1] = fake.temperature;
        return 8;
    case TAG_GET_TEMPERATURE_MAX:
        values[1] = 85000;
        return 8;
    case TAG_GET_POWER:
    case TAG_SET_POWER:
        values[1] = fake.power_answer;
        return 8;
    case TAG_SET_EXPANDER:
        fake.expander_line = values[0];
        fake.expander_state = values[1];
        values[0] = 0;
        return 8;
    case TAG_GET_DMA_CHANNELS:
        values[0] = 0x7f35;
        return 4;
    case TAG_GET_ARM_MEMORY:
        values[1] = 0x3c000000;
        return 8;
    case TAG_GET_VC_MEMORY:
        values[0] = 0x3c000000;
        values[1] = 0x04000000;
        return 8;
    default:
        return ((id >> 16) == 3) ? answer_rates(values, id) : answer_framebuffer(values, id);
    }
}

static void answer_all(void) {
    uint32_t *tag = &buffer[BUFFER_TAGS];
    while (tag[TAG_ID] != TAG_END) {
        if (tag[TAG_ID] != fake.unknown_tag) {
            size_t len =
                (tag[TAG_ID] == fake.short_tag) ? 0 : answer_tag(&tag[TAG_VALUES], tag[TAG_ID]);
            tag[TAG_CODE] = TAG_ANSWERED | (uint32_t) len;
        }
        tag += TAG_VALUES + tag[TAG_SIZE] / sizeof(uint32_t);
    }
    fake.last_size = (unsigned) ((uint8_t *) (tag + 1) - (uint8_t *) buffer);
    TEST_EXPECT_EQ(buffer[BUFFER_SIZE], fake.last_size);
    buffer[BUFFER_CODE] = fake.parse_fails ? CODE_PARSE_FAIL : CODE_SUCCESS;
}

void fake_answer_now(void) {
    fake.delay = 0;
}

/// Lets the firmware work while the driver looks at the status.
static void poll(void) {
    if (due && fake.delay > 0) {
        fake.delay--;
    } else if (due && fake.delay == 0) {
        answer_all();
        due = false;
        stale[num_stale++] = fake.last_mail;
    }
}

// ---- What the driver calls ------------------------------------------------------------------------

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    TEST_EXPECT_EQ(paddr, MAILBOX_PADDR);
    TEST_EXPECT_EQ(len, MAILBOX_LEN);
    return (io_t) &fake;
}

uint32_t io_read32(io_t io __unused, offset_t offset) {
    switch (offset) {
    case MAILBOX0_STATUS:
        poll();
        return num_stale ? 0 : STATUS_EMPTY;
    case MAILBOX0_READ: {
        TEST_EXPECT_GT(num_stale, 0);
        uint32_t mail = stale[0];
        num_stale--;
        memmove(stale, &stale[1], num_stale * sizeof(stale[0]));
        return mail;
    }
    case MAILBOX1_STATUS:
        fake.full -= fake.full > 0;
        return fake.full ? STATUS_FULL : 0;
    default:
        TEST_EXPECT_EQ(offset, 0xdead);
        return 0;
    }
}

void io_write32(io_t io __unused, offset_t offset, uint32_t value) {
    TEST_EXPECT_EQ(offset, MAILBOX1_WRITE);
    TEST_EXPECT(fake.flushed);
    TEST_EXPECT(!due);
    fake.last_mail = value;
    fake.num_requests++;
    fake.flushed = false;
    due = true;
}

dma_t dma_alloc(size_t len, unsigned flags __unused) {
    free(buffer);
    buffer = malloc(len);
    bzero(buffer, len);
    return (dma_t) buffer;
}

vaddr_t dma_vaddr(dma_t dma) {
    return (vaddr_t) dma;
}

paddr_t dma_daddr(dma_t dma __unused) {
    return FAKE_DMA_PADDR;
}

void dma_flush_read(dma_t dma __unused) {}

void dma_flush_write(dma_t dma __unused) {
    fake.flushed = true;
}

uint64_t timer_uptime(void) {
    return now++;
}
