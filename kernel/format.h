#ifndef __KERNEL_FORMAT_H__
#define __KERNEL_FORMAT_H__

/// \file
/// What printk() formats its text with: <vprintf.h>, or, where flash is scarce, a part of it.

#include <config.h>
#include <stdarg.h>
#include <vprintf.h>

/// %d %i %u %x %c %s %p %%, the flags `-` and `0`, widths that are numbers, the lengths l ll z. There
/// is no NULL string. What isn't one of these is printed as it stands.
void format_small(putc_t putc, const char *fmt, va_list ap) __printf(2, 0);

static inline void __printf(2, 0) format(putc_t putc, const char *fmt, va_list ap) {
#ifdef CONFIG_MMU
    (void) vprintf_with(putc, NULL, fmt, ap);
#else
    format_small(putc, fmt, ap);
#endif
}

#endif
