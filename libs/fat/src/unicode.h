#ifndef __UNICODE_H__
#define __UNICODE_H__

/// \file
/// Characters: names are UTF-8 outside, UTF-16 in long names, and code page 850 in short ones.

#include <types.h>

/// Into UTF-16. Returns how many units it takes, or -1 if it isn't valid UTF-8 or takes more than `max`.
int utf8_to_utf16(const char *utf8, size_t len, uint16_t *utf16, size_t max);
/// Into UTF-8, with a NUL. Returns its length, or -1 if it isn't valid UTF-16 or takes more than `max` bytes with the NUL.
int utf16_to_utf8(const uint16_t *utf16, size_t len, char *utf8, size_t max);

/// The capital letter of a letter, as far as that is one unit: Latin, Greek, Cyrillic, Armenian.
uint16_t unicode_upper(uint16_t unit);

/// Code page 850, which is what dosfstools and mtools take short names for.
uint16_t oem_to_unicode(uint8_t byte);
/// The small letter of a capital that code page 850 has.
uint16_t oem_lower(uint16_t unit);
/// 0: it hasn't got that character.
uint8_t unicode_to_oem(uint16_t unit);

#endif
