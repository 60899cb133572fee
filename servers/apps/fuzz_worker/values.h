#ifndef __VALUES_H__
#define __VALUES_H__

/// \file
/// Random arguments: half of them likely to get past the first check, half of them not.

#include <types.h>

void values_init(uint64_t seed);
uint64_t random_bits(void);
/// 0 … limit-1.
uint64_t random_below(uint64_t limit);
/// True once in `n` times.
bool once_in(unsigned n);

/// A pointer, most likely to memory of ours.
uintptr_t random_pointer(void);
/// A pointer that no system call may accept.
uintptr_t random_bad_pointer(void);
size_t random_len(void);
/// The ID of a task that exists, existed, or never did.
task_t random_task(void);
/// The type of a message: one of the IDL's, or anything.
int random_type(void);
/// Anything at all.
uintptr_t random_word(void);

#endif
