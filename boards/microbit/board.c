// The BBC micro:bit, an nRF51822 with 16 KiB of RAM:
//
//     scons board=microbit run       in QEMU
//     scons board=microbit flash     on the board, by its USB connector

#include "nrf51.h"
#include <config.h>
#include <kernel/board.h>
#include <kernel/hal.h>

void board_early_init(void) {
    clock_init();
    uart_init();
}

void board_init(void) {}

void board_interrupt(unsigned irq) {
    if (irq == TIMER0) {
        clock_interrupt();
    } else {
        kernel_irq(irq);
    }
}

void board_irq_unmask(unsigned irq) {
    nvic_unmask(irq);
}

void board_irq_mask(unsigned irq) {
    nvic_mask(irq);
}

static bool overlaps(paddr_t paddr, size_t len, paddr_t base) {
    return paddr < base + PERIPHERAL_LEN && paddr + len > base;
}

bool board_owns_mmio(paddr_t paddr, size_t len) {
    return overlaps(paddr, len, PERIPHERAL(UART0)) || overlaps(paddr, len, PERIPHERAL(TIMER0))
           || paddr + len > SYSTEM_REGS;
}

// ---- One CPU ------------------------------------------------------------------------------------

void board_stop_cpus(void) {}

// ---- The end ------------------------------------------------------------------------------------

#ifdef CONFIG_DEBUG_EXIT
/// Tells the emulator, or a debugger, by semihosting (Arm's specification, SYS_EXIT_EXTENDED) with the
/// number that QEMU's isa-debug-exit makes of a status on a PC.
static void semihosting_exit(int status) {
    const uint32_t block[2] = {0x20026 /* ADP_Stopped_ApplicationExit */,
                               2 * (0x10 + (uint32_t) status) + 1};
    register uint32_t r0 __asm__("r0") = 0x20;
    register const uint32_t *r1 __asm__("r1") = block;
    __asm__ __volatile__("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}
#endif

// RM 12.1.4, "System OFF mode": nothing but a reset or a pin that was told so ends it.
#define SYSTEMOFF 0x500

__noreturn void board_power_off(int status __unused) {
#ifdef CONFIG_DEBUG_EXIT
    semihosting_exit(status);
#endif
    CLOCK(SYSTEMOFF) = 1;
    arch_halt();
}

__noreturn void board_reboot(void) {
    __asm__ __volatile__("dsb" ::: "memory");
    REG(AIRCR) = AIRCR_RESET;
    arch_halt();
}
