#ifndef __VPRINTF_H__
#define __VPRINTF_H__

/// \file
/// Text formatting for the kernel and user programs alike; it allocates nothing.
///
/// Conversions: %d %i %u %x %X %o %c %s %p %%. Flags: `-` (left), `0` (zeroes), `+`, ` `, `#`. Widths
/// and precisions are numbers or `*`. Lengths: hh h l ll z t j. There is no floating point and no %n.
/// %p prints 0x and the address; a NULL string prints as (null). An unknown conversion is printed as
/// it stands, and takes no argument.

#include <stdarg.h>
#include <types.h>

/// Takes the output, character by character.
typedef void (*putc_t)(void *ctx, char ch);

/// Returns the number of characters that went to `putc`.
int vprintf_with(putc_t putc, void *ctx, const char *fmt, va_list ap) __printf(3, 0);

/// Writes at most `size` bytes, the NUL included, which is always there unless size is 0. Returns the
/// length of the whole text: if that isn't below `size`, the text has been cut.
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

#endif
