#include <arch_user.h>
#include <driver/io.h>
#include <resea/printf.h>

#include "interrupts.h"

// The BCM2835's mini UART ("BCM2835 ARM Peripherals", 2.2, and its errata): while its transmitter is idle,
// it interrupts as soon as it may.
#define AUX_BASE 0x3f215000
#define AUX_LEN  0x80
#define MU_IER   0x44
#define IER_TX   0x0eu  // Bits 2 and 3 have to be set.

static volatile uint32_t *enable;

uint32_t interrupts_now(void) {
    return (uint32_t) arch_cpu_cycles();
}

void interrupts_init(void) {
    io_t aux = io_alloc_memory_fixed(AUX_BASE, AUX_LEN, IO_ALLOC_NORMAL);
    ASSERT(aux != NULL);
    enable = (volatile uint32_t *) (io_vaddr(aux) + MU_IER);
}

uint32_t interrupts_raise(void) {
    uint32_t time = (uint32_t) arch_cpu_cycles();
    *enable = IER_TX;
    return time;
}

uint32_t interrupts_elapsed(uint32_t from, uint32_t to) {
    return to - from;
}
