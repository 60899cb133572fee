#ifndef __NRF51_H__
#define __NRF51_H__

/// \file
/// The nRF51822 as far as the kernel uses it itself. "RM" is Nordic's nRF51 Series Reference Manual 3.0.1.

#include <arch/armv6m/kernel/armv6m.h>

// Peripheral n is at this address and has interrupt line n (RM 4, 10.1.2).
#define PERIPHERAL(n)  (0x40000000u + (n) *0x1000u)
#define PERIPHERAL_LEN 0x1000u
#define POWER_CLOCK    0
#define UART0          2
#define TIMER0         8
#define GPIO           0x50000000u
#define SYSTEM_REGS    0xe0000000u

#define UART(offset)  REG(PERIPHERAL(UART0) + (offset))
#define TIMER(offset) REG(PERIPHERAL(TIMER0) + (offset))
#define CLOCK(offset) REG(PERIPHERAL(POWER_CLOCK) + (offset))

void uart_init(void);
void clock_init(void);
void clock_interrupt(void);

/// A base from which several registers are within a store's reach, which the compiler is not to take apart.
static inline volatile uint32_t *base_of(uintptr_t addr) {
    __asm__("" : "+r"(addr));
    return (volatile uint32_t *) addr;
}

#endif
