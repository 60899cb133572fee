#include <arch_user.h>
#include <driver/irq.h>

#include "device.h"
#include "fpu.h"

// Channel 0 of the interval timer (Intel 8254), which the firmware lets tick and nobody uses. Its output is the
// interrupt line. A one-shot (mode 1) of one tick lets it rise at once and then keeps still; benchmark starts it.
#define PIT_COUNT    0x40
#define PIT_COMMAND  0x43
#define PIT_ONE_SHOT 0x12  // Channel 0, a count of one byte, mode 1.
#define PIT_IRQ      0

error_t device_open(void) {
    arch_port_write8(PIT_COMMAND, PIT_ONE_SHOT);
    arch_port_write8(PIT_COUNT, 1);
    return irq_acquire(PIT_IRQ);
}

uint32_t device_time(void) {
    return (uint32_t) arch_cpu_cycles();
}

void device_acknowledge(void) {
    // An edge is over once it is told.
}

void fpu_use(void) {
    __asm__ __volatile__("pxor %%xmm0, %%xmm0" ::: "xmm0");
}
