#ifndef __MACHINE_H__
#define __MACHINE_H__

/// \file
/// What the tests need of the machine: x64.c.

#include <types.h>

/// A line of a device that the manifest gives the test, and one that it doesn't.
#define MACHINE_IRQ       8
#define MACHINE_OTHER_IRQ 7
/// A port of the same device that can be read without harm.
#define MACHINE_PORT 0x71
/// A device's memory that nobody has been granted: the text screen's.
#define MACHINE_DEVICE_MEMORY 0xb8000

typedef void (*machine_function_t)(void);

// Each of these lets the task that calls it stop with the exception in its name.
void machine_illegal(void);
void machine_divide_by_zero(void);
void machine_breakpoint(void);
/// Touches an address that no task can have.
void machine_noncanonical(void);
/// All end in EXP_PROTECTION: instructions that only the kernel may execute. The last one is NULL.
extern const machine_function_t machine_privileged_functions[];

/// Makes a system call whose arguments are 0.
long machine_syscall(long number);

/// A function that does nothing, as bytes to be copied somewhere.
extern const unsigned char machine_code[];
extern const unsigned machine_code_len;

/// Lets the device raise MACHINE_IRQ again and again, tells it that an interrupt has been seen, and
/// stops that.
void machine_irq_start(void);
void machine_irq_handle(void);
void machine_irq_stop(void);
void machine_read_port(void);

/// Fills FPU registers with a pattern, enters the kernel `rounds` times, and tells whether they still
/// have it.
bool machine_fpu_keeps(uint64_t pattern, unsigned rounds);

#endif
