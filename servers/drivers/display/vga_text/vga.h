#ifndef __VGA_H__
#define __VGA_H__

/// \file
/// A VGA in text mode 3, as the firmware has set it: 80 x 25 cells.

#include <types.h>

#define VGA_COLUMNS 80
#define VGA_ROWS    25
#define VGA_CELLS   (VGA_COLUMNS * VGA_ROWS)

#define VGA_PORTS     0x3c0
#define VGA_PORTS_LEN 32
#define VGA_TEXT      0xb8000

/// Shows the memory from its beginning, with 16 colours behind the characters, and makes all cells black.
/// ERR_NOT_FOUND: there is no VGA, or it shows pixels. ERR_NOT_PERMITTED: the memory wasn't granted.
/// ERR_NO_MEMORY.
error_t __mustuse vga_init(void);

/// `cell` is a character of code page 437 in the low byte, and in the high one its colours: the foreground in
/// the low 4 bits.
void vga_put(unsigned at, uint16_t cell);

void vga_show_cursor(unsigned at);
void vga_hide_cursor(void);

#endif
