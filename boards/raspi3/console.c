#include "raspi3.h"
#include <arch/arm64/kernel/arm64.h>
#include <kernel/board.h>

// The console is one of two UARTs, on the same pins of the 40-pin header: 8 (GPIO 14, TXD) and 10
// (GPIO 15, RXD).

#ifdef CONFIG_CONSOLE_MINI_UART
static const struct uart *const uart = &mini_uart;
#else
static const struct uart *const uart = &pl011;
#endif

#define GPFSEL(pin)   (0x3f200000ul + 4 * ((pin) / 10))
#define GPPUD         0x3f200094ul
#define GPPUDCLK(pin) (0x3f200098ul + 4 * ((pin) / 32))
#define GPPUD_OFF     0
#define GPPUD_UP      2
/// "150 cycles" of a clock that the manual doesn't name: far more of any.
#define GPPUD_WAIT_US 5

void gpio_select(unsigned pin, enum gpio_function function) {
    unsigned shift = 3 * (pin % 10);
    uint32_t value = mmio_read(GPFSEL(pin)) & ~(7u << shift);
    mmio_write(GPFSEL(pin), value | ((uint32_t) function << shift));
}

void gpio_pull_up(unsigned pin) {
    // "BCM2835 ARM Peripherals", 6.1, GPPUDCLKn: the sequence of events.
    mmio_write(GPPUD, GPPUD_UP);
    clock_wait_us(GPPUD_WAIT_US);
    mmio_write(GPPUDCLK(pin), 1u << (pin % 32));
    clock_wait_us(GPPUD_WAIT_US);
    mmio_write(GPPUD, GPPUD_OFF);
    mmio_write(GPPUDCLK(pin), 0);
}

void board_early_init(void) {
    arm64_between_devices();
    uart->init();
    arm64_between_devices();
}

void board_console_handed_over(void) {}

void board_console_write(const char *text, size_t len) {
    arm64_between_devices();
    uart->write(text, len);
    arm64_between_devices();
}

int board_console_getc(void) {
    arm64_between_devices();
    int c = uart->getc();
    arm64_between_devices();
    return c;
}

int board_console_irq(void) {
    return uart->irq;
}
