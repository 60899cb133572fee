#include "raspi3.h"
#include <arch/arm64/kernel/arm64.h>

// The mini UART ("BCM2835 ARM Peripherals", 2.2, and its errata). Its clock is the VideoCore's core
// clock: 250 MHz with enable_uart=1 in config.txt, which keeps it from changing.
#define CORE_CLOCK_HZ 250000000
#define BAUD          115200

#define AUX_ENABLES (AUX_PAGE + 0x04)
#define MU_IO       (AUX_PAGE + 0x40)
#define MU_IER      (AUX_PAGE + 0x44)
#define MU_IIR      (AUX_PAGE + 0x48)
#define MU_LCR      (AUX_PAGE + 0x4c)
#define MU_MCR      (AUX_PAGE + 0x50)
#define MU_LSR      (AUX_PAGE + 0x54)
#define MU_CNTL     (AUX_PAGE + 0x60)
#define MU_BAUD     (AUX_PAGE + 0x68)

#define AUX_MINI_UART 1u
#define LCR_8_BITS    3u     // Erratum: two bits, not one.
#define IER_RX        0x0du  // Erratum: bit 0 is the receiver's, and bits 2 and 3 have to be set.
#define IIR_CLEAR     0x06u
#define CNTL_ON       3u
#define LSR_RX        (1u << 0)
#define LSR_TX        (1u << 5)

/// GPU interrupt, of all three AUX devices ("BCM2835 ARM Peripherals", 7.5).
#define AUX_IRQ 29

static void init(void) {
    mmio_write(AUX_ENABLES, mmio_read(AUX_ENABLES) | AUX_MINI_UART);
    mmio_write(MU_CNTL, 0);
    mmio_write(MU_IER, 0);
    gpio_select(14, GPIO_ALT5);
    gpio_select(15, GPIO_ALT5);
    gpio_pull_up(15);
    mmio_write(MU_LCR, LCR_8_BITS);
    mmio_write(MU_MCR, 0);
    mmio_write(MU_IIR, IIR_CLEAR);
    mmio_write(MU_BAUD, CORE_CLOCK_HZ / (8 * BAUD) - 1);
    mmio_write(MU_CNTL, CNTL_ON);
    mmio_write(MU_IER, IER_RX);
}

static void write(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        while (!(mmio_read(MU_LSR) & LSR_TX)) {
            arch_relax();
        }
        mmio_write(MU_IO, (uint8_t) text[i]);
    }
}

static int get(void) {
    return (mmio_read(MU_LSR) & LSR_RX) ? (int) (mmio_read(MU_IO) & 0xff) : -1;
}

const struct uart mini_uart = {.init = init, .write = write, .getc = get, .irq = AUX_IRQ};
