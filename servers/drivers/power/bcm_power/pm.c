#include "pm.h"

#include <driver/io.h>
#include <message.h>
#include <resea/timer.h>

#include "registers.h"

/// Until a reset that is asked for now, in ticks. The write has to get through first.
#define AT_ONCE 10
/// How long a reset may take.
#define RESET_MS 1000

static io_t io;

static void write_register(offset_t offset, uint32_t value) {
    io_write32(io, offset, PM_PASSWORD | (value & PM_VALUE_MASK));
}

error_t pm_init(void) {
    io = io_alloc_memory_fixed(PM_PADDR, PM_LEN, IO_ALLOC_NORMAL);
    return (io != NULL) ? OK : ERR_NOT_PERMITTED;
}

static void set_partition(uint32_t partition) {
    write_register(PM_RSTS, (io_read32(io, PM_RSTS) & ~PM_RSTS_PARTITION_MASK) | partition);
}

static void start_counting(uint32_t ticks) {
    write_register(PM_WDOG, ticks);
    write_register(PM_RSTC, (io_read32(io, PM_RSTC) & ~PM_RSTC_CFG_MASK) | PM_RSTC_FULL_RESET);
}

static void reset_now(void) {
    uint64_t deadline = timer_uptime() + RESET_MS;
    start_counting(AT_ONCE);
    while (timer_uptime() < deadline) {}
    pm_disarm();
}

void pm_power_off(void) {
    // There is no switch: the firmware, started anew, halts.
    set_partition(PM_RSTS_HALT);
    reset_now();
}

void pm_reboot(void) {
    set_partition(0);
    reset_now();
}

int pm_last_reset(void) {
    uint32_t status = io_read32(io, PM_RSTS);
    if (status & (PM_RSTS_SOFTWARE | PM_RSTS_WATCHDOG)) {
        return POWER_RESET_REASON_SOFTWARE;
    }
    if (status & PM_RSTS_DEBUGGER) {
        return POWER_RESET_REASON_DEBUGGER;
    }
    // This bit stays over the other resets.
    return (status & PM_RSTS_POWER_ON) ? POWER_RESET_REASON_POWER_ON : POWER_RESET_REASON_UNKNOWN;
}

void pm_arm(unsigned ms) {
    uint64_t ticks = (uint64_t) MIN(ms, (unsigned) PM_TIMEOUT_MS_MAX) * PM_WDOG_TICKS_PER_S / 1000;
    start_counting((uint32_t) MAX(ticks, (uint64_t) AT_ONCE));
}

void pm_disarm(void) {
    write_register(PM_RSTC, io_read32(io, PM_RSTC) & ~PM_RSTC_CFG_MASK);
}

bool pm_is_armed(void) {
    return (io_read32(io, PM_RSTC) & PM_RSTC_CFG_MASK) == PM_RSTC_FULL_RESET;
}
