#ifndef __ARCH_H__
#define __ARCH_H__

/// \file
/// ARMv6-M's part of the kernel's structs, and the HAL calls that are worth inlining (see kernel/hal.h).
///
/// Tasks run in thread mode on their own stacks (PSP), the kernel in handler mode on its one stack (MSP).
/// All interrupts and SVCall have the same priority, so that none interrupts the kernel. Thread mode is
/// privileged: this part knows no other.

#include <types.h>

/// There is no cache: alignment of 64-bit fields is all.
#define ARCH_CACHE_LINE 8
/// The registers of a task that doesn't run are on its own stack.
#define ARCH_TASK_EXTRA_BYTES 0

/// What is on the stack of a task that is in the kernel or waits (ARMv6-M Architecture Reference Manual,
/// B1.5.6: the processor itself has written the last eight words).
struct arch_frame {
    uint32_t r8_r11[4];
    uint32_t r4_r7[4];
    uint32_t r0_r3[4];
    uint32_t r12;
    uint32_t lr;
    uint32_t pc;
    uint32_t xpsr;
};

struct arch_task {
    struct arch_frame *frame;  ///< Also its stack pointer.
};

/// ARMv6-M has no counter that runs all the time: the board has one.
uint64_t board_cycles(void);

static inline uint64_t arch_cycles(void) {
    return board_cycles();
}
#define arch_cycles arch_cycles

static inline unsigned arch_cpu_id(void) {
    return 0;
}
#define arch_cpu_id arch_cpu_id

static inline void arch_relax(void) {
    __asm__ __volatile__("" ::: "memory");
}
#define arch_relax arch_relax

// A task begins with its registers: see struct task.
#define FRAME_OF(task) (((struct arch_task *) (void *) (task))->frame)

/// fastpath.S makes the light system calls, all of SYS_NOTIFY included.
#define ARCH_LIGHT_SYSCALLS

struct task;

static inline uintptr_t arch_syscall_number(struct task *task) {
    return FRAME_OF(task)->r12;
}
#define arch_syscall_number arch_syscall_number

/// The registers of the arguments: r0 … r5.
static inline uint32_t *arch_syscall_arg_ptr(struct task *task, int n) {
    struct arch_frame *f = FRAME_OF(task);
    return n < 4 ? &f->r0_r3[n] : &f->r4_r7[n - 4];
}

static inline uintptr_t arch_syscall_arg(struct task *task, int n) {
    return *arch_syscall_arg_ptr(task, n);
}

static inline void arch_syscall_set_number(struct task *task, uintptr_t number) {
    FRAME_OF(task)->r12 = number;
}

static inline void arch_syscall_set_arg(struct task *task, int n, uintptr_t value) {
    *arch_syscall_arg_ptr(task, n) = value;
}

static inline void arch_syscall_set_result(struct task *task, intptr_t value) {
    FRAME_OF(task)->r0_r3[0] = (uint32_t) value;
}

/// The `svc` instruction is two bytes long; r12 still has the number of the call.
static inline void arch_syscall_restart(struct task *task) {
    FRAME_OF(task)->pc -= 2;
}

static inline vaddr_t arch_task_ip(struct task *task) {
    return FRAME_OF(task)->pc;
}

#endif
