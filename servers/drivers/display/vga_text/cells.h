#ifndef __CELLS_H__
#define __CELLS_H__

/// \file
/// Brings a terminal's cells onto the text screen. What is shown is remembered, and only what differs is written:
/// the screen's memory is slow, and in an emulator each access leaves the guest.

#include <terminal.h>

#include "vga.h"

/// The screen is blank.
void cells_init(void);

/// Shows what has changed. The terminal has VGA_COLUMNS x VGA_ROWS cells.
void cells_update(const struct terminal *terminal);

#endif
