#include "vga.h"

#include <driver/io.h>

// IBM VGA XGA Technical Reference, chapter 2. Offsets from VGA_PORTS. The registers of most parts have numbers,
// which are written to the first of two ports.
#define ATTRIBUTE_WRITE 0x00  // The number, and then the value.
#define ATTRIBUTE_READ  0x01
#define MISC_READ       0x0c
#define GRAPHICS        0x0e
#define CRTC            0x14
#define INPUT_STATUS    0x1a  // Reading it: the next write to ATTRIBUTE_WRITE is a number.

#define MISC_COLOR (1u << 0)  // The CRT controller is at 0x3d4.

#define GRAPHICS_MISC      6
#define GRAPHICS_MISC_MASK 0x0d
#define GRAPHICS_MISC_TEXT 0x0c  // Characters, at 0xb8000.

#define CRTC_CURSOR_START 0x0a
#define CRTC_CURSOR_OFF   (1u << 5)
#define CRTC_TOP_HIGH     0x0c  // The first cell that is shown; the low half is the next register.
#define CRTC_CURSOR_HIGH  0x0e

#define ATTRIBUTE_MODE     0x10
#define ATTRIBUTE_PICTURE  0x20  // With the number: the picture stays on.
#define ATTRIBUTE_BLINKING (1u << 3)

static io_t ports, memory;

static uint8_t read_indexed(offset_t at, uint8_t number) {
    io_write8(ports, at, number);
    return io_read8(ports, at + 1);
}

static void write_indexed(offset_t at, uint8_t number, uint8_t value) {
    io_write8(ports, at, number);
    io_write8(ports, at + 1, value);
}

static void write_pair(uint8_t high, unsigned value) {
    write_indexed(CRTC, high, (uint8_t) (value >> 8));
    write_indexed(CRTC, (uint8_t) (high + 1), (uint8_t) value);
}

/// Where nobody is, all bits are set.
static bool is_in_text_mode(void) {
    return (io_read8(ports, MISC_READ) & MISC_COLOR)
           && (read_indexed(GRAPHICS, GRAPHICS_MISC) & GRAPHICS_MISC_MASK) == GRAPHICS_MISC_TEXT;
}

/// The highest bit of the colours is one of the background's, then, instead of having the character blink.
static void stop_blinking(void) {
    (void) io_read8(ports, INPUT_STATUS);
    io_write8(ports, ATTRIBUTE_WRITE, ATTRIBUTE_PICTURE | ATTRIBUTE_MODE);
    uint8_t mode = io_read8(ports, ATTRIBUTE_READ);
    io_write8(ports, ATTRIBUTE_WRITE, (uint8_t) (mode & ~ATTRIBUTE_BLINKING));
}

error_t vga_init(void) {
    ports = io_alloc_port(VGA_PORTS, VGA_PORTS_LEN, IO_ALLOC_NORMAL);
    if (ports == NULL) {
        return ERR_NO_MEMORY;
    }
    if (!is_in_text_mode()) {
        return ERR_NOT_FOUND;
    }
    memory = io_alloc_memory_fixed(VGA_TEXT, VGA_CELLS * sizeof(uint16_t), IO_ALLOC_NORMAL);
    if (memory == NULL) {
        return ERR_NOT_PERMITTED;
    }
    for (unsigned i = 0; i < VGA_CELLS; i++) {
        vga_put(i, ' ');
    }
    stop_blinking();
    write_pair(CRTC_TOP_HIGH, 0);
    return OK;
}

void vga_put(unsigned at, uint16_t cell) {
    io_write16(memory, at * sizeof(cell), cell);
}

void vga_show_cursor(unsigned at) {
    uint8_t start = read_indexed(CRTC, CRTC_CURSOR_START);
    write_indexed(CRTC, CRTC_CURSOR_START, (uint8_t) (start & ~CRTC_CURSOR_OFF));
    write_pair(CRTC_CURSOR_HIGH, at);
}

void vga_hide_cursor(void) {
    uint8_t start = read_indexed(CRTC, CRTC_CURSOR_START);
    write_indexed(CRTC, CRTC_CURSOR_START, (uint8_t) (start | CRTC_CURSOR_OFF));
}
