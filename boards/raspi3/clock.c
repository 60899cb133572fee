#include "raspi3.h"
#include <arch/arm64/kernel/arm64.h>
#include <kernel/board.h>

// The clock is the virtual counter, the timer its comparator (ARM ARM, "The Generic Timer"): both
// run at CNTFRQ on all CPUs, 19.2 MHz on a Pi, 62.5 MHz in QEMU.

#define CNTV_ENABLE 1u

static uint64_t wait_cycles;

uint64_t board_clock_hz(void) {
    return arm64_read_cntfrq_el0() << ARM64_CYCLES_SHIFT;
}

uint64_t board_boot_wait_cycles(void) {
    return wait_cycles;
}

void clock_count_wait(uint64_t since) {
    wait_cycles += arch_cycles() - since;
}

void clock_wait_us(unsigned us) {
    uint64_t start = arch_cycles();
    while (arch_cycles() - start < us * (board_clock_hz() / 1000000)) {
        arch_relax();
    }
    clock_count_wait(start);
}

void board_timer_set(uint64_t deadline) {
    // Rounded up, so that the deadline has passed when it fires.
    uint64_t ticks = (deadline >> ARM64_CYCLES_SHIFT) + 1;
    arm64_write_cntv_cval_el0(ticks);
    arm64_write_cntv_ctl_el0(CNTV_ENABLE);
}
