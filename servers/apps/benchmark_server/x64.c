#include <arch_user.h>
#include <driver/irq.h>

#include "device.h"
#include "fpu.h"

// The keyboard controller (Intel 8042): a byte that is written to its output buffer interrupts like one
// from the keyboard.
#define KBC_DATA           0x60
#define KBC_COMMAND        0x64
#define KBC_SET_MODE       0x60
#define KBC_MODE_INTERRUPT 0x01
#define KBC_MODE_SYSTEM    0x04
#define KBC_IRQ            1

error_t device_open(void) {
    arch_port_write8(KBC_COMMAND, KBC_SET_MODE);
    arch_port_write8(KBC_DATA, KBC_MODE_SYSTEM | KBC_MODE_INTERRUPT);
    return irq_acquire(KBC_IRQ);
}

uint32_t device_time(void) {
    return (uint32_t) arch_cpu_cycles();
}

void device_acknowledge(void) {
    (void) arch_port_read8(KBC_DATA);
}

void fpu_use(void) {
    __asm__ __volatile__("pxor %%xmm0, %%xmm0" ::: "xmm0");
}
