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

/// What a slot's tasks have come to see until now, and whether they run, as a number.
uint32_t exec_seen(int slot);

/// How many calls and answers might have taken the fast path, and how many have.
void exec_count(size_t *calls, size_t *fast);

/// The steps are over: a last look at everything.
void exec_end(void);

/// The driver's: the kernel isn't what the model is.
__attribute__((noreturn, format(printf, 1, 2))) void fuzz_failed(const char *format, ...);

#endif
