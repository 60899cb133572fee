#ifndef __LED_H__
#define __LED_H__

/// \file
/// The activity LED. On a Pi 3B it hangs on a GPIO expander that only the firmware can reach, on
/// a Pi 3B+ and 3A+ on a pin of the chip's. Which board it is, the firmware tells when the LED is used
/// for the first time.

#include <types.h>

/// Begins without knowing where the LED is. It is taken to be off.
void led_init(void);

/// ERR_UNAVAILABLE: there is none, or the firmware doesn't do what it is told.
error_t __mustuse led_set(bool on);
/// The same; the times are those of idl/led.idl, checked by the caller.
error_t __mustuse led_blink(msec_t on_ms, msec_t off_ms);
void led_get(bool *on, bool *blinking);

/// The task's timer has run out: it is the LED's.
void led_timer(void);

#endif
