#ifndef __PICTURE_H__
#define __PICTURE_H__

/// \file
/// What is shown: a picture, or a text that scrolls. Arguments are within the bounds of
/// idl/display.idl.

#include <types.h>

#include "matrix.h"

#define PICTURE_TEXT_MAX 64

void picture_init(void);
/// All of these but picture_set_brightness end the text.
void picture_show(const uint8_t levels[MATRIX_NUM_PIXELS]);
void picture_set_pixel(unsigned pixel, uint8_t level);
void picture_clear(void);
void picture_set_brightness(uint8_t level);
uint8_t picture_brightness(void);

/// Begins a text, with the display dark. `len` is at most PICTURE_TEXT_MAX.
void picture_scroll(const char *text, size_t len);
/// Moves the text one column further. False: it has run through.
bool picture_scroll_step(void);
bool picture_is_scrolling(void);

/// MATRIX_NUM_PIXELS levels, not dimmed.
const uint8_t *picture_levels(void);

#endif
