#ifndef __RASPI3_H__
#define __RASPI3_H__

/// \file
/// What the parts of the Raspberry Pi 3 board share. Sources: "BCM2835 ARM Peripherals" (Broadcom
/// 2012; its addresses 0x7ennnnnn are 0x3fnnnnnn here) with its errata list (elinux.org), and "ARM
/// quad A7 core" (QA7 rev. 3.4), which describes the interrupt controllers of the four CPUs.

#include <config.h>
#include <types.h>

#define PERIPHERALS     0x3f000000ul
#define PERIPHERALS_END 0x40000000ul

// Pages of devices that the kernel uses itself.
#define SYSTEM_INTC_PAGE \
    0x3f00b000ul  ///< Interrupt controller; the VideoCore's mailboxes are here, too.
#define PM_PAGE    0x3f100000ul
#define GPIO_PAGE  0x3f200000ul
#define PL011_PAGE 0x3f201000ul
#define AUX_PAGE   0x3f215000ul
#define LOCAL_PAGE 0x40000000ul

/// Where firmware keeps itself, and the CPUs that wait: not ours.
#define FIRMWARE_END 0x1000ul
/// Where CPU n waits for the address to start at, unless a device tree says something else.
#define SPIN_TABLE_DEFAULT(n) (0xd8ul + 8 * (n))
#define NUM_CORES             4

/// A 32-bit device register.
static inline uint32_t mmio_read(paddr_t paddr) {
    return *(volatile uint32_t *) (paddr + 0xffff000000000000ul);
}

static inline void mmio_write(paddr_t paddr, uint32_t value) {
    *(volatile uint32_t *) (paddr + 0xffff000000000000ul) = value;
}

/// A way to the console.
struct uart {
    void (*init)(void);
    void (*write)(const char *text, size_t len);
    int (*getc)(void);  ///< -1: nothing has come.
    int irq;
};

extern const struct uart pl011, mini_uart;

/// Functions of GPIO pins ("BCM2835 ARM Peripherals", 6.1).
enum gpio_function {
    GPIO_INPUT = 0,
    GPIO_ALT0 = 4,
    GPIO_ALT5 = 2,
};

void gpio_select(unsigned pin, enum gpio_function function);
/// Pulls a pin up, so that a line which isn't connected is silent.
void gpio_pull_up(unsigned pin);

/// What the boot firmware has said.
extern uint64_t spin_table[NUM_CORES];

/// Interrupts and timer of the CPU that runs this.
void irq_init_this_cpu(void);

/// Waits; interrupts stay masked.
void clock_wait_us(unsigned us);
/// Time spent in clock_wait_us() and the like counts as waiting for hardware.
void clock_count_wait(uint64_t since);

#endif
