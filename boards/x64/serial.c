#include "x64_board.h"
#include <arch/x64/kernel/x64.h>

// The first serial port: a 16550 (PC16550D data sheet, section 8).
#define COM1     0x3f8
#define DATA     (COM1 + 0)
#define IER      (COM1 + 1)
#define FCR      (COM1 + 2)
#define LCR      (COM1 + 3)
#define MCR      (COM1 + 4)
#define LSR      (COM1 + 5)
#define LSR_RX   (1u << 0)
#define LSR_TX   (1u << 5)
#define LCR_DLAB (1u << 7)
#define LCR_8N1  3
#define MCR_OUT  0x0b  // DTR, RTS, and OUT2, which lets its interrupt through.
#define FCR_ON   0x07  // FIFOs on and empty, an interrupt for every byte.
#define IER_RX   1

void serial_init(void) {
    x64_out8(IER, 0);
    x64_out8(LCR, LCR_DLAB);
    x64_out8(DATA, 1);  // 115,200 baud.
    x64_out8(IER, 0);
    x64_out8(LCR, LCR_8N1);
    x64_out8(FCR, FCR_ON);
    x64_out8(MCR, MCR_OUT);
    x64_out8(IER, IER_RX);
}

void serial_write(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        // A machine without the port reads all ones, which says "ready".
        while (!(x64_in8(LSR) & LSR_TX)) {
            __asm__ __volatile__("pause");
        }
        x64_out8(DATA, (uint8_t) text[i]);
    }
}

int serial_getc(void) {
    uint8_t lsr = x64_in8(LSR);
    return (lsr != 0xff && (lsr & LSR_RX)) ? x64_in8(DATA) : -1;
}
