#ifndef __PINS_H__
#define __PINS_H__

/// \file
/// The pins of the Raspberry Pi's 40-pin header: GPIO0 to GPIO27, as far as none of them is in use for
/// something else (as the console's GPIO14 and GPIO15 are). All others are wired on the board.
///
/// Errors of all calls but pins_init: ERR_NOT_FOUND: the chip has no such pin. ERR_NOT_PERMITTED: it
/// isn't on the header, or in use by another driver.

#include <types.h>

/// GPIO0 up to here.
#define PINS_HEADER_LAST 27

/// Maps the registers. What was an output stays one, with its level: this may not be the first start.
/// ERR_NOT_PERMITTED.
error_t __mustuse pins_init(void);

/// `mode` is a GPIO_MODE_*.
error_t __mustuse pins_set_mode(unsigned pin, int mode);
error_t __mustuse pins_set(unsigned pin, bool high);
error_t __mustuse pins_get(unsigned pin, bool *high, int *mode);

/// Makes any pin an output with this level: for LEDs that the board has on its pins. Never fails.
void pins_drive(unsigned pin, bool high);

/// Leads the card slot's pins to the EMMC controller, and what else is wired to that nowhere. Never fails.
void pins_connect_card(void);

#endif
