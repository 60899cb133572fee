#ifndef __FONT_H__
#define __FONT_H__

/// \file
/// Characters of up to 5x5 pixels, each as wide as it needs to be.

#include <types.h>

#define FONT_HEIGHT 5

/// How many columns a character has: 1 to 5.
int font_width(char ch);
/// One column of a character, from the left: bit n is row n, from the top.
uint8_t font_column(char ch, int column);

#endif
