#ifndef __CPU_H__
#define __CPU_H__

/// \file
/// The processor's own generators. Each architecture that has some has a file.

#include <types.h>

/// Words that are random in all of their bits. False: there is no such generator, or it gives
/// nothing.
bool cpu_read_seed(uint64_t *word);
/// Words of a generator that the processor seeds by itself: many of them hold no more than a seed
/// does.
bool cpu_read_random(uint64_t *word);

#endif
