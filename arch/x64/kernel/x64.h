#ifndef __X64_H__
#define __X64_H__

/// \file
/// The machine: registers, descriptors, vectors, and what the parts of the x64 port (and its board)
/// share. Sources: Intel SDM volume 3A (rev. 080), AMD APM volume 2 (rev. 3.40).

#include <config.h>
#include <kernel/hal.h>
#include <types.h>

// ---- Where the kernel lives ---------------------------------------------------------------------
//
//     0xffff800000000000  all physical memory, from address 0 on; the kernel's image is in it, linked
//                         to run at KERNEL_BASE + 1 MiB, so that no page has two addresses
//     0xffff808000000000  (PML4 entry 257 and up) nothing
#define KERNEL_BASE 0xffff800000000000ul
/// RAM above this isn't used: it is what one PML4 entry maps.
#define KERNEL_MAP_LIMIT (512ul << 30)

// Page-table entries (SDM table 4-15 and following).
#define PTE_P  (1ull << 0)
#define PTE_W  (1ull << 1)
#define PTE_U  (1ull << 2)
#define PTE_CD (1ull << 4)
#define PTE_A  (1ull << 5)  // Accessed and
#define PTE_D  (1ull << 6)  // dirty: set by the processor, and not used.
#define PTE_PS (1ull << 7)  // A large page.
#define PTE_G  (1ull << 8)
#define PTE_NX (1ull << 63)
// Ours, in an entry of a page: it is RAM.
#define PTE_RAM (1ull << 9)

#define PTE_ADDR 0x000ffffffffff000ull

#define CR0_MP (1u << 1)
#define CR0_EM (1u << 2)
#define CR0_TS (1u << 3)
#define CR0_WP (1u << 16)

#define CR4_PGE        (1u << 7)
#define CR4_OSFXSR     (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP       (1u << 11)
#define CR4_SMEP       (1u << 20)
#define CR4_SMAP       (1u << 21)

#define MSR_APIC_BASE      0x1b
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_SFMASK         0xc0000084
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define EFER_SCE (1u << 0)

#define RFLAGS_FIXED 0x2u
#define RFLAGS_TF    (1u << 8)
#define RFLAGS_IF    (1u << 9)
#define RFLAGS_DF    (1u << 10)
#define RFLAGS_NT    (1u << 14)
#define RFLAGS_AC    (1u << 18)

// sysret takes SS and CS from STAR: SEG_USER_BASE + 8 and + 16.
#define SEG_KERNEL_CODE 0x08
#define SEG_KERNEL_DATA 0x10
#define SEG_USER_BASE   0x18
#define SEG_USER_DATA   0x23
#define SEG_USER_CODE   0x2b
#define SEG_TSS         0x30

// Exceptions (SDM table 6-1).
#define VECTOR_DIVIDE     0
#define VECTOR_DEBUG      1
#define VECTOR_NMI        2
#define VECTOR_BREAKPOINT 3
#define VECTOR_INVALID    6
#define VECTOR_NO_FPU     7
#define VECTOR_DOUBLE     8
#define VECTOR_PROTECTION 13
#define VECTOR_PAGE_FAULT 14
#define VECTOR_FPU        16
#define VECTOR_ALIGNMENT  17
#define VECTOR_MACHINE    18
#define VECTOR_SIMD       19
#define VECTOR_TIMER      0xf0
#define VECTOR_IPI        0xf1
#define VECTOR_SPURIOUS   0xff

// Stacks of their own for what may come at any instruction (SDM 6.14.5).
#define IST_NMI    1
#define IST_DOUBLE 2
#define IST_DEBUG  3

#define KERNEL_STACK_SIZE 8192

/// Task state segment (SDM 8.7) with its I/O permission bitmap: a bit that is 1 forbids the port.
struct x64_tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t iomap_base;
    uint8_t iomap[8192 + 1];  ///< The processor reads one byte more than there are.
} __packed;

/// A stack pointer in it: the processor's layout has them at odd multiples of 4.
struct x64_rsp {
    uint64_t value;
} __packed;

/// iomap_base of a task that has no ports: beyond the segment's end.
#define IOMAP_NONE 0xffff

/// What %gs points to in the kernel. arch.h has the offsets of the first ones.
struct x64_cpu {
    uint32_t id;
    uint32_t apic_id;
    struct task *task;      ///< The current one: its frame is where system calls save registers.
    uint64_t kernel_stack;  ///< Its top.
    uint64_t user_rsp;      ///< For a moment during syscall.
    struct cpu *cpu;        ///< The portable kernel's struct.
    struct x64_rsp *rsp0;   ///< In the TSS: where interrupts of user programs push to.
    struct x64_cpu *self;
    bool fpu_off;  ///< CR0.TS is set.
    unsigned copy_fault_flags;
    vaddr_t copy_fault_vaddr;
    struct task *fpu_owner;  ///< Whose state is in the registers.
    struct task *io_owner;   ///< Whose ports the TSS's bitmap allows.
    task_t io_owner_tid;
    struct x64_tss *tss;
    uint64_t gdt[8];
};

extern struct x64_cpu x64_cpus[CONFIG_NUM_CPUS];

static inline struct x64_cpu *x64_this_cpu(void) {
    struct x64_cpu *cpu;
    __asm__("mov %%gs:%c1, %0" : "=r"(cpu) : "i"(GS_SELF));
    return cpu;
}

/// In C what SMAP_SITE is in trap.S: accesses to user memory are allowed, or forbidden again.
#define X64_SMAP_SITE(insn)               \
    ".pushsection .smap_sites, \"a\"\n\t" \
    ".quad 771f\n\t"                      \
    ".long " insn ", 0\n\t"               \
    ".popsection\n"                       \
    "771: nopl (%%rax)\n\t"
#define X64_CLAC X64_SMAP_SITE("0xca010f")
#define X64_STAC X64_SMAP_SITE("0xcb010f")

static inline uint64_t x64_rdmsr(uint32_t msr) {
    uint32_t low, high;
    __asm__ __volatile__("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return ((uint64_t) high << 32) | low;
}

static inline void x64_wrmsr(uint32_t msr, uint64_t value) {
    __asm__ __volatile__("wrmsr" ::"c"(msr), "a"((uint32_t) (value & 0xffffffff)),
                         "d"((uint32_t) (value >> 32)));
}

static inline void x64_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]) {
    __asm__ __volatile__("cpuid"
                         : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                         : "a"(leaf), "c"(subleaf));
}

#define X64_DEFINE_CR(n)                                                 \
    static inline uint64_t x64_read_cr##n(void) {                        \
        uint64_t value;                                                  \
        __asm__ __volatile__("mov %%cr" #n ", %0" : "=r"(value));        \
        return value;                                                    \
    }                                                                    \
    static inline void x64_write_cr##n(uint64_t value) {                 \
        __asm__ __volatile__("mov %0, %%cr" #n ::"r"(value) : "memory"); \
    }

X64_DEFINE_CR(0)
X64_DEFINE_CR(2)
X64_DEFINE_CR(3)
X64_DEFINE_CR(4)

static inline void x64_out8(uint16_t port, uint8_t value) {
    __asm__ __volatile__("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t x64_in8(uint16_t port) {
    uint8_t value;
    __asm__ __volatile__("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void x64_out16(uint16_t port, uint16_t value) {
    __asm__ __volatile__("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint16_t x64_in16(uint16_t port) {
    uint16_t value;
    __asm__ __volatile__("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void x64_out32(uint16_t port, uint32_t value) {
    __asm__ __volatile__("outl %0, %1" ::"a"(value), "Nd"(port));
}

/// Descriptor tables, control registers and %gs of the CPU that runs this. First thing in C.
void x64_cpu_early_init(unsigned id);

/// What needs memory: TSS and interrupt stacks. On the boot CPU, for any CPU.
void x64_cpu_alloc(unsigned id);

/// Loads what x64_cpu_alloc() has made: from here on this CPU can run tasks.
void x64_cpu_init(void);

/// Fills the interrupt descriptor table and loads it; on further CPUs, only loads it.
void x64_idt_init(void);
void x64_trap_load(void);

/// From now on NMIs and the like have stacks of their own: the TSS is about to be loaded.
void x64_trap_enable_stacks(void);

/// From trap.S: a trap of a user program, of the kernel, and one that may come anywhere.
void x64_user_trap(struct arch_frame *frame);
void x64_kernel_trap(struct arch_frame *frame);
void x64_fatal_trap(struct arch_frame *frame);

/// Physical address of the page tables that have the kernel only.
extern paddr_t x64_kernel_pml4;

/// Takes the page at `vaddr` out of the kernel's mappings, as a guard.
void x64_unmap_kernel_page(vaddr_t vaddr);

/// The current task used the FPU without having it.
void x64_fpu_load(void);

/// Turns off what only the task that ran has a right to: whoever uses it next traps. It keeps the
/// registers: its callers have no others to save theirs in.
__attribute__((preserve_most)) void x64_lazy_off(void);

/// Gives the current task's ports to the processor. False: it has them already, or has none.
bool x64_ports_load(void);

/// From the board: deals with an interrupt vector from VECTOR_IRQ_BASE on.
void x64_interrupt(unsigned vector);

#endif
