#include "emmc.h"

#include <driver/delay.h>
#include <driver/io.h>
#include <resea/timer.h>

#include "fifo.h"

/// Clock cycles that a register needs to take a value before the next write, which is lost otherwise: two ("BCM2835 ARM
/// Peripherals" doesn't say so, but Broadcom's Linux driver does), and one to be sure.
#define WRITE_GAP_CYCLES 3
/// The slowest clock that there is: it counts as long as there is none.
#define SLOWEST_HZ 400000u
#define NS_PER_S   1000000000u

static io_t io;
static unsigned base_hz;
static unsigned write_gap_ns;
static uint32_t last_write;

static uint32_t read_reg(offset_t reg) {
    return io_read32(io, reg);
}

static void write_reg(offset_t reg, uint32_t value) {
    delay_since(last_write, write_gap_ns);
    io_write32(io, reg, value);
    last_write = delay_now();
}

static void set_gap_for(unsigned hz) {
    write_gap_ns = NS_PER_S / hz * WRITE_GAP_CYCLES;
}

/// Waits until `reg` has one of these bits, or none of them.
static error_t __mustuse wait_for(offset_t reg, uint32_t bits, bool set) {
    if (((read_reg(reg) & bits) != 0) == set) {
        return OK;
    }
    uint64_t deadline = timer_uptime() + EMMC_TIMEOUT_MS;
    while (((read_reg(reg) & bits) != 0) != set) {
        if (timer_uptime() > deadline) {
            return ERR_IO;
        }
    }
    return OK;
}

error_t emmc_init(unsigned hz) {
    io = io_alloc_memory_fixed(EMMC_PADDR, EMMC_LEN, IO_ALLOC_NORMAL);
    base_hz = hz;
    set_gap_for(SLOWEST_HZ);
    return (io == NULL) ? ERR_NOT_PERMITTED : OK;
}

error_t emmc_reset(void) {
    set_gap_for(SLOWEST_HZ);
    write_reg(EMMC_CONTROL1, CONTROL1_RESET_ALL);
    error_t err = wait_for(EMMC_CONTROL1, CONTROL1_RESET_ALL, false);
    if (err != OK) {
        return err;
    }
    write_reg(EMMC_CONTROL0, CONTROL0_POWER | CONTROL0_3_3_VOLT);
    write_reg(EMMC_ENABLE, 0);
    write_reg(EMMC_MASK, EVENTS_ALL);
    write_reg(EMMC_INTERRUPT, UINT32_MAX);
    return OK;
}

error_t emmc_set_clock(unsigned hz) {
    error_t err = wait_for(EMMC_STATUS, STATUS_COMMAND_IN_USE | STATUS_DATA_IN_USE, false);
    if (err != OK) {
        return err;
    }
    unsigned divider = (base_hz <= hz) ? 0 : MIN((base_hz - 1) / hz / 2 + 1, DIVIDER_MAX);
    uint32_t control = DIVIDER_FIELDS(divider) | CONTROL1_CLOCK_INTERNAL
                       | TIMEOUT_EXPONENT << CONTROL1_TIMEOUT_SHIFT;
    // While the divider changes, no clock may get through.
    write_reg(EMMC_CONTROL1, read_reg(EMMC_CONTROL1) & ~CONTROL1_CLOCK_EN);
    write_reg(EMMC_CONTROL1, control);
    err = wait_for(EMMC_CONTROL1, CONTROL1_CLOCK_STABLE, true);
    if (err != OK) {
        return err;
    }
    write_reg(EMMC_CONTROL1, control | CONTROL1_CLOCK_EN);
    set_gap_for((divider == 0) ? base_hz : base_hz / (2 * divider));
    return OK;
}

void emmc_use_four_lines(void) {
    write_reg(EMMC_CONTROL0, read_reg(EMMC_CONTROL0) | CONTROL0_4_BITS);
}

void emmc_set_blocks(unsigned len, unsigned count) {
    write_reg(EMMC_BLKSIZECNT, len | count << BLKCNT_SHIFT);
}

/// Resets the lines that `bits` name.
static error_t __mustuse reset(uint32_t bits) {
    write_reg(EMMC_CONTROL1, read_reg(EMMC_CONTROL1) | bits);
    return wait_for(EMMC_CONTROL1, bits, false);
}

error_t emmc_reset_lines(void) {
    error_t err = reset(CONTROL1_RESET_COMMAND | CONTROL1_RESET_DATA);
    write_reg(EMMC_INTERRUPT, UINT32_MAX);
    return err;
}

/// After a command that has failed. That it has is what its caller gets to know, not how the reset went: without one, the
/// next command fails.
static error_t __mustuse give_up(uint32_t events) {
    (void) emmc_reset_lines();
    return ((events & EVENT_COMMAND_FAILS) == EVENT_NO_RESPONSE) ? ERR_UNAVAILABLE : ERR_IO;
}

static bool takes_data_lines(uint32_t command) {
    return (command & CMDTM_DATA) || (command & CMDTM_RESPONSE_MASK) == CMDTM_RESPONSE_BUSY;
}

/// The lines that must be free before. A command that stops a transfer finds its lines in use.
static uint32_t lines_of(uint32_t command) {
    bool needs_data = takes_data_lines(command) && (command & CMDTM_ABORT) != CMDTM_ABORT;
    return STATUS_COMMAND_IN_USE | (needs_data ? STATUS_DATA_IN_USE : 0);
}

error_t emmc_command(uint32_t command, uint32_t arg) {
    if (wait_for(EMMC_STATUS, lines_of(command), false) != OK) {
        return give_up(0);
    }
    if (takes_data_lines(command)) {
        // What comes from now on is this command's.
        write_reg(EMMC_INTERRUPT, EVENTS_ALL);
    }
    write_reg(EMMC_ARG1, arg);
    write_reg(EMMC_CMDTM, command);
    error_t err = wait_for(EMMC_INTERRUPT, EVENT_COMMAND_DONE | EVENT_COMMAND_FAILS, true);
    uint32_t events = read_reg(EMMC_INTERRUPT);
    if (err != OK || (events & EVENT_COMMAND_FAILS)) {
        return give_up(events);
    }
    write_reg(EMMC_INTERRUPT, EVENT_COMMAND_DONE);
    return OK;
}

uint32_t emmc_response(unsigned word) {
    return read_reg(EMMC_RESP(word));
}

error_t emmc_read_register(uint32_t command, uint32_t arg, void *buf, size_t len) {
    emmc_set_blocks((unsigned) len, 1);
    error_t err = emmc_command(command | EMMC_READ, arg);
    if (err != OK) {
        return err;
    }
    if (wait_for(EMMC_INTERRUPT, EVENT_READ_READY | EVENT_DATA_FAILS, true) != OK
        || (read_reg(EMMC_INTERRUPT) & EVENT_DATA_FAILS)) {
        return give_up(0);
    }
    fifo_read(io, buf, len / sizeof(uint32_t));
    if (wait_for(EMMC_INTERRUPT, EVENT_DATA_DONE | EVENT_DATA_FAILS, true) != OK
        || (emmc_take_events() & EVENT_DATA_FAILS)) {
        return give_up(0);
    }
    return OK;
}

void emmc_listen(uint32_t events) {
    write_reg(EMMC_ENABLE, events);
}

uint32_t emmc_take_events(void) {
    uint32_t events = read_reg(EMMC_INTERRUPT);
    if (events != 0) {
        write_reg(EMMC_INTERRUPT, events);
    }
    return events;
}

void emmc_read_block(void *buf) {
    fifo_read(io, buf, EMMC_BLOCK_LEN / sizeof(uint32_t));
}

void emmc_write_block(const void *buf) {
    fifo_write(io, buf, EMMC_BLOCK_LEN / sizeof(uint32_t));
}
