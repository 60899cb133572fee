#ifndef __KERNEL_PANIC_H__
#define __KERNEL_PANIC_H__

/// \file
/// The end of the kernel. A panic prints what it knows: the message, the CPU and its task, the call
/// stack, all tasks; then it powers off with a status that says so.

#include <kernel/printk.h>

/// Something is wrong that the kernel can't go on with.
#define PANIC(fmt, ...) panic("PANIC: " fmt, ##__VA_ARGS__)
/// The same, and the kernel itself is to blame.
#define BUG(fmt, ...) panic("BUG: %s:%d: " fmt, __FILE__, __LINE__, ##__VA_ARGS__)

__noreturn void panic(const char *fmt, ...) __printf(1, 2);

/// True from the first panic on.
bool panicked(void);

/// The name of the kernel function that `addr` is in, and the offset in it; NULL if there is none.
const char *symbol_find(vaddr_t addr, size_t *offset);

#endif
