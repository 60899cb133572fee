#ifndef __SANITIZER_H__
#define __SANITIZER_H__

/// \file
/// The run-time side of what the compiler checks in debug builds. The first two functions are called
/// by libs/common and defined by whoever links it: the kernel, and libs/resea for user programs.

#include <types.h>

/// Undefined behaviour was found at this place. May return, unless the program can't go on.
void ubsan_report(const char *what, const char *file, unsigned line, unsigned column);

/// A function's stack frame has been overrun. Must not return: its return address can't be trusted.
__noreturn void stack_smashed(void);

/// What a function compares its canary with. Whoever sets it to something less predictable does so in
/// a function that is compiled with __no_stack_protector, none of whose callers ever returns.
extern uintptr_t __stack_chk_guard;

#define __no_stack_protector __attribute__((no_stack_protector))

#endif
