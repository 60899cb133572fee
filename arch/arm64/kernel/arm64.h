#ifndef __ARM64_H__
#define __ARM64_H__

/// \file
/// The machine: system registers, and what the parts of the arm64 port (and its boards) share.
/// Source: ARM Architecture Reference Manual for A-profile, DDI 0487 ("ARM ARM"): the registers
/// stand there by their names. Barriers and caches: <arch_cache.h>. Also read by the assembler.

#include <config.h>

// ---- Where the kernel lives ---------------------------------------------------------------------
//
//     0xffff000000000000  physical memory, from address 0 on, as far as it is RAM or a device of the
//                         kernel's; the kernel's image is in it, linked to run at KERNEL_BASE + its
//                         physical address, so that no page has two addresses
//     0xffffffffffffffff  the end of what TTBR1 translates
#define KERNEL_BASE 0xffff000000000000

// Memory attributes: the fields of MAIR_EL1, and their numbers in page-table entries.
#define MAIR_NORMAL 0  ///< Write-back, read- and write-allocate.
#define MAIR_DEVICE 1  ///< Device-nGnRE: no gathering, no reordering, early acknowledgement.
#define MAIR_VALUE  0x04ff

// Page-table entries (ARM ARM, "VMSAv8-64 translation table format descriptors").
#define PTE_VALID       (1 << 0)
#define PTE_TABLE       (1 << 1)  ///< A table; in the last level, a page. 0: a block.
#define PTE_ATTR(index) ((index) << 2)
#define PTE_USER        (1 << 6)  ///< AP[1]: user mode may access it.
#define PTE_READ_ONLY   (1 << 7)  ///< AP[2]
#define PTE_INNER       (3 << 8)  ///< Inner shareable: all CPUs.
#define PTE_ACCESSED    (1 << 10)
#define PTE_NOT_GLOBAL  (1 << 11)  ///< Of one address space, by its ASID.
#define PTE_PXN_BIT     53         ///< Never executed by the kernel,
#define PTE_UXN_BIT     54         ///< nor by programs.

// SCTLR_EL1. Bits that are 1 in ARMv8.0 whatever they mean later: 11, 20, 22, 23, 28, 29.
#define SCTLR_FIXED 0x30d00800
#define SCTLR_M     (1 << 0)
#define SCTLR_A     (1 << 1)  ///< Alignment is checked.
#define SCTLR_C     (1 << 2)
#define SCTLR_SA    (1 << 3)  ///< The stack pointer's alignment is checked,
#define SCTLR_SA0   (1 << 4)  ///< in user mode, too.
#define SCTLR_SED   (1 << 8)
#define SCTLR_I     (1 << 12)
#define SCTLR_DZE   (1 << 14)  ///< Programs may use dc zva,
#define SCTLR_UCT   (1 << 15)  ///< read CTR_EL0,
#define SCTLR_WXN   (1 << 19)  ///< What can be written can't be executed.
#define SCTLR_SPAN  (1 << 23)  ///< Don't set PSTATE.PAN on an exception.
#define SCTLR_UCI   (1 << 26)  ///< and clean caches. (wfe and wfi trap: they are the kernel's.)
#ifdef CONFIG_DEBUG
#    define SCTLR_DEBUG SCTLR_A
#else
#    define SCTLR_DEBUG 0
#endif
#define SCTLR_VALUE                                                                           \
    (SCTLR_FIXED | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_SA0 | SCTLR_SED | SCTLR_I | SCTLR_DZE \
     | SCTLR_UCT | SCTLR_UCI | SCTLR_DEBUG)

// TCR_EL1: 48 bits of address in both halves, 4 KiB granules, tables cached and inner shareable, 40
// bits of physical address, 16 bits of ASID, which is TTBR0's.
#define TCR_VALUE                                                                           \
    (16 | (1 << 8) | (1 << 10) | (3 << 12) | (16 << 16) | (1 << 24) | (1 << 26) | (3 << 28) \
     | (2 << 30) | (2 << 32) | (1 << 36))

// CPACR_EL1.FPEN: who may use the FPU without a trap.
#define CPACR_FPU_KERNEL (1 << 20)
#define CPACR_FPU_ALL    (3 << 20)

// ESR_EL1.EC: why there was an exception (ARM ARM, ESR_EL1).
#define ESR_EC_SHIFT       26
#define EC_UNKNOWN         0x00  ///< An instruction that doesn't exist, or not here.
#define EC_WFX             0x01
#define EC_FPU             0x07
#define EC_SVC             0x15
#define EC_SYSREG          0x18
#define EC_FETCH_USER      0x20
#define EC_PC_ALIGNMENT    0x22
#define EC_DATA_USER       0x24
#define EC_DATA_KERNEL     0x25
#define EC_SP_ALIGNMENT    0x26
#define EC_FPU_EXCEPTION   0x2c
#define EC_BREAKPOINT_INSN 0x3c

#define KERNEL_STACK_BITS 13
#define KERNEL_STACK_SIZE (1 << KERNEL_STACK_BITS)
#define FRAME_SIZE        288

// The numbers of <kernel_abi.h>, for trap.S: task.c compares them.
#define IPC_CALL_NUMBER       0xc1
#define IPC_SERVE_NUMBER      0x6c1
#define SYS_FIRST_FULL_NUMBER 6
// Offsets into struct cpu.
#define CPU_CURRENT 8
#define CPU_RESCHED 17
/// Offset of struct task's `work`.
#define TASK_WORK (288 + 10)

#ifndef __ASSEMBLER__

#    include <kernel/hal.h>
#    include <types.h>

#    define PTE_ADDR 0x0000fffffffff000ull
// Ours, in an entry of a page: it is RAM, mapped as such.
#    define PTE_RAM (1ull << 55)
#    define PTE_PXN (1ull << PTE_PXN_BIT)
#    define PTE_UXN (1ull << PTE_UXN_BIT)

extern struct arm64_cpu arm64_cpus[CONFIG_NUM_CPUS];

#    define ARM64_DEFINE_REG(name)                                             \
        static inline uint64_t arm64_read_##name(void) {                       \
            uint64_t value;                                                    \
            __asm__ __volatile__("mrs %0, " #name : "=r"(value));              \
            return value;                                                      \
        }                                                                      \
        static inline void arm64_write_##name(uint64_t value) {                \
            __asm__ __volatile__("msr " #name ", %0" ::"r"(value) : "memory"); \
        }

ARM64_DEFINE_REG(cntfrq_el0)
ARM64_DEFINE_REG(cntkctl_el1)
ARM64_DEFINE_REG(cntv_ctl_el0)
ARM64_DEFINE_REG(cntv_cval_el0)
ARM64_DEFINE_REG(cpacr_el1)
ARM64_DEFINE_REG(esr_el1)
ARM64_DEFINE_REG(far_el1)
ARM64_DEFINE_REG(id_aa64dfr0_el1)
ARM64_DEFINE_REG(id_aa64mmfr0_el1)
ARM64_DEFINE_REG(id_aa64mmfr1_el1)
ARM64_DEFINE_REG(mdscr_el1)
ARM64_DEFINE_REG(pmccfiltr_el0)
ARM64_DEFINE_REG(pmcntenset_el0)
ARM64_DEFINE_REG(pmcr_el0)
ARM64_DEFINE_REG(pmuserenr_el0)
ARM64_DEFINE_REG(sctlr_el1)
ARM64_DEFINE_REG(tpidr_el0)
ARM64_DEFINE_REG(tpidr_el1)
ARM64_DEFINE_REG(ttbr0_el1)
ARM64_DEFINE_REG(vbar_el1)

/// Vectors and TPIDR_EL1 of the CPU that runs this on the stack that ends at `stack`. First thing
/// in C.
void arm64_cpu_early_init(unsigned id, uint64_t stack);

/// Leaves the boot tables for the kernel's own; from here on this CPU can run tasks. Called on the
/// boot CPU by arch_init, on others by the board, on their own kernel stacks.
void arm64_cpu_init(void);

/// Maps a device that the kernel uses itself, for the board. Before arm64_cpu_init().
void arm64_map_device(paddr_t paddr, size_t len);
/// The same for memory that isn't the kernel's to use as RAM, such as the spin table.
void arm64_map_memory(paddr_t paddr, size_t len);

/// From trap.S: a synchronous exception, a system error of a user program, and a trap in the
/// kernel.
void arm64_user_trap(void);
void arm64_user_system_error(void);
void arm64_kernel_trap(struct arch_frame *frame, const char *what);
/// A fast interrupt, which nothing disables for long: the panic of another CPU.
void arm64_fast_interrupt(void);

/// In boot.S: replaces TTBR1, from code that runs in the identity mapping.
void arm64_replace_ttbr1(paddr_t table);

/// The current task used the FPU without having it.
void arm64_fpu_load(void);

/// The top tables of the kernel's half, and of a user half without mappings.
extern paddr_t arm64_kernel_table, arm64_empty_table;

/// Leaves an emulator with an exit code, by semihosting. Returns if there is nobody who listens.
void arm64_semihosting_exit(uint64_t code);

// What a board with this architecture gives, beside kernel/board.h.

/// Calls arm64_map_device() and arm64_map_memory() for what the board's part of the kernel uses.
void arm64_board_map(void);
/// Deals with all interrupts that are pending on this CPU. With or without any.
void arm64_interrupt(void);
/// Lets a fast interrupt that has been noticed go away.
void arm64_board_end_fast_interrupt(void);

#endif
#endif
