#ifndef __MATRIX_H__
#define __MATRIX_H__

/// \file
/// The LEDs of the micro:bit (version 1): 3 rows of 9 LEDs each, that share 9 column lines. One row is on
/// at a time, for MATRIX_ROW_US: 67 times a second all of them. An LED is lit while its row is high and
/// its column is low; how long of the row's time, is its brightness. TIMER1 interrupts when a row begins
/// and when an LED is to go off before its row does: with all LEDs at full brightness 200 times a second,
/// and not at all while everything is dark.

#include <types.h>

#define MATRIX_WIDTH      5
#define MATRIX_HEIGHT     5
#define MATRIX_NUM_PIXELS 25
#define MATRIX_LEVEL_MAX  9
#define MATRIX_ROW_US     5000

/// ERR_NOT_PERMITTED: the manifest doesn't give us the devices.
error_t matrix_init(void);
/// Shows levels of 0 to MATRIX_LEVEL_MAX, row by row from the top left.
void matrix_show(const uint8_t levels[MATRIX_NUM_PIXELS]);
/// The timer interrupts.
void matrix_interrupt(void);

#endif
