#ifndef __KERNEL_KDEBUG_H__
#define __KERNEL_KDEBUG_H__

/// \file
/// The kernel debugger. Ctrl-K on the console opens it, also when every task hangs: it needs nothing
/// but console interrupts. The shell's `kdebug` runs single commands of it.

#include <types.h>

/// Takes a typed character if the debugger is open, or opens it. False: the character isn't its.
bool kdebug_input(char c);

/// SYS_KDEBUG, with user addresses. Returns the length of the output.
error_t __mustuse kdebug_syscall(vaddr_t cmd, size_t cmd_len, vaddr_t buf, size_t buf_len);

/// All tasks and whom they wait for.
void kdebug_print_tasks(void);

#endif
