#ifndef __FUZZ_EXEC_H__
#define __FUZZ_EXEC_H__

/// \file
/// Runs steps on the kernel and on the model, and compares the two after each.

#include "op.h"

/// Boots. Once in a process.
void exec_begin(const struct setup *setup);

/// Makes a step. False: it makes no sense now, nothing has happened. What differs ends in
/// fuzz_failed().
bool exec_step(const struct op *op);

/// The steps are over: a last look at everything.
void exec_end(void);

/// The driver's: the kernel isn't what the model is.
__attribute__((noreturn, format(printf, 1, 2))) void fuzz_failed(const char *format, ...);

#endif
