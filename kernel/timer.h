#ifndef __KERNEL_TIMER_H__
#define __KERNEL_TIMER_H__

/// \file
/// One deadline timer per CPU serves the tasks' one-shot timers and the time slices. It is set only
/// when something waits for it: an idle system gets no interrupts.

#include <kernel/task.h>

void timer_init(void);

/// Sets (ms > 0) or stops (ms = 0) the current task's timer.
error_t __mustuse timer_set(msec_t ms);

/// Stops the current task's timer.
void timer_stop(void);

/// Stops the timer of a task that ends. The caller holds all CPUs' locks.
void timer_cancel(struct task *task);

/// The current task begins a new slice. The caller holds the CPU's lock.
void timer_start_slice(struct cpu *cpu);

/// Somebody waits for the end of the current task's slice. The caller holds the CPU's lock.
void timer_arm_slice(struct cpu *cpu);

uint64_t timer_uptime_ms(void);

/// Nanoseconds of a number of cycles aren't needed: the kernel speaks in cycles and milliseconds.
extern uint32_t timer_cycles_per_ms;

/// How long a task may run while others of its priority are ready, in cycles.
static inline uint32_t timer_slice(void) {
    return CONFIG_TIME_SLICE_MS * timer_cycles_per_ms;
}

#endif
