#include "interrupts.h"

// TIMER2 of the nRF51 (nRF51 Series Reference Manual 3.0, chapter 18): it counts 16 bits at 16 MHz, and
// interrupts when it reaches CC0. The driver starts it.
#define TIMER2         0x4000a000u
#define TASKS_CAPTURE1 0x044
#define INTENSET       0x304
#define INT_COMPARE0   (1u << 16)
#define CC0            0x540
#define CC1            0x544
/// Far enough for what is done before.
#define TICKS_AHEAD 100

static volatile uint32_t *timer(unsigned offset) {
    return (volatile uint32_t *) (TIMER2 + offset);
}

uint32_t interrupts_now(void) {
    *timer(TASKS_CAPTURE1) = 1;
    return *timer(CC1);
}

void interrupts_init(void) {
    // There is no memory protection.
}

uint32_t interrupts_raise(void) {
    uint32_t start = interrupts_now();
    uint32_t time = (start + TICKS_AHEAD) & UINT16_MAX;
    *timer(CC0) = time;
    *timer(INTENSET) = INT_COMPARE0;
    while (interrupts_elapsed(start, interrupts_now()) <= TICKS_AHEAD) {}
    return time;
}

uint32_t interrupts_elapsed(uint32_t from, uint32_t to) {
    return (to - from) & UINT16_MAX;
}
