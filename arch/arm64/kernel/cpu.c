#include "arm64.h"
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>

struct arm64_cpu arm64_cpus[CONFIG_NUM_CPUS];

STATIC_ASSERT(offsetof(struct arm64_cpu, kernel_stack) == 8, "trap.S reads it");
STATIC_ASSERT(offsetof(struct arm64_cpu, emergency_stack) == 24, "trap.S reads it");
STATIC_ASSERT(offsetof(struct arm64_cpu, cpu) == 16, "trap.S reads it");
STATIC_ASSERT(offsetof(struct cpu, current) == CPU_CURRENT, "trap.S reads it");
STATIC_ASSERT(offsetof(struct task, work) == TASK_WORK, "trap.S reads it");
STATIC_ASSERT(offsetof(struct cpu, resched) == CPU_RESCHED, "trap.S reads it");
STATIC_ASSERT(sizeof(struct arch_frame) == FRAME_SIZE, "trap.S knows it");
STATIC_ASSERT(sizeof(struct arch_frame) % 16 == 0, "stacks are aligned");

extern char arm64_vectors[];

void arm64_cpu_early_init(unsigned id, uint64_t stack) {
    struct arm64_cpu *cpu = &arm64_cpus[id];
    cpu->id = id;
    cpu->cpu = &cpus[id];
    if (!cpu->kernel_stack) {
        // Until arch_init() has made better ones.
        cpu->kernel_stack = cpu->emergency_stack = stack;
    }
    arm64_write_tpidr_el1((uint64_t) cpu);
    arm64_write_vbar_el1((uint64_t) arm64_vectors);
    arm64_context_changed();
}

/// PSTATE.PAN keeps the kernel from touching user memory by accident: only the copies' instructions
/// can.
static void init_pan(void) {
    if ((arm64_read_id_aa64mmfr1_el1() >> 20) & 15) {
        arm64_write_sctlr_el1(arm64_read_sctlr_el1() & ~(uint64_t) SCTLR_SPAN);
        __asm__ __volatile__(".inst 0xd500419f");  // msr pan, #1; an ARMv8.1 instruction.
    }
}

#define CNTKCTL_EL0VCTEN (1u << 1)  // Programs may read the virtual counter.
#define PMCR_E           (1u << 0)
#define PMCR_C           (1u << 2)  // Resets the cycle counter.
#define PMCR_LC          (1u << 6)  // It has 64 bits.
#define PMUSERENR_CR     (1u << 2)  // Programs may read it,
#define PMCNTEN_CYCLES   (1u << 31)

/// What programs may read: time, and this CPU's cycle counter, if it has one.
static void init_counters(void) {
    arm64_write_cntkctl_el1(CNTKCTL_EL0VCTEN);
    unsigned pmu_version = (arm64_read_id_aa64dfr0_el1() >> 8) & 15;
    if (pmu_version != 0 && pmu_version != 15) {
        arm64_write_pmcr_el0(PMCR_E | PMCR_C | PMCR_LC);
        arm64_write_pmccfiltr_el0(0);
        arm64_write_pmcntenset_el0(PMCNTEN_CYCLES);
        arm64_write_pmuserenr_el0(PMUSERENR_CR);
    }
}

void arm64_cpu_init(void) {
    struct arm64_cpu *cpu = arm64_this_cpu();
    arm64_replace_ttbr1(arm64_kernel_table);
    arm64_write_sctlr_el1(arm64_read_sctlr_el1() | SCTLR_WXN);
    arch_leave_aspace();
    arm64_forget_all();
    init_pan();
    init_counters();
    arm64_write_mdscr_el1(0);
    arm64_write_cpacr_el1(CPACR_FPU_KERNEL);
    cpu->fpu_off = true;
    arm64_context_changed();
    // From here on this CPU can be told of another one's panic.
    __asm__ __volatile__("msr daifclr, #1");
}

void arch_idle(void) {
    // Interrupts stay masked: a pending one ends the wait all the same, so none is slept through.
    arm64_wait_for_interrupt();
    arm64_interrupt();
}

__noreturn void arch_halt(void) {
    __asm__ __volatile__("msr daifset, #15");
    while (true) {
        // An interrupt that is pending for good would end wfi again and again; wfe it doesn't end.
        arm64_wait_for_interrupt();
        __asm__ __volatile__("wfe");
    }
}

void arch_backtrace(void (*callback)(vaddr_t addr, void *arg), void *arg, int max) {
    uint64_t *frame = __builtin_frame_address(0);
    while (max-- > 0 && (vaddr_t) frame >= KERNEL_BASE && IS_ALIGNED((vaddr_t) frame, 16)
           && frame[1] >= KERNEL_BASE) {
        callback(frame[1], arg);
        uint64_t *next = (uint64_t *) frame[0];
        if (next <= frame) {
            return;
        }
        frame = next;
    }
}
