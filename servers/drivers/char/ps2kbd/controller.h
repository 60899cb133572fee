#ifndef __CONTROLLER_H__
#define __CONTROLLER_H__

/// \file
/// The PC's keyboard controller (Intel 8042 and what imitates it) with the keyboard behind it.

#include <types.h>

#define CONTROLLER_DATA    0x60
#define CONTROLLER_COMMAND 0x64
#define CONTROLLER_IRQ     1

/// Resets controller and keyboard, which may be in the middle of something, and tests them. The keyboard then
/// sends, but doesn't interrupt. Takes a second or so on real hardware, and sleeps meanwhile.
/// ERR_NOT_FOUND: there is no controller, or no keyboard. ERR_IO: the controller's test of itself or of its
/// interface to the keyboard has failed. ERR_NO_MEMORY.
error_t __mustuse controller_init(void);

/// Whether it translates scan codes to set 1.
bool controller_translates(void);

/// Lets it interrupt.
error_t __mustuse controller_enable_interrupt(void);

/// The next byte from the keyboard, -1 if there is none. Answers to commands don't come out; nor does what a
/// mouse says.
int controller_read(void);

/// Shows KEYBOARD_LED_* (see <keyboard.h>) some time.
void controller_set_leds(unsigned leds);

/// Whether a command is on its way that the keyboard has not answered.
bool controller_is_asking(void);

/// Nothing has come for a while: gives a command up that the keyboard doesn't answer.
void controller_idle(void);

#endif
