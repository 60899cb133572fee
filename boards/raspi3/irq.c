#include "raspi3.h"
#include <arch/arm64/kernel/arm64.h>
#include <kernel/board.h>

// Two controllers. The one of the peripherals has the lines that servers know by number: 0 … 63 are
// the VideoCore's ("BCM2835 ARM Peripherals", 7.5: table of GPU interrupts), 64 … 71 the ARM's own
// (the same table's "basic" ones). All of them go to CPU 0. Each CPU also has a local one (QA7,
// 4.10), with its timer, its mailboxes (the kernel's interprocessor interrupts) and, on CPU 0, the
// sum of the peripherals'.

#define NUM_GPU_IRQS 64
#define NUM_IRQS     72

#define INTC_BASIC_PENDING 0x3f00b200ul
#define INTC_PENDING(n)    (0x3f00b204ul + 4 * (n))  // n: 0 for lines 0 … 31, 1 for 32 … 63.
#define INTC_ENABLE(n)     (0x3f00b210ul + 4 * (n))  // 2: the basic ones.
#define INTC_DISABLE(n)    (0x3f00b21cul + 4 * (n))
#define INTC_BASIC_MASK    0xffu

#define LOCAL_GPU_ROUTING     0x4000000cul  // 0: IRQ and FIQ to CPU 0.
#define LOCAL_TIMERS(cpu)     (0x40000040ul + 4 * (cpu))
#define LOCAL_MAILBOX(cpu)    (0x40000050ul + 4 * (cpu))
#define LOCAL_SOURCE(cpu)     (0x40000060ul + 4 * (cpu))
#define MAILBOX_SET(cpu, n)   (0x40000080ul + 16 * (cpu) + 4 * (n))
#define MAILBOX_CLEAR(cpu, n) (0x400000c0ul + 16 * (cpu) + 4 * (n))

#define TIMER_VIRTUAL  (1u << 3)  // In LOCAL_TIMERS and in LOCAL_SOURCE.
#define SOURCE_MAILBOX (1u << (4 + IPI_MAILBOX))
#define SOURCE_GPU     (1u << 8)

/// Other CPUs ring one for kernel_ipi(), and one, as a fast interrupt, to stop us.
#define IPI_MAILBOX       0
#define STOP_MAILBOX      1
#define MAILBOX_TO_IRQ(n) (1u << (n))
#define MAILBOX_TO_FIQ(n) (1u << (4 + (n)))

void irq_init_this_cpu(void) {
    unsigned cpu = arch_cpu_id();
    if (cpu == 0) {
        mmio_write(LOCAL_GPU_ROUTING, 0);
        for (int bank = 0; bank < 3; bank++) {
            mmio_write(INTC_DISABLE(bank), UINT32_MAX);
        }
    }
    for (int n = 0; n < 4; n++) {
        mmio_write(MAILBOX_CLEAR(cpu, n), UINT32_MAX);
    }
    arm64_write_cntv_ctl_el0(0);
    mmio_write(LOCAL_TIMERS(cpu), TIMER_VIRTUAL);
    mmio_write(LOCAL_MAILBOX(cpu), MAILBOX_TO_IRQ(IPI_MAILBOX) | MAILBOX_TO_FIQ(STOP_MAILBOX));
}

// ---- Lines --------------------------------------------------------------------------------------

void board_irq_unmask(unsigned irq) {
    if (irq < NUM_IRQS) {
        mmio_write(INTC_ENABLE(irq / 32), 1u << (irq % 32));
    }
}

void board_irq_mask(unsigned irq) {
    if (irq < NUM_IRQS) {
        mmio_write(INTC_DISABLE(irq / 32), 1u << (irq % 32));
    }
}

static void handle_lines(unsigned first, uint32_t pending) {
    for (; pending; pending &= pending - 1) {
        kernel_irq(first + (unsigned) __builtin_ctz(pending));
    }
}

/// The summary register is passed over: it has some of the lines in bits of their own, and not in
/// its summary bits.
static void handle_peripherals(void) {
    handle_lines(0, mmio_read(INTC_PENDING(0)));
    handle_lines(32, mmio_read(INTC_PENDING(1)));
    handle_lines(NUM_GPU_IRQS, mmio_read(INTC_BASIC_PENDING) & INTC_BASIC_MASK);
}

/// What a CPU has of its own: its timer and its mailbox.
static __noinline void handle_local(unsigned cpu, uint32_t source) {
    if (source & TIMER_VIRTUAL) {
        // One shot: the kernel sets it again.
        arm64_write_cntv_ctl_el0(0);
        kernel_timer();
    }
    if (source & SOURCE_MAILBOX) {
        mmio_write(MAILBOX_CLEAR(cpu, IPI_MAILBOX), UINT32_MAX);
        arm64_between_devices();
        kernel_ipi();
    }
}

void arm64_interrupt(void) {
    unsigned cpu = arch_cpu_id();
    arm64_between_devices();
    uint32_t source = mmio_read(LOCAL_SOURCE(cpu));
    // What else there is interrupts again.
    if (LIKELY(source & SOURCE_GPU)) {
        handle_peripherals();
    } else {
        handle_local(cpu, source);
    }
    arm64_between_devices();
}

// ---- Between CPUs -------------------------------------------------------------------------------

void board_send_ipi(unsigned cpu) {
    arm64_before_interrupting();
    mmio_write(MAILBOX_SET(cpu, IPI_MAILBOX), 1);
}

void board_stop_cpus(void) {
    arm64_before_interrupting();
    for (unsigned cpu = 0; cpu < NUM_CORES; cpu++) {
        if (cpu != arch_cpu_id()) {
            mmio_write(MAILBOX_SET(cpu, STOP_MAILBOX), 1);
        }
    }
}

void arm64_board_end_fast_interrupt(void) {
    mmio_write(MAILBOX_CLEAR(arch_cpu_id(), STOP_MAILBOX), UINT32_MAX);
}
