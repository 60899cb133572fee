#include <arch_user.h>

#include "interrupts.h"

// Channel 0 of the interval timer (Intel 8254), whose output is an interrupt line. In mode 0 it is low until the
// count's end, in mode 1 high until a trigger. QEMU's model lets it rise when a count for mode 1 is written, and
// fall after that count; the chip's rises with the mode already, one write earlier, and stays.
#define PIT_COUNT    0x40
#define PIT_COMMAND  0x43
#define PIT_LOW      0x10  // Channel 0, a count of one byte, mode 0.
#define PIT_ONE_SHOT 0x12  // Mode 1.

uint32_t interrupts_now(void) {
    return (uint32_t) arch_cpu_cycles();
}

void interrupts_init(void) {
    // The ports are there.
}

uint32_t interrupts_raise(void) {
    arch_port_write8(PIT_COMMAND, PIT_LOW);
    arch_port_write8(PIT_COMMAND, PIT_ONE_SHOT);
    uint32_t time = (uint32_t) arch_cpu_cycles();
    arch_port_write8(PIT_COUNT, 1);
    return time;
}

uint32_t interrupts_elapsed(uint32_t from, uint32_t to) {
    return to - from;
}
