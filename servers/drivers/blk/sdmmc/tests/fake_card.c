#include "fake_card.h"

#include <driver/delay.h>
#include <driver/dma.h>
#include <driver/io.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "../fifo.h"
#include "fake_dma.h"

#define BASE_HZ 250000000u

enum {
    IDLE = 0,
    READY = 1,
    IDENT = 2,
    STANDBY = 3,
    TRANSFER = 4,
    SENDING = 5,
    RECEIVING = 6
};

struct fake_card fake;
uint8_t fake_memory[FAKE_MEMORY_LEN] __aligned(EMMC_BLOCK_LEN);

/// The controller's registers, and which bus they are.
static struct { uint32_t blocks, arg, response[4], control0, control1, events, mask, enable; } emmc;
static char dma_io;

static unsigned state;
static bool app_command;
static unsigned steps;
static unsigned announced;  ///< CMD23's count.

/// The transfer that goes on.
static struct {
    bool to_card, dead;
    uint8_t *next;
    unsigned block_len, in_block, blocks_left, blocks_done;
} data;
static uint8_t answer[SD_SWITCH_LEN];

static uint64_t now;
static unsigned gap_ns, last_hz;

void fake_set_bits(uint8_t reg[SD_REGISTER_LEN], unsigned high, unsigned low, uint32_t value) {
    for (unsigned bit = low; bit <= high; bit++) {
        uint8_t *byte = &reg[SD_REGISTER_LEN - 1 - bit / 8];
        *byte = (uint8_t) ((*byte & ~(1u << bit % 8)) | (value >> (bit - low) & 1) << bit % 8);
    }
}

void fake_insert_card(bool high_capacity) {
    bzero(&fake, sizeof(fake));
    bzero(&emmc, sizeof(emmc));
    bzero(&data, sizeof(data));
    fake_dma_reset();
    state = IDLE;
    steps = 0;
    last_hz = 400000;
    fake.high_capacity = high_capacity;
    memcpy(fake.cid, "\x03SDTEST1\x10\xde\xad\xbe\xef\x01\x23\x00", SD_REGISTER_LEN);
    memcpy(fake.scr, "\x02\x35\x80\x00", 4);
    // Classes 0, 2, 4, 5, 7, 8 and 10; blocks of 512 bytes.
    fake_set_bits(fake.csd, 95, 84, 0x5b5);
    fake_set_bits(fake.csd, 83, 80, 9);
    if (high_capacity) {
        fake_set_bits(fake.csd, 127, 126, 1);
        // It has 512 KiB, of which the simulation keeps only the beginning.
        fake_set_bits(fake.csd, 69, 48, 0);
    } else {
        fake_set_bits(fake.csd, 73, 62, FAKE_SECTORS / 4 - 1);
    }
    for (size_t i = 0; i < sizeof(fake.data); i++) {
        fake.data[i] = (uint8_t) (i * 7 + i / EMMC_BLOCK_LEN);
    }
}

bool fake_interrupts(void) {
    return (emmc.events & emmc.enable) != 0;
}

bool fake_timer_runs_out(void) {
    bool runs = fake.timer_ms != 0;
    now += fake.timer_ms;
    fake.timer_ms = 0;
    return runs;
}

// ---- The card -------------------------------------------------------------------------------------

static void raise(uint32_t events) {
    emmc.events |= events & emmc.mask;
}

/// Begins to move blocks. Which of them the card has was checked before.
static void begin_data(uint8_t *at, bool to_card) {
    // What is left of commands before this one would be taken for this one's.
    TEST_EXPECT_EQ(emmc.events & ~EVENT_COMMAND_DONE, 0);
    fake.unseen = 0;
    data.to_card = to_card;
    data.next = at;
    data.block_len = emmc.blocks & 0x3ff;
    data.blocks_left = emmc.blocks >> BLKCNT_SHIFT;
    data.in_block = 0;
    data.blocks_done = 0;
    data.dead = fake.stalled_transfers > 0;
    fake.stalled_transfers -= data.dead;
    state = to_card ? RECEIVING : SENDING;
    if (!data.dead) {
        raise(to_card ? EVENT_WRITE_READY : EVENT_READ_READY);
    }
}

static void end_data(void) {
    bool single = announced != 0 || data.blocks_done == 1 || data.block_len != EMMC_BLOCK_LEN;
    TEST_EXPECT(announced == 0 || announced == data.blocks_done);
    announced = 0;
    if (single) {
        state = TRANSFER;
    }
    raise(EVENT_DATA_DONE);
}

static void end_block(void) {
    data.in_block = 0;
    data.blocks_left--;
    data.blocks_done++;
    fake.num_written += data.to_card;
    if (fake.bad_transfers > 0) {
        fake.bad_transfers--;
        data.dead = true;
        raise(fake.bad_events);
    } else if (data.blocks_left > 0) {
        raise(data.to_card ? EVENT_WRITE_READY : EVENT_READ_READY);
    } else {
        end_data();
    }
}

bool fake_has_data(bool to_card) {
    return !data.dead && data.blocks_left > 0 && data.to_card == to_card;
}

void fake_move_words(uint32_t *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        TEST_EXPECT_GT(data.blocks_left, 0);
        if (data.to_card) {
            memcpy(data.next, &words[i], sizeof(words[i]));
        } else {
            memcpy(&words[i], data.next, sizeof(words[i]));
        }
        data.next += sizeof(words[i]);
        data.in_block += sizeof(words[i]);
        if (data.in_block == data.block_len) {
            end_block();
        }
    }
}

static uint32_t status(void) {
    return state << 9 | SD_STATUS_READY | (app_command ? SD_STATUS_APP_COMMAND : 0) | fake.locked;
}

static void respond_long(const uint8_t reg[SD_REGISTER_LEN]) {
    for (unsigned i = 0; i < 4; i++) {
        emmc.response[i] = 0;
    }
    for (unsigned i = 0; i < SD_REGISTER_LEN - 1; i++) {
        emmc.response[i / 4] |= (uint32_t) reg[SD_REGISTER_LEN - 2 - i] << i % 4 * 8;
    }
}

static void send_answer(size_t len) {
    TEST_EXPECT_EQ(emmc.blocks, len | 1u << BLKCNT_SHIFT);
    begin_data(answer, false);
}

static void do_switch(uint32_t arg) {
    bzero(answer, sizeof(answer));
    answer[13] = fake.refuses_switch ? 1 : 3;
    bool slow = fake.refuses_switch || (fake.fails_switch && (arg >> 31));
    answer[16] = slow ? 0xf : 1;
    send_answer(SD_SWITCH_LEN);
}

static void begin_blocks(unsigned index, uint32_t arg) {
    uint32_t sector = fake.high_capacity ? arg : arg / EMMC_BLOCK_LEN;
    uint32_t count = emmc.blocks >> BLKCNT_SHIFT;
    TEST_EXPECT(fake.high_capacity || arg % EMMC_BLOCK_LEN == 0);
    TEST_EXPECT_LE(sector + count, FAKE_SECTORS);
    TEST_EXPECT(count == 1 || index == 18 || index == 25);
    begin_data(&fake.data[(size_t) sector * EMMC_BLOCK_LEN], index >= 24);
}

static bool is_app_command(unsigned index) {
    return app_command && (index == 6 || index == 41 || index == 51);
}

static bool app_command_answers(unsigned index, uint32_t arg) {
    switch (index) {
    case 41:
        TEST_EXPECT(!fake.is_v1 || !(arg & SD_OCR_HIGH_CAPACITY));
        steps++;
        emmc.response[0] = SD_OCR_VOLTAGES;
        // A card whose capacity the host doesn't know stays busy for good.
        if (steps > fake.power_up_steps && (!fake.high_capacity || (arg & SD_OCR_HIGH_CAPACITY))) {
            state = READY;
            emmc.response[0] |= SD_OCR_POWERED_UP | (fake.high_capacity ? SD_OCR_HIGH_CAPACITY : 0);
        }
        return true;
    case 51:
        memcpy(answer, fake.scr, sizeof(fake.scr));
        send_answer(SD_SCR_LEN);
        return true;
    default:
        TEST_EXPECT_EQ(arg, SD_BUS_WIDTH_4);
        return true;
    }
}

/// Commands that say who there is.
static bool identifying_command_answers(unsigned index, uint32_t arg) {
    switch (index) {
    case 0:
        state = IDLE;
        steps = 0;
        announced = 0;
        data.blocks_left = 0;
        TEST_EXPECT_LE(fake.clock_hz, 400000);
        return true;
    case 8:
        emmc.response[0] = fake.has_other_voltage ? 0 : arg;
        return !fake.is_v1;
    case 2:
        state = IDENT;
        respond_long(fake.cid);
        return true;
    case 3:
        state = STANDBY;
        emmc.response[0] = 0x12340000u | 0x500;
        return true;
    case 9:
        respond_long(fake.csd);
        return arg == 0x12340000u;
    default:
        state = TRANSFER;
        raise(EVENT_DATA_DONE);  // It isn't busy.
        return arg == 0x12340000u;
    }
}

static bool command_answers(unsigned index, uint32_t arg) {
    switch (index) {
    case 6:
        do_switch(arg);
        return true;
    case 12:
        state = TRANSFER;
        data.blocks_left = 0;
        raise(EVENT_DATA_DONE);
        return true;
    case 13:
        if (fake.busy_statuses > 0) {
            fake.busy_statuses--;
            emmc.response[0] = 7u << 9;
        }
        return arg == 0x12340000u;
    case 16:
        return arg == EMMC_BLOCK_LEN;
    case 23:
        announced = arg;
        return (fake.scr[3] & 2) != 0;
    case 17:
    case 18:
    case 24:
    case 25:
        if (state != TRANSFER) {
            fake.num_illegal++;
            return false;
        }
        begin_blocks(index, arg);
        return true;
    case 55:
        app_command = true;
        emmc.response[0] |= SD_STATUS_APP_COMMAND;
        return true;
    default:
        return identifying_command_answers(index, arg);
    }
}

/// Returns what becomes of a command.
static uint32_t execute(unsigned index, uint32_t arg) {
    bool app = is_app_command(index);
    app_command = false;
    emmc.response[0] = status();
    // CMD23 counts for the command behind it only.
    announced = (index == 18 || index == 25) ? announced : 0;
    if (fake.absent) {
        return (index == 0) ? EVENT_COMMAND_DONE : EVENT_NO_RESPONSE;
    }
    if (fake.silences > 0 && index == fake.silent_command) {
        fake.silences--;
        return EVENT_NO_RESPONSE;
    }
    if (fake.garbles > 0 && index == fake.garbled_command) {
        fake.garbles--;
        return EVENT_BAD_CRC;
    }
    if (!(app ? app_command_answers(index, arg) : command_answers(index, arg))) {
        return EVENT_NO_RESPONSE;
    }
    if (fake.complaints > 0 && index == fake.complained_command) {
        fake.complaints--;
        emmc.response[0] |= fake.complaint;
    }
    return EVENT_COMMAND_DONE;
}

// ---- The controller -------------------------------------------------------------------------------

static void set_control1(uint32_t value) {
    uint32_t resets = CONTROL1_RESET_ALL | CONTROL1_RESET_COMMAND | CONTROL1_RESET_DATA;
    if ((value & CONTROL1_RESET_DATA) && !fake.stuck) {
        data.blocks_left = 0;
    }
    if ((value & CONTROL1_RESET_ALL) && !fake.stuck) {
        bzero(&emmc, sizeof(emmc));
        value = 0;
    }
    if (value & CONTROL1_CLOCK_INTERNAL) {
        value |= CONTROL1_CLOCK_STABLE;
    }
    emmc.control1 = fake.stuck ? value : value & ~resets;
    unsigned divider =
        (value >> CONTROL1_DIVIDER_LOW & 0xff) | (value >> CONTROL1_DIVIDER_HIGH & 3) << 8;
    unsigned hz = (divider == 0) ? BASE_HZ : BASE_HZ / 2 / divider;
    fake.clock_hz = (value & CONTROL1_CLOCK_EN) ? hz : 0;
    last_hz = (fake.clock_hz == 0) ? last_hz : hz;
}

static void send_command(uint32_t command) {
    unsigned index = command >> CMDTM_INDEX_SHIFT;
    TEST_EXPECT_GT(fake.clock_hz, 0);
    TEST_EXPECT_LT(index, 64);
    fake.num_commands[index]++;
    fake.last_arg[index] = emmc.arg;
    raise(execute(index, emmc.arg));
}

static void write_emmc(offset_t reg, uint32_t value) {
    // The last write must have had its time: two cycles.
    TEST_EXPECT_GE(gap_ns, 2 * (1000000000u / last_hz));
    gap_ns = 0;
    switch (reg) {
    case EMMC_BLKSIZECNT:
        emmc.blocks = value;
        break;
    case EMMC_ARG1:
        emmc.arg = value;
        break;
    case EMMC_CMDTM:
        send_command(value);
        break;
    case EMMC_CONTROL0:
        emmc.control0 = value;
        break;
    case EMMC_CONTROL1:
        set_control1(value);
        break;
    case EMMC_INTERRUPT:
        emmc.events &= ~value;
        break;
    case EMMC_MASK:
        emmc.mask = value;
        break;
    default:
        TEST_EXPECT_EQ(reg, EMMC_ENABLE);
        emmc.enable = value;
    }
}

static uint32_t read_emmc(offset_t reg) {
    switch (reg) {
    case EMMC_CONTROL0:
        return emmc.control0;
    case EMMC_CONTROL1:
        return emmc.control1;
    case EMMC_INTERRUPT:
        return emmc.events;
    case EMMC_STATUS:
        return 0;
    default:
        TEST_EXPECT_GE(reg, EMMC_RESP(0));
        TEST_EXPECT_LE(reg, EMMC_RESP(3));
        return emmc.response[(reg - EMMC_RESP(0)) / 4];
    }
}

// ---- What the driver calls ------------------------------------------------------------------------

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    TEST_EXPECT(paddr == EMMC_PADDR || paddr == FAKE_DMA_PADDR);
    TEST_EXPECT_EQ(len, (paddr == EMMC_PADDR) ? EMMC_LEN : FAKE_DMA_LEN);
    return (paddr == EMMC_PADDR) ? (io_t) &emmc : (io_t) &dma_io;
}

uint32_t io_read32(io_t io, offset_t offset) {
    TEST_EXPECT(io == (io_t) &emmc || io == (io_t) &dma_io);
    return (io == (io_t) &emmc) ? read_emmc(offset) : fake_dma_read(offset);
}

void io_write32(io_t io, offset_t offset, uint32_t value) {
    TEST_EXPECT(io == (io_t) &emmc || io == (io_t) &dma_io);
    if (io == (io_t) &emmc) {
        write_emmc(offset, value);
    } else {
        fake_dma_write(offset, value);
    }
}

void fifo_read(io_t io, uint32_t *buf, size_t words) {
    TEST_EXPECT_EQ(io, (io_t) &emmc);
    TEST_EXPECT(!data.to_card);
    fake_move_words(buf, words);
}

void fifo_write(io_t io, const uint32_t *buf, size_t words) {
    TEST_EXPECT_EQ(io, (io_t) &emmc);
    TEST_EXPECT(data.to_card);
    fake_move_words((uint32_t *) buf, words);
}

uint32_t delay_now(void) {
    return 0;
}

void delay_since(uint32_t start __unused, unsigned ns) {
    gap_ns = MAX(gap_ns, ns);
}

error_t timer_set(msec_t timeout) {
    fake.timer_ms = (unsigned) timeout;
    return OK;
}

uint64_t timer_uptime(void) {
    return now++;
}
