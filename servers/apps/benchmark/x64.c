#include <arch_user.h>

#include "interrupts.h"

// The keyboard controller (Intel 8042): a byte that is written to its output buffer interrupts like one
// from the keyboard.
#define KBC_DATA         0x60
#define KBC_COMMAND      0x64
#define KBC_WRITE_OUTPUT 0xd2

uint32_t interrupts_now(void) {
    return (uint32_t) arch_cpu_cycles();
}

void interrupts_init(void) {
    // The ports are there.
}

uint32_t interrupts_raise(void) {
    arch_port_write8(KBC_COMMAND, KBC_WRITE_OUTPUT);
    uint32_t time = (uint32_t) arch_cpu_cycles();
    arch_port_write8(KBC_DATA, 0);
    return time;
}

uint32_t interrupts_elapsed(uint32_t from, uint32_t to) {
    return to - from;
}
