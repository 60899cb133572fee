#include "nrf51.h"
#include <kernel/board.h>

// RM 29, "Universal Asynchronous Receiver/Transmitter": 115,200 baud, 8N1, no flow control, wired to the
// interface chip that shows it as a USB serial port.

#define STARTRX  0x000
#define STARTTX  0x008
#define RXDRDY   0x108
#define TXDRDY   0x11c
#define INTENSET 0x304
#define ENABLE   0x500
#define PSELTXD  0x50c
#define PSELRXD  0x514
#define RXD      0x518
#define TXD      0x51c
#define BAUDRATE 0x524

#define ENABLED      4
#define BAUD_115200  0x01d7e000u
#define INT_RXDRDY   (1u << 2)
#define PIN_TX       24
#define PIN_RX       25
#define PIN_CNF(pin) (0x700 + 4 * (pin))
#define PIN_OUTPUT   3  // With its input buffer off.
#define PIN_INPUT    0
#define GPIO_OUTSET  REG(GPIO + 0x508)

void uart_init(void) {
    GPIO_OUTSET = 1u << PIN_TX;  // An idle line is high.
    volatile uint32_t *pins = base_of(GPIO + PIN_CNF(PIN_TX));
    pins[0] = PIN_OUTPUT;
    pins[PIN_RX - PIN_TX] = PIN_INPUT;
    volatile uint32_t *uart = base_of(PERIPHERAL(UART0) + ENABLE);
    uart[(PSELTXD - ENABLE) / 4] = PIN_TX;
    uart[(PSELRXD - ENABLE) / 4] = PIN_RX;
    uart[(BAUDRATE - ENABLE) / 4] = BAUD_115200;
    uart[0] = ENABLED;
    volatile uint32_t *tasks = base_of(PERIPHERAL(UART0) + STARTRX);
    tasks[(STARTTX - STARTRX) / 4] = 1;
    tasks[0] = 1;
    UART(INTENSET) = INT_RXDRDY;
}

void board_console_handed_over(void) {}

void board_console_write(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        UART(TXDRDY) = 0;
        UART(TXD) = (uint8_t) text[i];
        while (!UART(TXDRDY)) {
            arch_relax();
        }
    }
}

int board_console_getc(void) {
    if (!UART(RXDRDY)) {
        return -1;
    }
    UART(RXDRDY) = 0;  // First: reading brings the next one forward, which sets it again.
    return (int) (UART(RXD) & 0xff);
}

int board_console_irq(void) {
    return UART0;
}
