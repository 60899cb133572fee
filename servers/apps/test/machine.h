#ifndef __MACHINE_H__
#define __MACHINE_H__

/// \file
/// What the tests need of the machine: machine_<arch>.c.

#include <types.h>

/// Hardware that the manifest gives the test, and some that it doesn't.
struct machine {
    unsigned irq;        ///< A line of a device that it gives,
    unsigned other_irq;  ///< and one of another device.
    uint16_t
        port;  ///< An I/O port of that device that can be read without harm, if there are ports.
    paddr_t device_memory;  ///< A device's memory that nobody has been granted.
    vaddr_t kernel_text;    ///< Where the kernel is in the address space.
};

extern const struct machine machine;

typedef void (*machine_function_t)(void);

/// Something that stops the task which does it, and the exception that its pager is told.
struct machine_exception {
    const char *what;
    machine_function_t run;
    int exception;  ///< EXP_*
};

/// All of them are tried: invalid and privileged instructions, breakpoints, alignment, addresses
/// that no task can have. The last one has no `what`.
extern const struct machine_exception machine_exceptions[];

/// Makes a system call whose arguments are 0.
long machine_syscall(long number);

/// A function that does nothing, as bytes to be copied somewhere.
extern const unsigned char machine_code[];
extern const unsigned machine_code_len;

/// Lets the device raise machine.irq again and again, tells it that an interrupt has been seen, and
/// stops that.
void machine_irq_start(void);
void machine_irq_handle(void);
void machine_irq_stop(void);

/// Fills FPU registers with a pattern, enters the kernel `rounds` times, and tells whether they
/// still have it.
bool machine_fpu_keeps(uint64_t pattern, unsigned rounds);

/// The same for all other registers that a system call keeps: makes that one, once.
bool machine_registers_keep(uint64_t pattern, long number, long a0, long a1);

#endif
