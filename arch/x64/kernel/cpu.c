#include "x64.h"
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>
#include <string.h>

struct x64_cpu x64_cpus[CONFIG_NUM_CPUS];

STATIC_ASSERT(offsetof(struct x64_cpu, id) == GS_CPU_ID, "arch.h reads it");
STATIC_ASSERT(offsetof(struct x64_cpu, task) == GS_TASK, "trap.S reads it");
STATIC_ASSERT(offsetof(struct x64_cpu, kernel_stack) == GS_STACK, "trap.S reads it");
STATIC_ASSERT(offsetof(struct x64_cpu, user_rsp) == GS_USER_RSP, "trap.S writes it");
STATIC_ASSERT(offsetof(struct x64_cpu, cpu) == GS_CPU, "trap.S reads it");
STATIC_ASSERT(offsetof(struct x64_cpu, self) == GS_SELF, "x64_this_cpu() reads it");
STATIC_ASSERT(offsetof(struct x64_cpu, rsp0) == GS_RSP0, "arch_fastpath.h reads it");
STATIC_ASSERT(sizeof(struct arch_frame) % 16 == 0, "the processor aligns rsp0 down to 16");

/// Places in the code where an instruction depends on the processor: see trap.S.
struct smap_site {
    uint64_t addr;
    uint64_t insn;  ///< Three bytes.
};

extern const struct smap_site __smap_sites[], __smap_sites_end[];
extern char x64_syscall_entry[];

static bool has_feature(uint32_t leaf, int reg, int bit) {
    uint32_t regs[4];
    x64_cpuid(0, 0, regs);
    if (leaf > regs[0]) {
        return false;
    }
    x64_cpuid(leaf, 0, regs);
    return (regs[reg] >> bit) & 1;
}

enum {
    EAX,
    EBX,
    ECX,
    EDX
};

static bool has_smap(void) {
    return has_feature(7, EBX, 20);
}

/// Turns the NOPs at the SMAP sites into stac and clac. While kernel text is still writable.
static void patch_smap_sites(void) {
    for (const struct smap_site *site = __smap_sites; site < __smap_sites_end; site++) {
        memcpy((void *) site->addr, &site->insn, 3);
    }
}

static void init_control_registers(void) {
    uint64_t cr4 = x64_read_cr4() | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    if (has_feature(7, EBX, 7)) {
        cr4 |= CR4_SMEP;
    }
    if (has_smap()) {
        cr4 |= CR4_SMAP;
    }
    if (has_feature(7, ECX, 2)) {
        cr4 |= CR4_UMIP;
    }
    x64_write_cr4(cr4);
    x64_write_cr0((x64_read_cr0() & ~(uint64_t) CR0_EM) | CR0_WP | CR0_MP | CR0_TS);
}

static void init_syscall(void) {
    x64_wrmsr(MSR_EFER, x64_rdmsr(MSR_EFER) | EFER_SCE);
    x64_wrmsr(MSR_STAR, ((uint64_t) SEG_USER_BASE << 48) | ((uint64_t) SEG_KERNEL_CODE << 32));
    x64_wrmsr(MSR_LSTAR, (uint64_t) x64_syscall_entry);
    x64_wrmsr(MSR_SFMASK, RFLAGS_IF | RFLAGS_DF | RFLAGS_TF | RFLAGS_NT | RFLAGS_AC);
}

/// Loads a descriptor table; reloads CS with a far return.
static void load_gdt(struct x64_cpu *cpu) {
    struct {
        uint16_t limit;
        uint64_t base;
    } __packed gdtr = {sizeof(cpu->gdt) - 1, (uint64_t) cpu->gdt};
    __asm__ __volatile__("lgdt %0\n\t"
                         "pushq %1\n\t"
                         "leaq 1f(%%rip), %%rax\n\t"
                         "pushq %%rax\n\t"
                         "lretq\n\t"
                         "1: mov %2, %%ds\n\t"
                         "mov %2, %%es\n\t"
                         "mov %2, %%ss\n\t"
                         "mov %3, %%fs\n\t"
                         "mov %3, %%gs\n\t" ::"m"(gdtr),
                         "i"(SEG_KERNEL_CODE), "r"(SEG_KERNEL_DATA), "r"(0)
                         : "rax", "memory");
}

void x64_cpu_early_init(unsigned id) {
    struct x64_cpu *cpu = &x64_cpus[id];
    cpu->self = cpu;
    cpu->id = id;
    cpu->cpu = &cpus[id];
    // Flat 64-bit segments (SDM 3.4.5): present, code or data, DPL 0 or 3.
    cpu->gdt[SEG_KERNEL_CODE / 8] = 0x00af9a000000ffff;
    cpu->gdt[SEG_KERNEL_DATA / 8] = 0x00cf92000000ffff;
    cpu->gdt[SEG_USER_BASE / 8] = 0;
    cpu->gdt[SEG_USER_DATA / 8] = 0x00cff2000000ffff;
    cpu->gdt[SEG_USER_CODE / 8] = 0x00affa000000ffff;
    load_gdt(cpu);
    x64_wrmsr(MSR_GS_BASE, (uint64_t) cpu);
    x64_wrmsr(MSR_KERNEL_GS_BASE, 0);
    if (id == 0) {
        if (has_smap()) {
            patch_smap_sites();
        }
        x64_idt_init();
    } else {
        x64_trap_load();
    }
    init_control_registers();
    init_syscall();
    cpu->fpu_off = true;
}

void x64_cpu_alloc(unsigned id) {
    struct x64_cpu *cpu = &x64_cpus[id];
    cpu->tss = memory_boot_alloc(sizeof(*cpu->tss));
    memset(cpu->tss->iomap, 0xff, sizeof(cpu->tss->iomap));
    // From below: a guard page, the kernel stack, the interrupt stacks. A double fault ends in a
    // panic, which needs some room; the other two print a line at most.
    uint8_t *stack = memory_boot_alloc(PAGE_SIZE + KERNEL_STACK_SIZE + 2 * PAGE_SIZE);
    x64_unmap_kernel_page((vaddr_t) stack);
    cpu->kernel_stack = (uint64_t) stack + PAGE_SIZE + KERNEL_STACK_SIZE;
    cpu->tss->ist[IST_DEBUG - 1] = cpu->kernel_stack + PAGE_SIZE / 4;
    cpu->tss->ist[IST_NMI - 1] = cpu->kernel_stack + PAGE_SIZE;
    cpu->tss->ist[IST_DOUBLE - 1] = cpu->kernel_stack + 2 * PAGE_SIZE;
}

void x64_cpu_init(void) {
    struct x64_cpu *cpu = x64_this_cpu();
    uint64_t base = (uint64_t) cpu->tss;
    uint64_t limit = sizeof(*cpu->tss) - 1;
    // A 16-byte descriptor of an available 64-bit TSS (SDM 8.2.3).
    cpu->gdt[SEG_TSS / 8] = (limit & 0xffff) | ((base & 0xffffff) << 16) | (0x89ull << 40)
                            | ((limit >> 16) << 48) | (((base >> 24) & 0xff) << 56);
    cpu->gdt[SEG_TSS / 8 + 1] = base >> 32;
    cpu->tss->iomap_base = IOMAP_NONE;
    cpu->rsp0 = (struct x64_rsp *) ((uint8_t *) cpu->tss + offsetof(struct x64_tss, rsp));
    __asm__ __volatile__("ltr %w0" ::"r"(SEG_TSS));
}

void arch_idle(void) {
    // An interrupt isn't taken between sti and hlt: none is slept through.
    __asm__ __volatile__("sti; hlt; cli" ::: "memory");
}

__noreturn void arch_halt(void) {
    while (true) {
        __asm__ __volatile__("cli; hlt" ::: "memory");
    }
}

void arch_backtrace(void (*callback)(vaddr_t addr, void *arg), void *arg, int max) {
    uint64_t *frame = __builtin_frame_address(0);
    // A short system call leaves the program's rbp at the end of the chain: anything may be there.
    const uint64_t *start = frame, *end = start + KERNEL_STACK_SIZE / sizeof(*frame);
    while (max-- > 0 && frame >= start && frame < end && IS_ALIGNED((vaddr_t) frame, 8)
           && frame[1] >= KERNEL_BASE) {
        callback(frame[1], arg);
        uint64_t *next = (uint64_t *) frame[0];
        if (next <= frame) {
            return;
        }
        frame = next;
    }
}
