#include <driver/irq.h>

#include "device.h"
#include "fpu.h"

// TIMER2 of the nRF51 (nRF51 Series Reference Manual 3.0, chapter 18): it counts 16 bits at 16 MHz, and
// interrupts when it reaches CC0. Reading the time is capturing it in CC2.
#define TIMER2          0x4000a000u
#define TIMER2_IRQ      10
#define TASKS_START     0x000
#define TASKS_CLEAR     0x00c
#define TASKS_CAPTURE2  0x048
#define EVENTS_COMPARE0 0x140
#define INTENCLR        0x308
#define INT_COMPARE0    (1u << 16)
#define BITMODE         0x508
#define PRESCALER       0x510
#define CC2             0x548

static volatile uint32_t *timer(unsigned offset) {
    return (volatile uint32_t *) (TIMER2 + offset);
}

error_t device_open(void) {
    *timer(BITMODE) = 0;  // 16 bits
    *timer(PRESCALER) = 0;
    *timer(INTENCLR) = INT_COMPARE0;
    *timer(EVENTS_COMPARE0) = 0;
    *timer(TASKS_CLEAR) = 1;
    *timer(TASKS_START) = 1;
    return irq_acquire(TIMER2_IRQ);
}

uint32_t device_time(void) {
    *timer(TASKS_CAPTURE2) = 1;
    return *timer(CC2);
}

void device_acknowledge(void) {
    *timer(INTENCLR) = INT_COMPARE0;
    *timer(EVENTS_COMPARE0) = 0;
}

void fpu_use(void) {}
