#ifndef __FAKE_VGA_H__
#define __FAKE_VGA_H__

/// \file
/// As much of a VGA as a text screen needs.

#include <types.h>

#include "../vga.h"

struct fake_vga {
    bool absent, not_granted;
    uint8_t misc;
    uint8_t graphics[16], graphics_number;
    uint8_t crtc[32], crtc_number;
    uint8_t attribute[32], attribute_number;
    bool attribute_value_follows;
    bool picture;
    uint16_t cells[VGA_CELLS];
    unsigned num_writes;
};

extern struct fake_vga fake;

/// As the firmware leaves it, and the kernel's own screen.
void fake_vga_reset(void);

#endif
