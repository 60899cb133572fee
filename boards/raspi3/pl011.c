#include "raspi3.h"
#include <arch/arm64/kernel/arm64.h>

// PrimeCell UART PL011 (ARM DDI 0183, chapter 3). Its clock is 48 MHz: config.txt says so
// (init_uart_clock=48000000), and it is the firmware's default.
#define UART_CLOCK_HZ 48000000
#define BAUD          115200
/// The divisor has six bits behind the point.
#define DIVISOR ((UART_CLOCK_HZ * 4 + BAUD / 2) / BAUD)

#define DR   (PL011_PAGE + 0x00)
#define FR   (PL011_PAGE + 0x18)
#define IBRD (PL011_PAGE + 0x24)
#define FBRD (PL011_PAGE + 0x28)
#define LCRH (PL011_PAGE + 0x2c)
#define CR   (PL011_PAGE + 0x30)
#define IFLS (PL011_PAGE + 0x34)
#define IMSC (PL011_PAGE + 0x38)
#define ICR  (PL011_PAGE + 0x44)

#define FR_RX_EMPTY (1u << 4)
#define FR_TX_FULL  (1u << 5)
#define LCRH_8N1    (3u << 5)
#define LCRH_FIFOS  (1u << 4)
#define CR_ON       ((1u << 0) | (1u << 8) | (1u << 9))  // UART, transmitter, receiver.
#define INT_RX \
    ((1u << 4) | (1u << 6))  // The FIFO is half full, or something has been in it for a while.

/// GPU interrupt ("BCM2835 ARM Peripherals", 7.5).
#define PL011_IRQ 57

static void init(void) {
    // Off before anything is changed (3.3.8).
    mmio_write(CR, 0);
    // The Bluetooth chip's receive line would be the same input.
    gpio_select(32, GPIO_INPUT);
    gpio_select(33, GPIO_INPUT);
    gpio_select(14, GPIO_ALT0);
    gpio_select(15, GPIO_ALT0);
    gpio_pull_up(15);
    mmio_write(ICR, 0x7ff);
    mmio_write(IBRD, DIVISOR >> 6);
    mmio_write(FBRD, DIVISOR & 0x3f);
    // After the divisor, which it makes valid (3.3.7).
    mmio_write(LCRH, LCRH_8N1 | LCRH_FIFOS);
    mmio_write(IFLS, 0);
    mmio_write(IMSC, INT_RX);
    mmio_write(CR, CR_ON);
}

static void write(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        while (mmio_read(FR) & FR_TX_FULL) {
            arch_relax();
        }
        mmio_write(DR, (uint8_t) text[i]);
    }
}

static int get(void) {
    return (mmio_read(FR) & FR_RX_EMPTY) ? -1 : (int) (mmio_read(DR) & 0xff);
}

const struct uart pl011 = {.init = init, .write = write, .getc = get, .irq = PL011_IRQ};
