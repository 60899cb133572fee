#include "nrf51.h"
#include <kernel/board.h>
#include <kernel/hal.h>

// RM 18, "Timer/counter": TIMER0 counts the 16 MHz clock in 32 bits, for ever. Compare register 0 is the
// deadline, 1 takes what the counter is now, 2 fires once a round (268 s): the kernel looks at least then.

#define START          0x000
#define CAPTURE(n)     (0x040 + 4 * (n))
#define COMPARE(n)     (0x140 + 4 * (n))
#define INTENSET       0x304
#define BITMODE        0x508
#define CC(n)          (0x540 + 4 * (n))
#define INT_COMPARE(n) (1u << (16 + (n)))
#define BITMODE_32     3

#define DEADLINE 0
#define NOW      1
#define ROUND    2

// RM 13, "Clock management": the crystal. The timer goes on meanwhile with the less exact internal clock.
#define HFCLKSTART 0x000

#define HZ 16000000u

static struct {
    uint32_t rounds;
    uint32_t last;
} counter;

/// The prescaler is 1 from reset on, and compare register 2 is 0.
void clock_init(void) {
    CLOCK(HFCLKSTART) = 1;
    TIMER(BITMODE) = BITMODE_32;
    TIMER(INTENSET) = INT_COMPARE(DEADLINE) | INT_COMPARE(ROUND);
    TIMER(START) = 1;
    nvic_unmask(TIMER0);
}

uint64_t board_cycles(void) {
    TIMER(CAPTURE(NOW)) = 1;
    uint32_t now = TIMER(CC(NOW));
    if (now < counter.last) {
        counter.rounds++;
    }
    counter.last = now;
    return ((uint64_t) counter.rounds << 32) | now;
}

uint64_t board_clock_hz(void) {
    return HZ;
}

uint64_t board_boot_wait_cycles(void) {
    return 0;
}

/// The clock starts with the kernel.
uint64_t board_boot_cycles(void) {
    return 0;
}

void board_timer_set(uint64_t deadline) {
    // Later than a round from now, it fires early, and the kernel sets it again.
    TIMER(CC(DEADLINE)) = (uint32_t) deadline;
    if (board_cycles() >= deadline) {
        nvic_pend(TIMER0);  // It may have gone by before the register was set.
    }
}

/// Called for TIMER0's line. kernel_timer() looks at the clock, so that no round is missed.
void clock_interrupt(void) {
    volatile uint32_t *events = base_of(PERIPHERAL(TIMER0) + COMPARE(0));
    events[DEADLINE] = 0;
    events[ROUND] = 0;
    kernel_timer();
}
