#include "x64_board.h"
#include <arch/x64/kernel/x64.h>
#include <kernel/board.h>

// The clock is the time-stamp counter, the timer the local APIC's. Neither says how fast it runs: both
// are measured once against the interval timer (8254 data sheet), channel 2, which needs no interrupt.

#define PIT_HZ         1193182
#define PIT_CHANNEL_2  0x42
#define PIT_COMMAND    0x43
#define PIT_MODE_0     0xb0  // Channel 2, both bytes, output rises at the end of the count.
#define PORT_B         0x61
#define PORT_B_GATE    (1u << 0)
#define PORT_B_SPEAKER (1u << 1)
#define PORT_B_OUT     (1u << 5)

#define CALIBRATION_US 1000
/// What interrupts us unseen (firmware; the host of an emulator) makes a measurement too long, never
/// too short: the shortest of some is taken.
#define CALIBRATIONS 8

static uint64_t tsc_hz, timer_hz;
static uint64_t ticks_per_cycle;  ///< Of the timer; 32 bits are behind the point.
static uint64_t wait_cycles;

/// Lets channel 2 count down and waits for its end.
static void pit_wait(uint16_t ticks) {
    x64_out8(PORT_B, (x64_in8(PORT_B) & ~PORT_B_SPEAKER) | PORT_B_GATE);
    x64_out8(PIT_COMMAND, PIT_MODE_0);
    x64_out8(PIT_CHANNEL_2, ticks & 0xff);
    x64_out8(PIT_CHANNEL_2, ticks >> 8);
    while (!(x64_in8(PORT_B) & PORT_B_OUT)) {
        arch_relax();
    }
}

void clock_wait_us(unsigned us) {
    uint64_t start = arch_cycles();
    pit_wait((uint16_t) ((uint64_t) us * PIT_HZ / 1000000));
    wait_cycles += arch_cycles() - start;
}

/// How far the clock and the timer come in CALIBRATION_US.
struct sample {
    uint64_t cycles;
    uint32_t ticks;
};

static struct sample measure(void) {
    uint32_t ticks = apic_timer_count();
    uint64_t start = arch_cycles();
    clock_wait_us(CALIBRATION_US);
    return (struct sample){arch_cycles() - start, ticks - apic_timer_count()};
}

void clock_init(void) {
    apic_timer_start(0xffffffff);
    struct sample best = measure();
    for (int i = 1; i < CALIBRATIONS; i++) {
        struct sample sample = measure();
        if (sample.cycles < best.cycles) {
            best = sample;
        }
    }
    apic_timer_start(0);
    tsc_hz = best.cycles * (1000000 / CALIBRATION_US);
    timer_hz = MAX((uint64_t) best.ticks * (1000000 / CALIBRATION_US), (uint64_t) 1);
    ticks_per_cycle = (timer_hz << 32) / tsc_hz;
}

uint64_t board_clock_hz(void) {
    return tsc_hz;
}

uint64_t board_boot_wait_cycles(void) {
    return wait_cycles;
}

void board_timer_set(uint64_t deadline) {
    uint64_t now = arch_cycles();
    uint64_t cycles = deadline > now ? deadline - now : 0;
    // Later than the timer can count: it fires early, and the kernel sets it again.
    uint64_t longest = 0xffffffffull * (tsc_hz / timer_hz + 1) / 2;
    cycles = MIN(cycles, longest);
    // Rounded up, so that the deadline has passed when it fires.
    uint64_t count = (uint64_t) (((unsigned __int128) cycles * ticks_per_cycle) >> 32) + 1;
    apic_timer_start((uint32_t) MIN(count, (uint64_t) 0xffffffff));
}
