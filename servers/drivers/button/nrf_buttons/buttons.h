#ifndef __BUTTONS_H__
#define __BUTTONS_H__

/// \file
/// The micro:bit's buttons: A on P0.17, B on P0.26, low when pressed (schematic of version 1.5).
///
/// They are polled, every BUTTONS_POLL_MS, and only while somebody has subscribed. The chip could
/// interrupt instead (GPIOTE, PORT event), but a poll is needed anyway while contacts bounce, the
/// emulator has no GPIOTE, and one way that is tested beats two of which one isn't. It costs about 50
/// wake-ups a second; without subscribers there are none.

#include <types.h>

#define BUTTONS_NUM     2
#define BUTTONS_POLL_MS 20

/// ERR_NOT_PERMITTED: the manifest doesn't give us the pins.
error_t buttons_init(void);
/// What the pins say now, bouncing or not. Bit n: button n is down.
uint32_t buttons_sample(void);
/// Begins to poll: what is down now is no change.
void buttons_start(void);
/// To be called every BUTTONS_POLL_MS. A button has changed when two samples in a row say so. Returns
/// which ones have.
uint32_t buttons_poll(void);
/// What polling has found.
uint32_t buttons_state(void);

#endif
