#include "armv6m.h"
#include <config.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>

extern const uint8_t __flash[], __flash_end[];

/// Below it is the kernel log, which may be lost when a panic needs more than there is.
uint32_t armv6m_stack[CONFIG_KERNEL_STACK / sizeof(uint32_t)] __attribute__((section(".stack")));

void arch_init(void) {
    REG(SHPR2) = 0;  // SVCall: as urgent as any interrupt, which are so from reset on.
}

__noreturn void arch_halt(void) {
    __asm__ __volatile__("cpsid i" ::: "memory");
    while (true) {
        __asm__ __volatile__("wfi" ::: "memory");
    }
}

#ifdef CONFIG_BACKTRACE

static bool is_code(vaddr_t addr) {
    // Two instructions before it there is something, and not at address 0.
    return (addr & 1) && addr >= (vaddr_t) __flash + 7 && addr < (vaddr_t) __flash_end;
}

/// Whether the instruction before an address is a call: `blx` of a register, or `bl`.
static bool follows_call(vaddr_t addr) {
    const uint16_t *insn = (const uint16_t *) (addr - 1);
    return (insn[-1] & 0xff87) == 0x4780
           || ((insn[-2] & 0xf800) == 0xf000 && (insn[-1] & 0xd000) == 0xd000);
}

/// There are no frames to follow: GCC keeps none for Thumb. What looks like a return address is one, or
/// was one until lately.
static void scan(const uint32_t *from, const uint32_t *to,
                 void (*callback)(vaddr_t addr, void *arg), void *arg, int max) {
    for (; from < to && max > 0; from++) {
        if (is_code(*from) && follows_call(*from)) {
            callback(*from & ~1u, arg);
            max--;
        }
    }
}

void arch_backtrace(void (*callback)(vaddr_t addr, void *arg), void *arg, int max) {
    scan(__builtin_frame_address(0), armv6m_stack_top, callback, arg, max);
}

void arch_task_backtrace(struct task *task, void (*callback)(vaddr_t addr, void *arg), void *arg,
                         int max) {
    const struct arch_frame *frame = task->arch.frame;
    const uint32_t *top = (const uint32_t *) memory_stack_top(task);
    if (frame < (const struct arch_frame *) task->stack || (const uint32_t *) (frame + 1) > top) {
        return;
    }
    callback(frame->pc, arg);
    scan(&frame->lr, top, callback, arg, max - 1);
}

#endif

/// GCC calls it for the highest bit that is set, for which this machine has no instruction. Its library's
/// own takes four times the code, and longer for the bits that run queues have set.
__attribute__((used, externally_visible)) int __clzsi2(unsigned value);

int __clzsi2(unsigned value) {
    int n = 0;
    for (; (int) value > 0; value <<= 1) {
        n++;
    }
    return n;
}
