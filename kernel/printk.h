#ifndef __KERNEL_PRINTK_H__
#define __KERNEL_PRINTK_H__

/// \file
/// Messages of the kernel: on the console and in the kernel log.
///
///     TRACE, DEBUG  debug builds only
///     INFO, WARN    as they are
///     OOPS          a warning with a backtrace

#include <types.h>

void printk(const char *fmt, ...) __printf(1, 2);

/// Prints the kernel's call stack, with names.
void backtrace(void);
/// The same of one of its frames, counted from 0. False: there is no such frame.
bool backtrace_frame(uintptr_t n);

#define KLOG(level, fmt, ...) printk("[kernel] " level fmt "\n", ##__VA_ARGS__)

#ifdef CONFIG_DEBUG
#    define TRACE(fmt, ...) KLOG("", fmt, ##__VA_ARGS__)
#    define DEBUG(fmt, ...) KLOG("", fmt, ##__VA_ARGS__)
#else
#    define TRACE(fmt, ...) \
        do {                \
        } while (0)
#    define DEBUG(fmt, ...) \
        do {                \
        } while (0)
#endif

#define INFO(fmt, ...) KLOG("", fmt, ##__VA_ARGS__)
#define WARN(fmt, ...) KLOG("WARN: ", fmt, ##__VA_ARGS__)
#define OOPS(fmt, ...)                      \
    do {                                    \
        KLOG("Oops: ", fmt, ##__VA_ARGS__); \
        backtrace();                        \
    } while (0)

#endif
