#ifndef __KERNEL_CONSOLE_H__
#define __KERNEL_CONSOLE_H__

/// \file
/// The debug console and the kernel log. What the kernel and its tasks print goes to both; what is
/// typed goes to the task that reads, or, after Ctrl-K, line by line to the kernel debugger.

#include <kernel/printk.h>
#include <stdarg.h>

void console_init(void);

void vprintk(const char *fmt, va_list ap) __printf(1, 0);

/// Characters have come in: fetches them and wakes the reader.
void console_input(void);

/// SYS_CONSOLE_WRITE, SYS_CONSOLE_READ and SYS_KLOG_READ, with user addresses. With an MMU, SYS_CONSOLE_FEED.
error_t __mustuse console_write(vaddr_t buf, size_t len);
error_t __mustuse console_read(vaddr_t buf, size_t len);
error_t __mustuse console_feed(vaddr_t buf, size_t len);
error_t __mustuse klog_read(vaddr_t buf, size_t len, vaddr_t position);

/// For a panic: what is printed from now on is shown, whoever may be in the middle of printing.
void console_panic(void);

/// While it is set, printk() output is collected in a buffer instead of being shown: what a debugger command
/// prints for a task. Returns how many bytes it would have taken. With CONFIG_KDEBUG_COMMANDS.
void console_capture(char *buf, size_t size);
size_t console_end_capture(void);

#endif
