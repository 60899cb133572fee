#ifndef __ARMV6M_H__
#define __ARMV6M_H__

/// \file
/// What the parts of the ARMv6-M kernel share, and what its boards use of it. "ARM" below is the ARMv6-M
/// Architecture Reference Manual (DDI 0419E).

#include <arch.h>
#include <types.h>

/// A 32-bit register.
#define REG(addr) (*(volatile uint32_t *) (uintptr_t) (addr))

/// The execution state bit of xPSR: Thumb, the only one there is (ARM B1.4.2).
#define XPSR_T (1u << 24)

// ---- Interrupt controller (ARM B3.4): one bit a line ----------------------------------------------

#define NUM_LINES 32

static inline void nvic_unmask(unsigned irq) {
    REG(0xe000e280) = 1u << irq;  // Forget what a level that is gone has left pending.
    REG(0xe000e100) = 1u << irq;
}

static inline void nvic_mask(unsigned irq) {
    REG(0xe000e180) = 1u << irq;
    // The next instructions must not be interrupted by it any more (ARM B2.5, "Memory barriers").
    __asm__ __volatile__("dsb\n\tisb" ::: "memory");
}

/// As if the line had fired.
static inline void nvic_pend(unsigned irq) {
    REG(0xe000e200) = 1u << irq;
}

/// System handler priorities (ARM B3.2.10) and the reset request (ARM B3.2.6).
#define SHPR2       0xe000ed1c
#define AIRCR       0xe000ed0c
#define AIRCR_RESET 0x05fa0004u

// ---- The kernel's stack ---------------------------------------------------------------------------

/// What unused words of the kernel's stack hold. The first words never change.
#define KERNEL_STACK_PATTERN 0x5ac4e57au

extern uint32_t armv6m_stack[];
extern uint32_t armv6m_stack_top[];  ///< From the linker script.

/// Called from assembly: an optimiser that sees the whole kernel at once has to be told.
#define FROM_ASSEMBLY __attribute__((externally_visible))

// ---- Traps ----------------------------------------------------------------------------------------

/// From assembly, never to return: a system call; the end of a light one, after which another task may have
/// to run; an interrupt; a fault of the current task; one whose stack pointer is no good.
FROM_ASSEMBLY __noreturn void armv6m_syscall(struct arch_frame *frame);
FROM_ASSEMBLY __noreturn void armv6m_leave(struct arch_frame *frame);
FROM_ASSEMBLY __noreturn void armv6m_interrupt(struct arch_frame *frame);
FROM_ASSEMBLY __noreturn void armv6m_fault(struct arch_frame *frame);
FROM_ASSEMBLY __noreturn void armv6m_bad_stack(vaddr_t sp);

/// An interrupt while the CPU idles: returns to it.
FROM_ASSEMBLY void armv6m_idle_interrupt(void);

/// A fault of the kernel itself. `frame` is what the processor has written: r0 first.
FROM_ASSEMBLY __noreturn void armv6m_kernel_fault(const uint32_t *frame);

/// From the board's reset code: goes over to handler mode, and runs the kernel there: armv6m_start().
__noreturn void armv6m_boot(void);
FROM_ASSEMBLY __noreturn void armv6m_start(void);

/// From the board: deals with interrupt line `irq` by calling kernel_irq() or kernel_timer().
void board_interrupt(unsigned irq);

#endif
