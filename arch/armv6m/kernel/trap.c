#include "armv6m.h"
#include <config.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>

extern const uint8_t __flash[], __flash_end[];
extern const uint8_t __task_ram[];

/// How far below the kernel's memory the stack pointer of a task is that has run through it: no function
/// takes more at once.
#define STACK_REACH 1024

/// The number of the exception that is being handled (ARM B1.4.2).
static unsigned exception_number(void) {
    uint32_t ipsr;
    __asm__ __volatile__("mrs %0, ipsr" : "=r"(ipsr));
    return ipsr & 0x3f;
}

static void check_kernel_stack(void) {
#ifdef CONFIG_DEBUG
    if (armv6m_stack[0] != KERNEL_STACK_PATTERN) {
        BUG("the kernel's stack has overflowed: CONFIG_KERNEL_STACK");
    }
#endif
}

/// Notes where the current task's registers are. False: its stack has overflowed, and it is stopped.
static bool enter(struct arch_frame *frame) {
    check_kernel_stack();
    current_task()->arch.frame = frame;
    return kernel_check_stack((vaddr_t) frame);
}

__noreturn void armv6m_start(void) {
    kernel_boot();
}

__noreturn void armv6m_syscall(struct arch_frame *frame) {
    if (enter(frame)) {
        kernel_syscall();
    }
    kernel_resume();
}

__noreturn void armv6m_leave(struct arch_frame *frame) {
    (void) enter(frame);
    kernel_resume();
}

static __noinline void handle_interrupt(void) {
    board_interrupt(exception_number() - 16);
}

__noreturn void armv6m_interrupt(struct arch_frame *frame) {
    (void) enter(frame);
    handle_interrupt();
    kernel_resume();
}

void armv6m_idle_interrupt(void) {
    check_kernel_stack();
    handle_interrupt();
}

// ---- Faults: the part tells nothing but where -----------------------------------------------------

/// The register that bits of an instruction name: r0 … r7.
static uint32_t reg(const struct arch_frame *frame, unsigned n) {
    n &= 7;
    return n < 4 ? frame->r0_r3[n] : frame->r4_r7[n - 4];
}

/// Two bits for each load or store with a register as offset: 2 to their power is the access's size.
#define SIZES_OF_REGISTER_OFFSET 0x4606u

/// What was wrong with a load or store (ARM A5.2.4), and where it went.
static int classify_access(const struct arch_frame *frame, unsigned insn, vaddr_t *addr) {
    unsigned op = insn >> 12;
    unsigned size = op == 7 ? 0 : (op == 8 ? 1 : 2);
    uint32_t base = reg(frame, insn >> 3);
    uint32_t offset = ((insn >> 6) & 0x1f) << size;
    if (op == 5) {
        size = (SIZES_OF_REGISTER_OFFSET >> (2 * ((insn >> 9) & 7))) & 3;
        offset = reg(frame, insn >> 6);
    } else if (op == 0xc) {  // Several registers.
        base = reg(frame, insn >> 8);
        offset = 0;
    }
    *addr = base + offset;
    return (*addr & ((1u << size) - 1)) ? EXP_ALIGNMENT : EXP_PROTECTION;
}

// The first bytes of some instructions (ARM A6.7).
#define INSN_BKPT 0xbe
#define INSN_UDF  0xde
#define INSN_SVC  0xdf

static int classify(const struct arch_frame *frame, vaddr_t *addr) {
    *addr = frame->pc;
    if (!(frame->xpsr & XPSR_T)) {
        return EXP_ILLEGAL;
    }
    if (frame->pc < (vaddr_t) __flash + 2 || frame->pc >= (vaddr_t) __flash_end) {
        return EXP_PROTECTION;
    }
    const uint16_t *pc = (const uint16_t *) frame->pc;
    unsigned insn = *pc;
    if (pc[-1] >> 8 == INSN_SVC) {
        return EXP_PROTECTION;  // A system call with interrupts disabled; pc is behind it.
    }
    switch (insn >> 8) {
    case INSN_BKPT:
        return EXP_BREAKPOINT;
    case INSN_UDF:
        return EXP_ILLEGAL;
    }
    if ((insn >> 12 >= 5 && insn >> 12 <= 8) || insn >> 12 == 0xc) {
        return classify_access(frame, insn, addr);
    }
    return EXP_OTHER;
}

__noreturn void armv6m_fault(struct arch_frame *frame) {
    if (enter(frame)) {
        vaddr_t addr;
        int exception = classify(frame, &addr);
        kernel_exception(exception, (int) exception_number(), addr);
    }
    kernel_resume();
}

__noreturn void armv6m_bad_stack(vaddr_t sp) {
    if (sp < (vaddr_t) __task_ram && sp > (vaddr_t) armv6m_stack - STACK_REACH) {
        PANIC("a task's stack has run into the kernel: %p", (void *) sp);
    }
    struct task *task = current_task();
    arch_task_init(task, 0);  // Where its registers were, nobody knows.
    kernel_exception(EXP_STACK_OVERFLOW, 0, sp);
    kernel_resume();
}

__noreturn void armv6m_kernel_fault(const uint32_t *frame) {
    PANIC("the kernel faulted: exception %u, pc %p, lr %p", exception_number(), (void *) frame[6],
          (void *) frame[5]);
}
