#ifndef __FONT_H__
#define __FONT_H__

/// \file
/// The font: printable ASCII and Latin-1.

#include <types.h>

#define FONT_WIDTH  8
#define FONT_HEIGHT 16

/// A row of the character `ch` (Latin-1), 0 to FONT_HEIGHT - 1 from the top. The high bit is the pixel
/// on the left. Characters that can't be shown are a box.
uint8_t font_row(uint8_t ch, unsigned row);

#endif
