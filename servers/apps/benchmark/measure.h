#ifndef __MEASURE_H__
#define __MEASURE_H__

/// \file
/// How the benchmarks count. The unit is the CPU's cycle counter; under an emulator that counts
/// instructions (QEMU's -icount shift=0) it is guest instructions, and repeats exactly.

#include <types.h>

/// Reads the option --instruction-ns=N: an emulator takes N nanoseconds of the clock's time for each
/// instruction, and these are to be counted instead of the clock's cycles. To be called first.
void measure_init(void);

/// Calls `run` 1,000 times in a row and prints what one call costs, without the loop, as a metric:
/// the lowest of a few rows, as the clock's interrupts fall into the others.
void measure(const char *name, void (*run)(void));

/// The same for what takes long: rows of `times` calls.
void measure_slow(const char *name, unsigned times, void (*run)(void));

/// Cycles of the clock, or the instructions that have been executed in that time.
uint64_t measure_counted(uint64_t cycles);
/// For what ends before `run` does: it returns the cycles itself.
void measure_span(const char *name, unsigned times, uint64_t (*run)(void));

#endif
